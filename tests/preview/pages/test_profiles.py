"""Profiles in a real hub: chosen in a real browser by people of different groups, started by form, link and REST.

`pytest tests/preview/pages/test_profiles.py --pictures docs/images` takes the pictures of the documentation anew.
"""

import asyncio
import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from preview.browser import Browser, words
from preview.installation import Installation
from preview.people import people
from preview.running import Preview
from tests.preview.chromium import chromium, installed
from tests.preview.conftest import RESTRICTED, Start
from tests.preview.pages.sights import Seen, Visit, pictured
from tests.templates.variants import ROOT

PROFILES = r"""
notebook:
  title: Notebook
  description: For most work. The machine is shared with others, and CPUs that they leave free are yours.
  images:
    datascience: {title: "Python, R and Julia", image: "quay.io/jupyter/datascience-notebook:2026-07-28"}
    minimal: {title: "Python alone, to install into", image: "quay.io/jupyter/minimal-notebook:2026-07-28"}
    course: {title: "The course <2026>", image: "quay.io/ours/course:1", allowed_groups: [physics]}
  sizes:
    small: {title: Small, share: 1/8}
    medium: {title: Medium, share: 1/4}
    whole: {title: A whole machine, share: 1, allowed_groups: [physics]}

own:
  title: An image of one's own
  description: For another version, or another set of packages.
  allowed_groups: [builders, operators]
  own_image: {pattern: 'quay\.io/jupyter/[a-z0-9-]+:[\w.-]+', hint: "quay.io/jupyter/NAME:TAG"}
  sizes:
    small: {share: 1/8}

learning:
  title: Machine learning
  description: On a machine of one's own with a GPU, which AWS may take back.
  allowed_groups: [builders]
  images: {cuda: {title: PyTorch with CUDA, image: "quay.io/jupyter/pytorch-notebook:cuda12-2026-07-28"}}
  sizes: {one: {title: One GPU, share: 1, instance_types: [g4dn.xlarge], gpus: 1, capacity: spot}}
"""
SCRIPT = """echo "fetched to $HOME"
touch "$HOME/course"
exit 3
"""
ONLY_PHYSICS = """
own:
  title: For physicists
  allowed_groups: [physics]
  allowed_users: [mary]
  startup: own.sh
  sizes: {small: {share: 1/8, disk: 20Gi}}
"""
MACHINES = {"nodes.user.scaling": "karpenter", "nodes.gpu.max": 2}
CONTEXT = {
    **RESTRICTED,
    **MACHINES,
    "singleuser.profiles": "profiles.yaml",
    "singleuser.default.url": "/api",  # nobody looks at JupyterLab here
    "workload.region": "us-east-1",
}
# Servers begin when nothing holds them, which is once their page has been looked at.
HELD = """
import asyncio, os, pathlib
from local_server import LocalServer

class Held(LocalServer):
    async def get_pod_manifest(self):
        while pathlib.Path(os.environ["PREVIEW_RUN"], "hold").exists():
            await asyncio.sleep(0.05)
        return await super().get_pod_manifest()

c.JupyterHub.spawner_class = Held
"""
PICTURED = pictured("profiles")
SERVER = ROOT / "tests" / "preview" / "starting" / "server.py"
Browse = Callable[[], Browser]
RUN = """import json, os
print(json.dumps({key: os.environ.get(key) for key in ('JUPYTER_IMAGE', 'MEM_LIMIT', 'CPU_LIMIT')}))"""


@pytest.fixture(scope="module")
def preview(start: Start) -> Iterator[Preview]:
    with start(CONTEXT, {"hub": {"extraConfig": {"90-held": HELD}}}, {"profiles.yaml": PROFILES}) as running:
        yield running


