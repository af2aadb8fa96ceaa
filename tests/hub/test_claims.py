"""Whatever a provider says of a person, the hub takes them in under a name that it can keep, or refuses in words."""

import asyncio
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tornado.web import HTTPError

from tests.hub.deployed import authenticator
from tests.hub.providers import Answer, Provider, Returning, provider

PYTHON_NAMES = re.compile(r"Traceback|Error\b|NoneType|\bNone\b|\bTrue\b|\bFalse\b|object at 0x|<class|\{'|\['|'\\")
LONGEST = 255
"""Of the columns for names in the hub's database."""

TEXTS = st.text(st.characters(), max_size=12) | st.sampled_from(
    ["ada", "a" * 256, "a/b", "..", "", " ", "a\0b", "a\ud800", "a\u202eb", "[a, b]", '["a"]', '{"name": "a"}', "users"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
CLAIMS = ("sub", "name", "email", "email_verified", "groups", "exp", "preferred_username")
PEOPLE = st.fixed_dictionaries(
    {"name": st.just("ada") | VALUES}, optional={claim: VALUES for claim in CLAIMS if claim != "name"}
)
DEEP: Any = json.loads('{"name":' * 400 + '"users"' + "}" * 400)
QUICK = settings(derandomize=True, deadline=None, max_examples=150, database=None)


class Hub:
    """The authenticator of a hub, and a provider that says anything."""

    def __init__(self, changes: dict[str, Any], folder: Path, provider: Provider) -> None:
        self.provider = provider
        self.authenticator = authenticator(changes, folder, provider)
        self.authenticator.log = logging.Logger("hub", logging.CRITICAL)  # xdist takes no half signs in what is logged

    def sign_in(self) -> dict[str, Any] | HTTPError:
        try:
            taken: dict[str, Any] = asyncio.run(self.authenticator.get_authenticated_user(Returning(), None))
        except HTTPError as refusal:
            return refusal
        return taken


@pytest.fixture(scope="module", params=["generic", "auth0"])
def hub(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    changes = {"identity.provider": request.param, "groups.claim": "groups", "groups.admins": ["admins"]}
    with provider({}) as running:
        yield Hub(changes, tmp_path_factory.mktemp("hub"), running)


def judge(hub: Hub) -> None:
    """What became of a sign-in can be kept in a database, or be read."""
    outcome = hub.sign_in()
    if isinstance(outcome, HTTPError):
        told = " ".join(str(getattr(outcome, part, "")) for part in ("log_message", "heading", "advice", "ask"))
        assert not PYTHON_NAMES.search(told)
        assert len(told) < 1500
        told.encode()
        return
    json.dumps(outcome["auth_state"]).encode()
    for name in (outcome["name"], *(outcome["groups"] or ())):
        assert isinstance(name, str)
        assert 0 < len(name) <= LONGEST
        assert "\0" not in name
        name.encode()


@QUICK
@given(PEOPLE)
def test_any_claims_have_an_answer(hub: Hub, person: dict[str, Any]) -> None:
    hub.provider.userinfo = person
    judge(hub)


@pytest.mark.parametrize(
    "person",
    [
        {"name": "a" * 10**6},
        {"name": ["a"]},
        {"name": {"a": None}},
        {"name": True},
        {"name": "a\ud800"},
        {"name": "ada", "email": None, "email_verified": False},
        {"name": "ada", "email": ["a"], "email_verified": False},
        {"name": "ada", "email": "a" * 10**5, "email_verified": False},
        {"name": "ada", "groups": DEEP},
        {"name": "ada", "groups": json.dumps(DEEP)},
        {"name": "ada", "groups": ["a\ud800", "b\0", "c" * 256]},
        {"name": "ada", "groups": [f"group-{number}" for number in range(10**4)]},
    ],
    ids=lambda person: json.dumps(person)[:60],
)
@pytest.mark.parametrize("restricted", [False, True], ids=["open", "restricted"])
def test_claims_that_broke_something(person: dict[str, Any], restricted: bool, tmp_path: Path) -> None:
    rule = {"groups.allowed": ["nobody"]} if restricted else {}
    with provider(person) as running:
        judge(Hub({"identity.provider": "generic", "groups.claim": "groups", **rule}, tmp_path, running))


@QUICK
@given(st.binary(max_size=30) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_answer_has_an_answer(hub: Hub, body: bytes) -> None:
    hub.provider.userinfo = Answer(body.decode("latin-1"))
    judge(hub)


@QUICK
@given(st.dictionaries(st.sampled_from(["access_token", "token_type", "id_token", "scope", "refresh_token"]), VALUES))
def test_any_tokens_have_an_answer(hub: Hub, tokens: dict[str, Any]) -> None:
    hub.provider.userinfo = {"name": "ada"}
    hub.provider.token, before = tokens, hub.provider.token
    try:
        judge(hub)
    finally:
        hub.provider.token = before
