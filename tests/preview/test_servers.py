"""What a deployer may choose for servers, in a real hub: profiles, the page that opens first, culling, sign-out."""

from collections.abc import Callable, Iterator

import pytest

from blueprint.preview.browser import Browser, until, words
from blueprint.preview.running import Preview

from .conftest import RESTRICTED, Start

CONTEXT = {**RESTRICTED, "logout.stops.servers": True, "singleuser.default.url": "/lab/workspaces/first"}
PROFILES = [
    {"display_name": "Small", "slug": "small", "default": True, "kubespawner_override": {"mem_limit": "1G"}},
    {"display_name": "Large", "slug": "large", "kubespawner_override": {"mem_limit": "8G"}},
]
Browse = Callable[[], Browser]


@pytest.fixture(scope="module")
def preview(start: Start) -> Iterator[Preview]:
    with start(CONTEXT) as running:
        yield running


@pytest.fixture(scope="module")
def other(start: Start) -> Iterator[Preview]:
    values = {"singleuser": {"profileList": PROFILES}, "cull": {"timeout": 3, "every": 1}}
    with start(RESTRICTED, values=values) as running:
        yield running


def test_chosen_page_opens_first(browse: Browse) -> None:
    browser = browse()
    browser.sign_in("ada")
    browser.start_server()
    assert browser.open("/user/ada/").url.endswith("/user/ada/lab/workspaces/first")


def test_signing_out_stops_the_server(browse: Browse) -> None:
    browser = browse()
    browser.sign_in("ada")
    browser.start_server()
    browser.sign_out()
    browser.sign_in("ada")
    until(lambda: not browser.user["servers"])


def test_profiles_are_offered_and_the_chosen_one_counts(other: Preview) -> None:
    browser = Browser(other.addresses.hub_url)
    browser.sign_in("ada")
    form = words(browser.open("/hub/spawn"))
    assert ("Small" in form, "Large" in form) == (True, True)
    browser.start_server(profile="large")
    assert browser.run("import os; print(os.environ['MEM_LIMIT'])").strip() == str(8 * 1024**3)


def test_idle_server_is_culled(other: Preview) -> None:
    browser = Browser(other.addresses.hub_url)
    browser.sign_in("mary")
    browser.start_server(profile="small")
    until(lambda: not browser.user["servers"])
