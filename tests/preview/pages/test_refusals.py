"""Sign-ins that fail, and the names of those that do not: what people read, and what they can do."""

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from preview.browser import PATIENCE, Browser, until, words
from preview.running import Preview
from tests.preview.conftest import FORGETFUL, Start, changed_person
from tests.preview.test_sessions import ADA, CONTEXT, GRACE, is_signed_in_as, no_provider, provider

Browse = Callable[[], Browser]


@pytest.fixture(scope="module")
def preview(start: Start) -> Iterator[Preview]:
    with start(CONTEXT, FORGETFUL) as running:
        yield running


def test_provider_that_is_down_is_named_and_hub_recovers_by_itself(preview: Preview, browse: Browse) -> None:
    login = f"{preview.addresses.hub_url}/hub/oauth_login"
    with no_provider(preview):  # the hub remembers for a while that it was there
        until(lambda: requests.get(login, allow_redirects=False, timeout=PATIENCE).status_code == 503)
        answer = browse().to_provider()
    assert answer.status_code == 503
    until(lambda: browse().to_provider().ok)
    assert "Nobody can sign in at the moment The identity provider does not answer." in words(answer)
    assert is_signed_in_as(browse(), ADA)


def test_wrong_client_secret_is_named_and_a_right_one_needs_no_restart(preview: Preview, browse: Browse) -> None:
    with provider(preview, clientSecret="rotated at the provider"):
        answer = browse().sign_in(ADA)
        assert answer.status_code == 500
        assert "compare client id, client secret and callback URL" in words(answer)
        preview.secret_file.write_text("rotated at the provider")  # as External Secrets does
        assert is_signed_in_as(browse(), ADA)
    preview.secret_file.write_text(preview.client_secret)


def test_wrong_callback_is_refused_by_the_provider(preview: Preview, browse: Browse) -> None:
    with provider(preview, callbackUrl="http://localhost:1/hub/oauth_callback"):
        answer = browse().to_provider()
    assert answer.status_code == 400
    assert "redirect_uri did not match any of the client" in words(answer)


@pytest.mark.parametrize("query", ["code=1&state=2", "state=2", "code=1", "error=access_denied", ""])
def test_sign_in_begun_elsewhere_is_sent_back_to_the_start(browse: Browse, query: str) -> None:
    answer = browse().open(f"/hub/oauth_callback?{query}")
    assert answer.status_code == 400
    assert "This sign-in has expired It was not begun in this browser, or too long ago." in words(answer)
    assert 'href="/hub/oauth_login">Try again<' in answer.text


def test_refusal_of_the_provider_reaches_the_user(browse: Browse) -> None:
    browser = browse()
    begun = browser.session.get(f"{browser.hub}/hub/oauth_login", allow_redirects=False, timeout=PATIENCE)
    (state,) = parse_qs(urlsplit(begun.headers["Location"]).query)["state"]
    refusal = urlencode(
        {"error": "access_denied", "error_description": "Your <account> is 100% locked", "state": state}
    )
    answer = browser.open(f"/hub/oauth_callback?{refusal}")
    assert answer.status_code == 400
    assert "The identity provider says: Your <account> is 100% locked" in words(answer)
    assert "Sign in as somebody else" in words(answer)


def test_missing_name_claim_is_named(preview: Preview, browse: Browse) -> None:
    with changed_person(preview, ADA, preferred_username=""):
        answer = browse().sign_in(ADA)
    assert answer.status_code == 403
    assert "did not send preferred_username, which names you here" in words(answer)


def test_name_with_a_slash_is_explained(preview: Preview, browse: Browse) -> None:
    with changed_person(preview, ADA, preferred_username="urn/ada"):
        answer = browse().sign_in(ADA)
    assert answer.status_code == 403
    assert "The hub cannot take the name urn/ada, because of the slash" in words(answer)


def test_odd_name_gets_a_server(preview: Preview, browse: Browse) -> None:
    browser = browse()
    with changed_person(preview, GRACE, preferred_username="CORP\\100%a?b;x_gmail.com#EXT#@..c&d=e\"'<f>"):
        browser.sign_in(GRACE)
        browser.start_server()
        assert browser.run("print(6 * 7)") == "42\n"
        browser.stop_server()


@pytest.mark.parametrize("name", [".", ".."])
def test_name_that_means_a_folder_is_refused(preview: Preview, browse: Browse, name: str) -> None:
    with changed_person(preview, ADA, preferred_username=name):
        answer = browse().sign_in(ADA)
    assert answer.status_code == 403
    assert f"The hub cannot take the name {name}, which means a folder" in words(answer)


def test_number_is_a_name_too(preview: Preview, browse: Browse) -> None:
    browser = browse()
    with changed_person(preview, ADA, preferred_username=4711):
        browser.sign_in(ADA)
        assert browser.user["name"] == "4711"


def test_second_person_of_a_name_does_not_get_the_firsts_home(preview: Preview, browse: Browse) -> None:
    browse().sign_in(ADA)
    with changed_person(preview, "preview|mary", preferred_username="ADA"):
        answer = browse().sign_in("preview|mary")
    assert answer.status_code == 403
    assert "The name ada belongs to somebody else on this hub." in words(answer)
