"""The pages that people see, in a real browser: which hub it is, what happened, whom to ask, and the next step.

`pytest tests/preview/pages/test_pages.py --pictures docs/images` takes the pictures of the documentation anew.
"""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from blueprint.values import merge
from preview.browser import PATIENCE
from preview.running import Preview
from tests.preview.chromium import chromium, installed
from tests.preview.conftest import FORGETFUL, RESTRICTED, Start
from tests.preview.pages.sights import DOCS, Seen, Visit, pictured

LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
<rect width="64" height="64" rx="14" fill="#2563a8"/>
<path d="M12 46 26 22l10 16 6-8 10 16z" fill="#fff"/><circle cx="45" cy="19" r="5" fill="#ffd166"/></svg>"""
TITLE, HOST, CONTACT = "Research Notebooks", "jupyter.hub.example.com", "hub-help@example.com"
NEWS = "On Friday from 18:00 the hub is updated: https://example.com/news"
CONTEXT = {**RESTRICTED, "hub.title": TITLE, "hub.logo": "logo.svg", "hub.contact": CONTACT, "hub.announcement": NEWS}
PICTURED = pictured("pages")


@pytest.fixture(scope="module")
def preview(start: Start) -> Iterator[Preview]:
    command = [sys.executable, str(Path(__file__).with_name("waiting_server.py"))]
    values = {"singleuser": {"cmd": command}, "hub": {"config": {"LocalServer": {"interrupt_timeout": PATIENCE}}}}
    with start(CONTEXT, values=merge(values, FORGETFUL), files={"logo.svg": LOGO}) as running:
        yield running


@pytest.fixture(scope="module")
def plain(start: Start) -> Iterator[Preview]:
    """A hub of which nothing is said, and whose provider's sign-out it does not know."""
    with start({**RESTRICTED, "logout.url": None, "singleuser.default.url": "/api"}) as running:
        yield running


