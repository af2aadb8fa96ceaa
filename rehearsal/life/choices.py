"""What people choose is what starts, and what is not for them does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from preview.browser import Browser
from rehearsal.life import looks
from rehearsal.life.journal import CheckError
from rehearsal.world import World


def choice_is_what_starts(world: World, browser: Browser) -> Iterator[str]:
    """Somebody's pod has the image and the amounts of the last choice of the first profile that they are offered."""
    name = browser.user["name"]
    offers = looks.hub_values(world)["custom"]["profiles"]["offers"]
    offer = next(each for each in offers if "allowed" not in each)
    last = {
        option["name"]: [each for each in option["choices"] if "allowed" not in each][-1] for option in offer["options"]
    }
    fields = {f"profile-option-{offer['slug']}--{key}": choice["name"] for key, choice in last.items()}
    browser.start_server(profile=offer["slug"], **fields)
    container = looks.server_pod(world, name)["spec"]["containers"][0]
    wanted: dict[str, Any] = {key: value for choice in last.values() for key, value in choice["override"].items()}
    looks.expect(wanted["image"], container["image"], "the image of the chosen profile")
    memory = int(wanted["mem_limit"].removesuffix("M")) * 2**20
    looks.expect(str(memory), container["resources"]["limits"]["memory"], "the memory of the chosen size")
    browser.stop_server()
    yield f"{name} chooses {offer['display_name']}: {', '.join(each['display_name'] for each in last.values())}"
    answer = browser.change("POST", f"users/{name}/server", {"image--unlisted-choice": "example.com/any:1"})
    told = browser.change("GET", f"users/{name}/server/progress").text
    if not answer.ok or "You cannot choose the image" not in told:
        raise CheckError(f"an image that nobody offers should not start: {answer.status_code}, {told}")
    yield "an image that nobody offers does not start by REST"
