"""What a deployer may choose, in a real hub: groups in a claim with a namespace, profiles, first page, sign-out."""

from collections.abc import Callable, Iterator

import pytest

from preview.browser import Browser, until, words
from preview.running import Preview
from tests.preview.conftest import Start
from tests.preview.test_providers import NAMESPACED, announced, outcomes

CONTEXT = {**NAMESPACED, "logout.stops.servers": True, "singleuser.default.url": "/lab/workspaces/first"}
PROFILES = [
    {"display_name": "Small", "slug": "small", "default": True, "kubespawner_override": {"mem_limit": "1G"}},
    {"display_name": "Large", "slug": "large", "kubespawner_override": {"mem_limit": "8G"}},
]
Browse = Callable[[], Browser]


@pytest.fixture(scope="module")
def preview(start: Start) -> Iterator[Preview]:
    with start(CONTEXT, values={"singleuser": {"profileList": PROFILES}}) as running:
        yield running


@pytest.fixture
def ada(browse: Browse) -> Browser:
    browser = browse()
    browser.sign_in("preview|ada")
    return browser


def test_hub_does_what_the_screen_says_of_everybody(preview: Preview) -> None:
    assert outcomes(preview) == announced(preview)
    assert {status for status, _ in announced(preview).values()} == {200, 403}


def test_profiles_are_offered_and_the_chosen_one_counts(ada: Browser) -> None:
    ada.stop_server()
    form = words(ada.open("/hub/spawn"))
    assert ("Small" in form, "Large" in form) == (True, True)
    ada.start_server(profile="large")
    assert ada.run("import os; print(os.environ['MEM_LIMIT'])").strip() == str(8 * 1024**3)


def test_chosen_page_opens_first(ada: Browser) -> None:
    ada.start_server(profile="small")
    assert ada.open("/user/ada/").url.endswith("/user/ada/lab/workspaces/first")


def test_signing_out_stops_the_server(ada: Browser) -> None:
    ada.start_server(profile="small")
    ada.sign_out()
    ada.sign_in("preview|ada")
    until(lambda: not ada.user["servers"])
