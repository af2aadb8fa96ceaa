"""Sessions of a real hub: what ends them, what they survive, and what people are told."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from tornado.web import create_signed_value, decode_signed_value

from preview.browser import PATIENCE, Browser, until, words
from preview.people import people
from preview.running import Preview
from tests.preview.conftest import HASTY, RESTRICTED, Start, changed_person

CONTEXT = {**RESTRICTED, "usernameKey": "preferred_username"}
REFRESH_SECONDS = 0.1
ADA, GRACE = "preview|ada", "preview|grace"
Browse = Callable[[], Browser]


@pytest.fixture(scope="module")
def preview(start: Start) -> Iterator[Preview]:
    with start(CONTEXT, HASTY, auth_refresh_age=1) as running:
        yield running


@contextmanager
def provider(preview: Preview, **settings: Any) -> Iterator[None]:
    """A provider with other settings, for a while."""
    preview.stop("provider")
    preview.start_provider(**settings)
    try:
        yield
    finally:
        preview.stop("provider")
        preview.start_provider()


@contextmanager
def no_provider(preview: Preview) -> Iterator[None]:
    """A provider that is down for a while."""
    preview.stop("provider")
    try:
        yield
    finally:
        preview.start_provider()


def is_signed_in(browser: Browser) -> bool:
    return browser.open("/hub/home").url.endswith("/hub/home")


def is_signed_in_as(browser: Browser, person: str) -> bool:
    return browser.sign_in(person).url.endswith("/hub/home")


def test_group_removed_at_the_provider_is_lost_at_the_next_refresh(preview: Preview, browse: Browse) -> None:
    browser = browse()
    browser.sign_in(ADA)
    with changed_person(preview, ADA, realm={"roles": []}):
        until(lambda: not is_signed_in(browser))


def test_group_added_at_the_provider_is_gained_at_the_next_refresh(preview: Preview, browse: Browse) -> None:
    browser = browse()
    browser.sign_in(ADA)
    with changed_person(preview, ADA, realm={"roles": ["researchers", "biology"]}):
        until(lambda: "biology" in browser.user["groups"])


def test_admin_rights_removed_at_the_provider_are_lost_at_the_next_refresh(preview: Preview, browse: Browse) -> None:
    browser = browse()
    browser.sign_in(GRACE)
    with changed_person(preview, GRACE, realm={"roles": ["researchers"]}):
        until(lambda: not browser.user["admin"])


def test_person_removed_at_the_provider_is_out_at_the_next_refresh(preview: Preview, browse: Browse) -> None:
    browser = browse()
    browser.sign_in(ADA)
    preview.write_people(each for each in people(preview.config) if each.id != ADA)
    until(lambda: not is_signed_in(browser))
    preview.write_people(people(preview.config))


def test_address_that_loses_its_verification_ends_the_session(preview: Preview, browse: Browse) -> None:
    browser = browse()
    browser.sign_in(ADA)
    with changed_person(preview, ADA, email_verified=False):
        until(lambda: not is_signed_in(browser))


def reports_activity(preview: Preview, token: str) -> bool:
    """Whether a server may tell the hub that it is at work, as it does every few minutes."""
    url = f"{preview.addresses.hub_url}/hub/api/users/ada/activity"
    body = {"servers": {"": {"last_activity": datetime.now(UTC).isoformat()}}}
    return requests.post(url, json=body, headers={"Authorization": f"token {token}"}, timeout=PATIENCE).ok


def server_token(browser: Browser) -> str:
    """The token with which Ada's server speaks to the hub."""
    browser.sign_in(ADA)
    browser.start_server()
    return browser.run("import os; print(os.environ['JUPYTERHUB_API_TOKEN'])").strip()


def test_server_at_work_is_not_taken_for_idle_when_its_users_tokens_have_ended(
    preview: Preview, browse: Browse
) -> None:
    browser = browse()
    token = server_token(browser)
    with provider(preview):  # a new one, which knows none of the old tokens
        until(lambda: not is_signed_in(browser))
        assert reports_activity(preview, token)


def test_server_at_work_does_not_keep_a_removed_user_signed_in(preview: Preview, browse: Browse) -> None:
    browser = browse()
    token = server_token(browser)
    asked = time.monotonic()
    assert is_signed_in(browser)
    with changed_person(preview, ADA, realm={"roles": []}):
        until(lambda: time.monotonic() > asked + 2 * REFRESH_SECONDS)
        assert reports_activity(preview, token)
        assert not is_signed_in(browser)


