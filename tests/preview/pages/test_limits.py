"""Limits in a real hub: who meets one is told which, on the page and by the API, and a restart forgets nothing."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from preview.browser import Browser, until, words
from preview.running import Preview
from tests.preview.conftest import RESTRICTED, Start

LIMITS = """
groups:
  physics: {each: {servers: 0}}
  researchers: {servers: 2, each: {hours: 100}}
"""
SETTINGS = {
    **RESTRICTED,
    "singleuser.limits": "limits.yaml",
    "singleuser.servers.named": 2,
    "hub.contact": "help@example.com",
}
FULL = "The group researchers may run at most 2 servers at a time together, and they have 2 servers."


@pytest.fixture(scope="module")
def preview(start: Start) -> Iterator[Preview]:
    with start(SETTINGS, files={"limits.yaml": LIMITS}) as running:
        yield running


def signed_in(preview: Preview, person: str) -> Browser:
    browser = Browser(preview.addresses.hub_url)
    browser.sign_in(person, "/hub/token")
    return browser


def begin(browser: Browser, server: str = "") -> tuple[int, str]:
    """Ask the API for a server, and wait for it; the status, and what it says against it."""
    user = f"users/{browser.user['name']}"
    answer = browser.change("POST", f"{user}/servers/{server}" if server else f"{user}/server")
    if answer.ok:
        until(lambda: browser.user["servers"].get(server, {}).get("ready"))
        return answer.status_code, ""
    told: dict[str, Any] = json.loads(answer.text)
    assert told["status"] == answer.status_code
    return answer.status_code, str(told["message"])


def test_who_meets_a_limit_is_told_which_it_is_and_whom_to_ask(preview: Preview) -> None:
    mary, ada = signed_in(preview, "mary"), signed_in(preview, "ada")
    assert (begin(mary)[1], begin(mary, "second")[1]) == ("", "")
    assert {home.name for home in (preview.folder / "homes").iterdir()} == {"claim-mary"}

    status, said = begin(ada)
    assert (status, said.startswith(FULL)) == (429, True)
    assert said.endswith("If you need more, ask help@example.com.")
    page = ada.open("/hub/spawn")
    assert (page.status_code, FULL in words(page)) == (429, True)
    assert "There is no room for this server" in words(page)
    assert not ada.user["servers"]

    preview.stop("hub")
    preview.start_hub()
    assert begin(ada)[1].startswith(FULL)
    mary.stop_server("second")
    assert begin(ada) in ((201, ""), (202, ""))
    assert begin(mary, "second")[1].startswith(FULL)


def test_who_has_as_many_names_as_there_may_be_gets_no_further_one(preview: Preview) -> None:
    lise = signed_in(preview, "lise")
    for name in ("a", "b"):  # noted by JupyterHub, whether or not there is room to start them now
        lise.change("POST", f"users/lise/servers/{name}")
    answer = lise.change("POST", "users/lise/servers/c")
    told = "Each person may have at most 2 servers with a name of their own. Delete one that you do not need."
    assert (answer.status_code, answer.json()["message"].startswith(told)) == (429, True)
    page = lise.open("/hub/spawn/lise/c")
    assert (page.status_code, told in words(page)) == (429, True)
    home = words(lise.open("/hub/home"))
    assert "you may have additional 2 server(s) with names" in home
    assert "lise/c" not in home
