"""What is said of the cookies of hub and servers, behind a load balancer that ends TLS."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from preview.browser import Browser
from preview.ports import free_port
from rehearsal.certificates import Authority
from tests.preview.balanced import load_balancer
from tests.preview.conftest import RESTRICTED, Start

CONTEXT = {**RESTRICTED, "usernameKey": "preferred_username"}


@pytest.fixture(scope="module")
def browser(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Somebody who has signed in, used a server, and signed out."""
    authority = Authority(tmp_path_factory.mktemp("authority"), "preview")
    pair = authority.issue("front", hosts=["localhost"])
    port = free_port()
    with (
        start(CONTEXT, front=f"https://localhost:{port}") as preview,
        load_balancer(preview.config, port=port, target=preview.addresses.public, pair=pair),
    ):
        browser = Browser(preview.addresses.hub_url, ca=Path(authority.certificate))
        browser.sign_in("preview|ada")
        browser.start_server()
        assert browser.run("print(6 * 7)").strip() == "42"
        browser.make_token("another cookie, if there is one")
        browser.sign_out()
        yield browser


def test_all_kinds_of_cookies_are_there(browser: Browser) -> None:
    ours = {
        name.split("-oauth-state")[0] + ("-oauth-state" if "-oauth-state" in name else "") for name in browser.cookies
    }
    assert ours >= {
        "_xsrf",
        "jupyterhub-hub-login",
        "jupyterhub-session-id",
        "oauthenticator-state",
        "jupyterhub-user-ada",
        "jupyterhub-user-ada-oauth-state",
    }


def test_every_cookie_is_sent_over_tls_only(browser: Browser) -> None:
    assert [name for name, said in browser.cookies.items() if "secure" not in said] == []


def test_scripts_read_no_cookie_but_the_one_that_pages_send_back(browser: Browser) -> None:
    assert [name for name, said in browser.cookies.items() if "httponly" not in said] == ["_xsrf"]