@pytest.mark.parametrize("note", ["mine", "Server at my desk"])
def test_own_token_of_a_removed_user_is_good_for_nothing(preview: Preview, browse: Browse, note: str) -> None:
    browser = browse()
    browser.sign_in(ADA)
    headers = {"Authorization": f"token {browser.make_token(note)}"}

    def answer() -> int:
        return requests.get(f"{preview.addresses.hub_url}/hub/api/user", headers=headers, timeout=PATIENCE).status_code

    assert answer() == 200
    with changed_person(preview, ADA, realm={"roles": []}):
        until(lambda: not is_signed_in(browser))
        assert answer() == 403


def test_provider_that_gives_refresh_tokens_from_now_on_lets_people_sign_in_again(
    preview: Preview, browse: Browse
) -> None:
    browser = browse()
    with provider(preview, refreshTokens=False):
        assert browser.sign_in(ADA).url.endswith("/hub/home")
    until(lambda: not is_signed_in(browser))  # the new provider knows none of the old tokens
    assert browser.sign_in(ADA).url.endswith("/hub/home")


def test_refresh_tokens_that_are_good_once_survive_a_busy_browser(preview: Preview, browse: Browse) -> None:
    # Two, for a provider counts whole seconds, and a token of one may be over at once.
    with provider(preview, accessTokenSeconds=2), ThreadPoolExecutor(8) as pool:
        browser = browse()
        browser.sign_in(ADA)
        renewed = preview.log("hub").count("Refreshing oauth access token for ada")

        def all_pages_at_once_are_ours() -> bool:
            assert all(pool.map(lambda _: is_signed_in(browser), range(8)))
            return preview.log("hub").count("Refreshing oauth access token for ada") >= renewed + 3

        until(all_pages_at_once_are_ours)


def test_sessions_and_kernels_outlive_the_provider(preview: Preview, browse: Browse) -> None:
    browser = browse()
    browser.sign_in(ADA)
    browser.start_server()
    with no_provider(preview):
        until(lambda: is_signed_in(browser) and "The provider does not answer: ada stays" in preview.log("hub"))
        assert browser.run("print('still here')") == "still here\n"


def test_hub_that_restarts_keeps_sessions_and_servers(preview: Preview, browse: Browse) -> None:
    browser = browse()
    browser.sign_in(ADA)
    browser.start_server()
    browser.run("open('/proc/self/comm').read()")
    preview.stop("hub")
    preview.start_hub()
    assert browser.user["server"] == "/user/ada/"


def test_new_state_key_ends_all_sessions_and_names_stay_with_their_people(preview: Preview, browse: Browse) -> None:
    browser = browse()
    browser.sign_in(ADA)
    key = preview.state_key_file.read_text()
    for keys, refusal in ((f"{'0' * 32};{key}", "belongs to somebody else"), ("1" * 32, "its state key was replaced")):
        preview.stop("hub")
        preview.state_key_file.write_text(keys)
        preview.start_hub()
        until(lambda: not is_signed_in(browser))
        with changed_person(preview, "preview|mary", preferred_username="ADA"):
            answer = browse().sign_in("preview|mary")
        assert answer.status_code == 403
        assert refusal in words(answer)
    preview.stop("hub")
    preview.state_key_file.write_text(f"{'2' * 32};{key}")
    preview.start_hub()
    assert is_signed_in_as(browse(), ADA)


def test_expired_session_leads_back_to_sign_in(preview: Preview, browse: Browse) -> None:
    browser = browse()
    browser.sign_in(ADA)
    lasts = preview.values["hub"]["config"]["JupyterHub"]["cookie_max_age_days"]
    let_session_be(lasts - 0.01, browser, preview.cookie_secret)
    assert is_signed_in(browser)
    let_session_be(lasts + 0.01, browser, preview.cookie_secret)
    assert not is_signed_in(browser)
    assert browser.to_provider().url.endswith("/hub/home")  # the provider remembers


def let_session_be(days: float, browser: Browser, secret: bytes) -> None:
    """Make a session as old as that: the cookie says when it began, under the hub's signature."""
    (cookie,) = (each for each in browser.session.cookies if each.name == "jupyterhub-hub-login")
    session = decode_signed_value(secret, cookie.name, str(cookie.value).strip('"'), max_age_days=days + 1)
    assert session is not None
    cookie.value = create_signed_value(
        secret, cookie.name, session, clock=lambda: time.time() - days * 24 * 3600
    ).decode()


def test_tokens_are_at_rest_only_encrypted(preview: Preview, browse: Browse) -> None:
    browse().sign_in(ADA)
    database = b"".join(file.read_bytes() for file in preview.run.glob("jupyterhub.sqlite*"))
    assert (b"token_response" in database, b"preview|ada" in database) == (False, False)
