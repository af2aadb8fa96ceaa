"""Hubs for other kinds of providers, and one that admits everybody."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from blueprint.values import CHARTS
from preview.browser import Browser, until, words
from preview.installation import Installation
from preview.people import people
from preview.running import Preview
from rehearsal.certificates import Authority
from tests.hub.providers import provider
from tests.preview.conftest import CONTEXT, HASTY, Start

OPEN = {**CONTEXT, "identity.provider": "auth0", "usernameKey": "nickname", "sign.in.takeover": True}
NAMESPACED = {**OPEN, "groups.claim": "https://example.com/groups", "groups.allowed": ["a"], "groups.admins": ["b"]}
NAMED = {
    **CONTEXT,
    "usernameKey": "email",
    "users.allowed": ["ann@example.org", "ben@example.org"],
    "users.admins": ["ben@example.org"],
    "client.authentication": "client_secret_basic",
}
COGNITO: dict[str, Any] = {
    **{key: value for key, value in CONTEXT.items() if not key.startswith(("client", "auth", "token", "userData"))},
    "identity.provider": "cognito",
    "singleuser.tokens": True,
}


@pytest.fixture(scope="module")
def open_hub(start: Start) -> Iterator[Preview]:
    # Nobody has a server here but for its start, so that one test can be about culling.
    with start(OPEN, values={"cull": {"timeout": 1, "every": 1}}) as running:
        yield running


@pytest.fixture(scope="module")
def cognito(start: Start) -> Iterator[Preview]:
    with start(COGNITO, HASTY, auth_refresh_age=1) as running:
        yield running


def outcome(preview: Preview, person: str) -> tuple[int, bool | None]:
    """How the hub answers somebody's sign-in, and whether it takes them for an admin."""
    browser = Browser(preview.addresses.hub_url)
    answer = browser.sign_in(person)
    return answer.status_code, browser.user["admin"] if answer.ok else None


def outcomes(preview: Preview) -> dict[str, tuple[int, bool | None]]:
    """How the hub answers each of the example people."""
    return {person.name: outcome(preview, person.id) for person in people(preview.config)}


def announced(preview: Preview) -> dict[str, tuple[int, bool | None]]:
    """What the preview's screen says of them."""
    return {person.name: (200, person.admin) if person.admitted else (403, None) for person in people(preview.config)}


def test_everybody_else_enters_a_hub_that_restricts_nobody(open_hub: Preview) -> None:
    assert outcomes(open_hub) == announced(open_hub)


def test_unverified_address_is_turned_away_from_an_open_hub(open_hub: Preview) -> None:
    assert "has not verified your e-mail address vera@example.com" in words(
        Browser(open_hub.addresses.hub_url).sign_in("preview|vera")
    )


def test_takeover_lets_a_new_subject_have_the_name(open_hub: Preview) -> None:
    known = people(open_hub.config)
    assert outcome(open_hub, "preview|ada")[0] == 200
    open_hub.write_people(replace(each, claims={**each.claims, "nickname": "ada"}) for each in known)
    try:
        assert outcome(open_hub, "preview|mary")[0] == 200
    finally:
        open_hub.write_people(known)


def test_server_starts_at_one_click_however_slow_the_provider(open_hub: Preview) -> None:
    open_hub.stop("provider")
    open_hub.start_provider(milliseconds=1200)
    try:
        browser = Browser(open_hub.addresses.hub_url)
        browser.sign_in("preview|grace")
        assert "Your server is starting up" in words(browser.open("/hub/spawn"))
    finally:
        open_hub.stop("provider")
        open_hub.start_provider()


def test_idle_server_is_culled(open_hub: Preview) -> None:
    browser = Browser(open_hub.addresses.hub_url)
    browser.sign_in("preview|mary")
    browser.start_server()
    until(lambda: not browser.user["servers"])


def test_hub_with_a_list_of_names_does_what_the_screen_says_of_everybody(start: Start) -> None:
    with start(NAMED) as preview:
        assert outcomes(preview) == announced(preview)
        assert {status for status, _ in announced(preview).values()} == {200, 403}


def test_groups_of_cognito_come_from_the_id_token(cognito: Preview) -> None:
    assert outcomes(cognito) == announced(cognito)


def test_group_lost_at_cognito_is_lost_before_the_id_token_ends(cognito: Preview) -> None:
    browser = Browser(cognito.addresses.hub_url)
    browser.sign_in("ada")
    known = people(cognito.config)
    changed = [replace(each, claims={**each.claims, "cognito:groups": []}) for each in known]
    cognito.write_people(changed)
    try:
        until(lambda: not browser.open("/hub/home").url.endswith("/hub/home"))
    finally:
        cognito.write_people(known)


def test_server_has_its_users_tokens_if_asked_for(cognito: Preview) -> None:
    browser = Browser(cognito.addresses.hub_url)
    browser.sign_in("mary")
    browser.start_server()
    names = browser.run("import os; print(*sorted(name for name in os.environ if name.startswith('OAUTH_')))")
    assert names.split() == ["OAUTH_ACCESS_TOKEN", "OAUTH_ID_TOKEN"]


# Asks providers by curl, as the hub does, and prints what the hub would say of what came of each.
ASK = """
import asyncio, json, sys
from tornado.httpclient import AsyncHTTPClient
from hub.provider import unanswered
AsyncHTTPClient.configure("tornado.curl_httpclient.CurlAsyncHTTPClient")
async def ask(url, ca):
    try:
        return str((await AsyncHTTPClient().fetch(url, ca_certs=ca or None)).code)
    except Exception as error:
        return unanswered(error).log_message
async def main():
    return {name: await ask(*of) for name, of in json.load(sys.stdin).items()}
json.dump(asyncio.run(main()), sys.stdout)
"""
# Whose certificate the provider has, what the hub was given, and what it says.
CERTIFICATES = {
    "given": ("127.0.0.1", "ours", "200"),
    "unknown": ("127.0.0.1", "", "unable to get local issuer"),
    "another's": ("127.0.0.1", "another", "unable to get local issuer"),
    "no host's": ("127.0.0.2", "ours", "certificate: SSL: no alternative certificate subject name"),
    "nobody there": (None, "", "The identity provider does not answer."),
}


@pytest.fixture(scope="module")
def told(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the hub says of each of them."""
    folder = tmp_path_factory.mktemp("authorities")
    authority = Authority(folder / "ours", "Ours")
    files = {"ours": authority.certificate, "another": Authority(folder / "another", "Another").certificate, "": ""}
    with ExitStack() as stack:
        urls: dict[str | None, str] = {None: "https://127.0.0.1:1/"}
        for host in ("127.0.0.1", "127.0.0.2"):
            pair = authority.issue(f"provider of {host}", hosts=[host])
            urls[host] = f"{stack.enter_context(provider({}, tls=pair)).url}/userinfo"
        asked = {name: (urls[host], str(files[given])) for name, (host, given, _) in CERTIFICATES.items()}
        command = [str(installation.bin / "python"), "-c", ASK]
        environment = {"PATH": os.defpath, "PYTHONPATH": str(CHARTS)}
        done = subprocess.run(
            command, env=environment, input=json.dumps(asked), capture_output=True, text=True, check=True
        )
    answers: dict[str, str] = json.loads(done.stdout)
    return answers


@pytest.mark.parametrize("name", CERTIFICATES)
def test_certificate_is_told_from_no_answer(told: dict[str, str], name: str) -> None:
    assert CERTIFICATES[name][2] in told[name]