@pytest.fixture(scope="module")
def seen(
    preview: Preview, plain: Preview, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> dict[str, Seen]:
    """The pages as somebody sees them who goes through both hubs, by the keyboard."""
    if (binary := installed()) is None:
        pytest.skip("the Chromium that is pinned needs Linux on x86-64, and none is on PATH")

    async def journey() -> dict[str, Seen]:
        async with chromium(binary, tmp_path_factory.mktemp("chromium")) as page:
            visit = Visit(page, preview.addresses.hub_url, PICTURED)
            await strangers(visit)
            await ada(visit, preview.run)
            await grace(visit)
            await nobody(visit, preview)
            await page.forget()
            visit.hub = plain.addresses.hub_url
            await undescribed(visit)
            if folder := request.config.getoption("--pictures"):
                visit.keep(Path(folder))
            return visit.seen

    return asyncio.run(journey())


async def strangers(visit: Visit) -> None:
    """Two who do not get in, and come back as somebody else."""
    await visit.open("/")
    await visit.see("sign-in", HOST)
    await visit.press("Sign in")
    await visit.see("provider", "Sign in as")
    await visit.press("N\nNemo")
    await visit.see("not-admitted", "nemo")
    await visit.press("Sign in as somebody else")
    await visit.see("provider-sign-out", "Sign out?")
    await visit.press("Sign out")
    await visit.see("sign-in-again", HOST)
    await visit.press("Sign in")
    await visit.press("V\nVera")
    await visit.see("not-verified", "vera@example.com")
    await visit.press("Sign in as somebody else")
    await visit.press("Sign out")


async def ada(visit: Visit, run: Path) -> None:
    """A user: her server starts and stops, and she opens what is not there, or not for her."""
    await visit.press("Sign in")
    await visit.press("A\nAda")
    await visit.see("starting", "Your server is starting up")
    (run / "go").touch()
    await visit.page.find("document.body.innerText === 'A server'")
    await visit.open("/hub/home")
    await visit.see("home", "Stop My Server")
    await visit.open("/hub/home")  # as it stays as it was seen, its button may never come to life
    page = "fetch('/hub/spawn-pending/ada').then((page) => page.text())"
    stop = "document.querySelector('#stop').click()"  # JupyterHub's own, which no key reaches, and deaf at first
    await visit.page.find(f"{stop}, {page}.then((text) => text.includes('is stopping'))")
    await visit.open("/hub/spawn-pending/ada")
    await visit.see("stopping", "Your server is stopping")
    (run / "go").unlink()
    await visit.page.find(f"{page}.then((text) => text.includes('not running'))")
    await visit.open("/hub/spawn-pending/ada")
    await visit.see("not-running", "Server not running")
    await visit.open("/hub/nowhere")
    await visit.see("no-page", "There is nothing at this address")
    await visit.open("/hub/admin")
    await visit.see("not-for-users", "admin-ui")
    await visit.press("Home")
    await visit.press("Logout")
    await visit.press("Sign out")


async def grace(visit: Visit) -> None:
    """An admin."""
    await visit.press("Sign in")
    await visit.press("G\nGrace")
    await visit.press("Admin")
    await visit.see("admin", "Add Users")
    await visit.press("Logout")
    await visit.press("Sign out")


async def nobody(visit: Visit, preview: Preview) -> None:
    """Somebody who comes while the provider is down."""
    await visit.page.find("location.pathname === '/hub/login'")
    preview.stop("provider")
    # The hub remembers for a while that it was there.
    await visit.page.find("fetch('/hub/oauth_login', {redirect: 'manual'}).then((answer) => answer.status === 503)")
    await visit.press("Sign in")
    await visit.see("provider-down", "does not answer")
    preview.start_provider()
    await visit.page.find("fetch('/hub/oauth_login', {redirect: 'manual'}).then((answer) => answer.status !== 503)")
    await visit.press("Try again")
    await visit.see("provider-again", "Sign in as")


async def undescribed(visit: Visit) -> None:
    """Somebody at a hub of which nothing is said, whose provider goes on knowing them."""
    await visit.open("/")
    await visit.see("plain-sign-in", HOST)
    await visit.press("Sign in")
    await visit.press("N\nNemo")
    await visit.see("plain-not-admitted", "nemo")
    await visit.press("Sign in as somebody else")
    await visit.see("plain-provider", "Sign in as")
    await visit.press("A\nAda")
    await visit.page.find("location.pathname.startsWith('/user/')")
    await visit.open("/hub/logout")
    await visit.see("signed-out", "You are signed out")
    await visit.press("Sign in as somebody else")
    await visit.see("plain-provider-again", "Sign in as")


HUB = ["sign-in", "not-admitted", "not-verified", "starting", "home", "stopping", "not-running", "no-page"]
HUB += ["not-for-users", "provider-down"]
PLAIN = ["plain-sign-in", "plain-not-admitted", "signed-out"]
each_page = pytest.mark.parametrize("page", HUB)


@each_page
def test_page_says_which_hub_it_is_and_what_there_is_to_know(seen: dict[str, Seen], page: str) -> None:
    assert TITLE in seen[page].title
    assert {("image", f"{TITLE}: home"), ("link", "https://example.com/news")} <= seen[page].heard
    assert (TITLE in seen[page].words, NEWS in seen[page].words) == (True, True)


@each_page
def test_page_says_whom_to_ask(seen: dict[str, Seen], page: str) -> None:
    assert ("link", CONTACT) in seen[page].heard


@pytest.mark.parametrize("page", [*HUB, *PLAIN, "provider", "provider-sign-out"])
def test_page_can_be_read_in_light_and_in_dark(seen: dict[str, Seen], page: str) -> None:
    assert seen[page].faint == ()


@pytest.mark.parametrize("page", [*HUB, *PLAIN, "provider", "provider-sign-out"])
def test_page_fits_a_phone(seen: dict[str, Seen], page: str) -> None:
    assert not seen[page].wider_than_a_phone


def test_first_page_has_the_hubs_name_its_address_and_the_way_in(seen: dict[str, Seen]) -> None:
    assert {("heading", TITLE), ("link", "Sign in")} <= seen["sign-in"].heard
    assert f"{TITLE} {HOST} Sign in" in seen["sign-in"].words


def test_first_page_has_the_address_where_the_hub_has_no_name(seen: dict[str, Seen]) -> None:
    assert {("heading", "JupyterHub"), ("link", "Sign in")} <= seen["plain-sign-in"].heard
    assert HOST in seen["plain-sign-in"].words


@pytest.mark.parametrize(
    ("page", "heading", "words", "buttons"),
    [
        pytest.param(
            "not-admitted",
            "No access to this hub",
            f"You are signed in as nemo, who may not use this hub. Ask {CONTACT} to admit you, or a group that you are "
            "in (now: none).",
            ["Sign in as somebody else", "Try again"],
            id="not admitted",
        ),
        pytest.param(
            "plain-not-admitted",
            "No access to this hub",
            "You are signed in as nemo, who may not use this hub. Ask the hub's administrators to admit you",
            ["Sign in as somebody else", "Try again"],
            id="not admitted to a hub that names no contact",
        ),
        pytest.param(
            "not-verified",
            "Your e-mail address is not verified",
            "Your identity provider has not verified your e-mail address vera@example.com. "
            "Verify it there, then try again.",
            ["Try again", "Sign in as somebody else"],
            id="not verified",
        ),
        pytest.param(
            "provider-down",
            "Nobody can sign in at the moment",
            "The identity provider does not answer. Servers that run keep running. Try again in a minute. "
            f"Ask {CONTACT} if it lasts.",
            ["Try again"],
            id="provider down",
        ),
        pytest.param(
            "no-page",
            "Not Found",
            f"There is nothing at this address. If you cannot go on, ask {CONTACT}.",
            ["Home"],
            id="no page",
        ),
        pytest.param("not-for-users", "Forbidden", "Action is not authorized", ["Home"], id="not for users"),
        pytest.param(
            "signed-out",
            "You are signed out",
            "Your identity provider may still know you. On a shared computer, sign out there, too.",
            ["Sign in", "Sign in as somebody else"],
            id="signed out here alone",
        ),
    ],
)
def test_page_says_what_happened_whom_to_ask_and_what_to_do(
    seen: dict[str, Seen], page: str, heading: str, words: str, buttons: list[str]
) -> None:
    assert ("heading", heading) in seen[page].heard
    assert f"{heading} {words}" in seen[page].words
    assert {("link", button) for button in buttons} <= seen[page].heard
    assert " ".join(buttons) in seen[page].words


def test_who_comes_as_somebody_else_is_asked_who_they_are(seen: dict[str, Seen]) -> None:
    """By the hub's first page where the provider's session could be ended, by the provider where it could not."""
    assert seen["sign-in-again"].heard == seen["sign-in"].heard
    assert [page for page in ("plain-provider", "plain-provider-again") if "Nemo" not in seen[page].words] == []


@pytest.mark.parametrize("page", ["provider", "provider-again"])
def test_provider_says_what_each_person_is_for(seen: dict[str, Seen], page: str) -> None:
    assert ("heading", "Sign in as") in seen[page].heard
    assert ("button", "Ada in researchers: a user of the hub") in seen[page].heard


def test_admin_page_says_where_groups_come_from_and_offers_no_way_to_manage_them(seen: dict[str, Seen]) -> None:
    assert "Groups come from the identity provider" in seen["admin"].words
    assert "within 5 minutes" in seen["admin"].words
    assert "Manage Groups" not in seen["admin"].words


def test_documentation_shows_pages_of_today(seen: dict[str, Seen]) -> None:
    assert [name for name in PICTURED if name.rpartition("-")[0] not in seen] == []
    elsewhere = pictured("profiles") + pictured("limits")
    assert sorted(path.stem for path in (DOCS / "images").glob("*.png")) == sorted([*PICTURED, *elsewhere])


def test_pictures_come_out(seen: dict[str, Seen]) -> None:
    pictures = [picture for page in seen.values() for picture in page.pictures.values()]
    assert {picture[:8] for picture in pictures} == {b"\x89PNG\r\n\x1a\n"}
    assert max(map(len, pictures)) < 150_000