@pytest.fixture(scope="module")
def programs(installation: Installation, origin: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what scripts find as the program of a server."""
    program = tmp_path_factory.mktemp("programs") / "jupyterhub-singleuser"
    command = [str(installation.bin / "python"), "-S", str(SERVER), origin]
    program.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    program.chmod(0o755)
    return program.parent


@pytest.fixture(scope="module")
def strict(start: Start, programs: Path) -> Iterator[Preview]:
    """A hub with nothing for most people, and one server for the others, before which scripts run."""
    settings = {**CONTEXT, "singleuser.servers.max": 1, "singleuser.startup": "all.sh"}
    files = {"profiles.yaml": ONLY_PHYSICS, "own.sh": SCRIPT, "all.sh": "echo for everybody"}
    with start(settings, files=files, programs=programs) as running:
        yield running


@pytest.fixture(scope="module")
def seen(
    preview: Preview, strict: Preview, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> dict[str, Seen]:
    """What people of different groups see."""
    if (binary := installed()) is None:
        pytest.skip("the Chromium that is pinned needs Linux on x86-64, and none is on PATH")

    async def journey() -> dict[str, Seen]:
        async with chromium(binary, tmp_path_factory.mktemp("chromium")) as page:
            visit = Visit(page, preview.addresses.hub_url, PICTURED)
            for name, person in (("plain", "A\nAda"), ("physicist", "E\nEmmy"), ("profiles", "L\nLise")):
                await sign_in(visit, person)
                await visit.see(name, "Start a server")
                if name == "profiles":
                    await own_image(visit, "docker.io/evil/miner:1")
                    await visit.see("refused", "You cannot choose")
                    await page.click("document.querySelector('#profile-item-learning')")
                    await see_the_start(visit, "gpu", preview)
                await page.forget()
            await sign_in(visit, "E\nEmmy")
            await choose(visit, "whole")
            await see_the_start(visit, "starting", preview)
            await page.forget()
            visit.hub = strict.addresses.hub_url
            await sign_in(visit, "A\nAda")
            await visit.see("nothing", "No server for you")
            await page.forget()
            first = Browser(visit.hub)
            first.sign_in("lise", "/hub/token")
            await asyncio.to_thread(first.start_server)
            await sign_in(visit, "M\nMary")
            await visit.press("Start")
            await visit.see("taken", "All servers of this hub are taken: at most 1 run at a time.")
            if folder := request.config.getoption("--pictures"):
                visit.keep(Path(folder))
            return visit.seen

    return asyncio.run(journey())


async def sign_in(visit: Visit, person: str) -> None:
    await visit.open("/hub/spawn")
    await visit.press("Sign in")
    await visit.press(person)


async def choose(visit: Visit, size: str) -> None:
    """As a person does it: in the list, then the button."""
    chosen = f"document.querySelector('[name=\"profile-option-notebook--size\"]').value = {size!r}"
    await visit.page.find("document.querySelector('[name=\"profile-option-notebook--size\"]')")
    await visit.page.value(chosen)


async def see_the_start(visit: Visit, name: str, preview: Preview) -> None:
    """Press the button, and look at the page of a server that starts."""
    hold = preview.run / "hold"
    hold.touch()
    await visit.press("Start")
    await visit.see(name, "in place of a pod of")
    hold.unlink()
    await visit.page.find("location.pathname.startsWith('/user/')")


async def own_image(visit: Visit, image: str) -> None:
    """Choose the other profile, whose field shows then, and write into it."""
    field = "document.querySelector('[name=\"profile-option-own--image--unlisted-choice\"]')"
    assert not await visit.page.value(f"{field}.checkVisibility()")
    await visit.page.click("document.querySelector('#profile-item-own')")
    await visit.page.find(f"{field}.checkVisibility() && ({field}.focus(), document.activeElement === {field})")
    await visit.page.write(image)
    await visit.press("Start")


ALL = ("plain", "physicist", "profiles", "refused", "gpu", "nothing", "starting", "taken")
CHOICES = {
    "Machine learning": {"profiles"},
    "Notebook": {"plain", "physicist", "profiles"},
    "An image of one's own": {"profiles"},
    "Python, R and Julia": {"plain", "physicist", "profiles"},
    "The course <2026>": {"physicist"},
    "Small: 1.7 GB of memory, 0.46 to 3.7 CPUs, $0.024 an hour": {"plain", "physicist", "profiles"},
    "A whole machine: 13.9 GB of memory, 3.7 CPUs, $0.19 an hour": {"physicist"},
}


@pytest.mark.parametrize("choice", CHOICES)
def test_people_see_what_is_for_them(seen: dict[str, Seen], choice: str) -> None:
    heard = {page: {name for _, name in seen[page].heard} for page in ("plain", "physicist", "profiles")}
    assert {page for page, names in heard.items() if choice in names} == CHOICES[choice]


def test_price_is_told_with_its_place_and_day(seen: dict[str, Seen]) -> None:
    assert (
        "Prices: the server's share of its machine, on demand in us-east-1 by EC2's list of 20" in seen["plain"].words
    )


def test_fields_have_names_for_who_does_not_see_them(seen: dict[str, Seen]) -> None:
    assert {role for role, name in seen["plain"].heard if name in ("Image", "Size")} >= {"combobox"}
    assert ("radio", "Notebook") in seen["plain"].heard
    assert ("heading", "Start a server") in seen["plain"].heard


@pytest.mark.parametrize("page", ALL)
def test_page_can_be_read_in_light_and_in_dark(seen: dict[str, Seen], page: str) -> None:
    assert seen[page].faint == ()


@pytest.mark.parametrize("page", ALL)
def test_page_fits_a_phone(seen: dict[str, Seen], page: str) -> None:
    assert not seen[page].wider_than_a_phone


def test_image_that_may_not_be_named_is_told_on_the_form(seen: dict[str, Seen]) -> None:
    told = "You cannot choose the image 'docker.io/evil/miner:1', only: default, quay.io/jupyter/NAME:TAG."
    assert told in seen["refused"].words
    assert ("radio", "Notebook") in seen["refused"].heard


def test_who_may_have_no_profile_is_told_whom_to_ask(seen: dict[str, Seen]) -> None:
    assert "You are signed in as ada, and none of this hub's servers is for you." in seen["nothing"].words
    assert "to allow a profile to you, or to a group that you are in" in seen["nothing"].words


def test_who_is_one_too_many_reads_which_limit_it_is_and_whom_to_ask(seen: dict[str, Seen]) -> None:
    assert "or try again when others have stopped theirs. If you need more, ask the hub's administrators." in (
        seen["taken"].words
    )


def test_start_on_this_machine_says_what_would_start_in_the_cluster(seen: dict[str, Seen]) -> None:
    pod = (
        "in place of a pod of quay.io/jupyter/datascience-notebook:2026-07-28, at most 13.9 GB of memory and 3.735 CPUs"
    )
    assert pod in seen["starting"].words


def test_gpu_that_was_chosen_is_what_would_start_in_the_cluster(seen: dict[str, Seen], preview: Preview) -> None:
    assert "in place of a pod of quay.io/jupyter/pytorch-notebook:cuda12-2026-07-28" in seen["gpu"].words
    spec = json.loads((preview.run / "pods" / "jupyter-lise.json").read_text())["spec"]
    assert spec["nodeSelector"] == {"karpenter.sh/nodepool": "g4dn-xlarge-spot"}
    assert {each["key"] for each in spec["tolerations"]} >= {"nvidia.com/gpu", "jupyterhub-eks/pool"}
    resources = spec["containers"][0]["resources"]
    assert resources["requests"]["nvidia.com/gpu"] == resources["limits"]["nvidia.com/gpu"] == "1"


def test_documentation_shows_pages_of_today(seen: dict[str, Seen]) -> None:
    assert [name for name in PICTURED if name.rpartition("-")[0] not in seen] == []


def signed_in(browse: Browse, person: str) -> Browser:
    browser = browse()
    browser.sign_in(person, "/hub/token")
    return browser


def environment(browser: Browser) -> dict[str, Any]:
    """What the server on this machine knows of the pod that it stands for."""
    found: dict[str, Any] = json.loads(browser.run(RUN))
    browser.stop_server()
    return found


def test_server_has_the_chosen_image_and_limits(browse: Browse) -> None:
    browser = signed_in(browse, "mary")
    options = {"profile-option-notebook--image": "minimal", "profile-option-notebook--size": "medium"}
    browser.start_server(profile="notebook", **options)
    found = environment(browser)
    image, memory = "quay.io/jupyter/minimal-notebook:2026-07-28", str(3740270592 // 2**20 * 2**20)
    assert found == {"JUPYTER_IMAGE": image, "MEM_LIMIT": memory, "CPU_LIMIT": "3.735"}


def test_link_starts_what_it_says(browse: Browse) -> None:
    browser = signed_in(browse, "mary")
    browser.open("/hub/spawn?profile=notebook&profile-option-notebook--image=minimal")
    browser.start_server()
    assert environment(browser)["JUPYTER_IMAGE"] == "quay.io/jupyter/minimal-notebook:2026-07-28"


def test_script_runs_before_the_server_and_its_person_reads_what_it_said(strict: Preview) -> None:
    browser = Browser(strict.addresses.hub_url)
    browser.sign_in("lise", "/hub/token")
    browser.start_server()
    printed = browser.run(
        "from pathlib import Path; print(Path.home().joinpath('startup.log').read_text().strip());"
        "print(Path.home().joinpath('course').exists())"
    )
    first, second, third, made = printed.splitlines()
    assert first == "for everybody"
    assert second.startswith("fetched to ")
    assert (third, made) == ("The startup script own.sh failed, or took too long: 3", "True")
    container = json.loads((strict.run / "pods" / "jupyter-lise.json").read_text())["spec"]["containers"][0]
    assert container["args"][:2] == ["sh", "-c"]
    assert container["resources"]["limits"]["ephemeral-storage"] == "20Gi"


def posted(browser: Browser, options: object) -> str:
    """What a program is told that starts a server."""
    name = browser.user["name"]
    answer = browser.change("POST", f"users/{name}/server", options)
    if not answer.ok:
        return answer.text
    told = browser.change("GET", f"users/{name}/server/progress").text
    last = json.loads(told.strip().splitlines()[-1].removeprefix("data: "))
    return "started" if last.get("ready") else str(last["message"])


def test_rest_starts_what_it_is_told_and_the_first_without_words(browse: Browse) -> None:
    browser = signed_in(browse, "emmy")
    browser.stop_server()  # of her visit before
    assert posted(browser, {}) == "started"
    assert environment(browser)["JUPYTER_IMAGE"] == "quay.io/jupyter/datascience-notebook:2026-07-28"
    assert posted(browser, {"profile": "notebook", "image": "course"}) == "started"
    assert environment(browser)["JUPYTER_IMAGE"] == "quay.io/ours/course:1"


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"profile": "own"}, id="profile of others"),
        pytest.param({"profile": "nowhere"}, id="unknown profile"),
        pytest.param({"profile": "notebook", "size": "whole"}, id="size of others"),
        pytest.param({"size": "whole"}, id="size of others, without a profile"),
        pytest.param({"image--unlisted-choice": "docker.io/evil/miner:1"}, id="image of one's own, without a profile"),
    ],
)
def test_rest_starts_nothing_that_is_for_others(preview: Preview, browse: Browse, options: dict[str, str]) -> None:
    browser = signed_in(browse, "mary")
    before = sorted((preview.run / "pods").glob("*"))
    assert "You cannot choose the" in posted(browser, options)
    page = browser.open("/hub/spawn-pending/mary")
    assert (page.status_code, "You cannot choose the" in words(page)) == (403, True)
    assert not browser.user["servers"] or not browser.user["servers"][""]["ready"]
    assert sorted((preview.run / "pods").glob("*")) == before


def test_preview_says_what_each_person_chooses_of(preview: Preview) -> None:
    about = {person.name: person.about for person in people(preview.config)}
    assert about["Ada"].endswith("a user of the hub, who chooses of Notebook")
    assert about["Grace"].endswith("an admin of the hub, who chooses of Notebook, An image of one's own")
    assert about["Lise"].startswith("in researchers, builders: ")
    assert "chooses" not in about["Nemo"]
