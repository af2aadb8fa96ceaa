"""Who gets into the hub, by the real authenticators with the configuration that is deployed."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tornado.web import HTTPError

from tests.hub.deployed import authenticator
from tests.hub.providers import Person, Returning, provider

PROVIDERS = {
    "generic": {"identity.provider": "generic"},
    "auth0": {"identity.provider": "auth0"},
}
ANN: Person = {"sub": "ann", "name": "ann", "email": "ann@example.com", "email_verified": True}
CLAIM = "https://example.com/groups"
BY_GROUP = {"groups.claim": CLAIM, "groups.allowed": ["users"], "groups.admins": ["admins"]}

each_provider = pytest.mark.parametrize("changes", PROVIDERS.values(), ids=PROVIDERS.keys())


def sign_in(changes: dict[str, Any], person: Person, folder: Path) -> Any:
    """What the hub learns of somebody; None or an HTTP error if they may not enter."""
    with provider(person) as running:
        return asyncio.run(authenticator(changes, folder, running).get_authenticated_user(Returning(), None))


def refused(changes: dict[str, Any], person: Person, folder: Path) -> bool:
    """Whether somebody is kept out."""
    try:
        return sign_in(changes, person, folder) is None
    except HTTPError as error:
        return error.status_code == 403


@each_provider
def test_everybody_enters_where_nobody_is_restricted(changes: dict[str, Any], tmp_path: Path) -> None:
    assert sign_in(changes, ANN, tmp_path)["name"] == "ann"


@each_provider
@pytest.mark.parametrize("verified", [False, "false", "False", None, 0, ""], ids=repr)
@pytest.mark.parametrize("rule", [{}, {"users.allowed": ["ann"]}, {"users.admins": ["ann"]}], ids=str)
def test_unverified_address_is_turned_away(
    changes: dict[str, Any], rule: dict[str, Any], verified: object, tmp_path: Path
) -> None:
    with pytest.raises(HTTPError) as error:
        sign_in({**changes, **rule}, {**ANN, "email_verified": verified}, tmp_path)
    assert error.value.status_code == 403
    assert "ann@example.com" in str(error.value.log_message)


@each_provider
@pytest.mark.parametrize("verified", [True, "true", "True"], ids=repr)
def test_verified_address_is_taken(changes: dict[str, Any], verified: object, tmp_path: Path) -> None:
    assert sign_in(changes, {**ANN, "email_verified": verified}, tmp_path)["name"] == "ann"


def test_provider_that_says_nothing_of_addresses_is_taken_at_its_word(tmp_path: Path) -> None:
    assert sign_in(PROVIDERS["generic"], {"sub": "ann", "name": "ann"}, tmp_path)["name"] == "ann"


@each_provider
def test_name_is_the_chosen_claim(changes: dict[str, Any], tmp_path: Path) -> None:
    person = {**ANN, "sub": "auth0|42"}
    assert sign_in({**changes, "usernameKey": "sub"}, person, tmp_path)["name"] == "auth0|42"


@each_provider
def test_only_the_named_enter_where_some_are_named(changes: dict[str, Any], tmp_path: Path) -> None:
    rule = {**changes, "users.allowed": ["bob"]}
    assert refused(rule, ANN, tmp_path)
    assert not refused(rule, {**ANN, "name": "bob"}, tmp_path)


@each_provider
@pytest.mark.parametrize(
    ("groups", "enters", "admin"),
    [
        pytest.param(["users"], True, False, id="user"),
        pytest.param(["admins"], True, True, id="admin"),
        pytest.param(["users", "admins"], True, True, id="both"),
        pytest.param(["others"], False, False, id="another group"),
        pytest.param([], False, False, id="no group"),
        pytest.param(None, False, False, id="no claim"),
        pytest.param("users", True, False, id="one group, as text"),
    ],
)
def test_groups_decide(changes: dict[str, Any], groups: object, enters: bool, admin: bool, tmp_path: Path) -> None:
    person = {**ANN, CLAIM: groups} if groups is not None else ANN
    if not enters:
        assert refused({**changes, **BY_GROUP}, person, tmp_path)
    else:
        assert bool(sign_in({**changes, **BY_GROUP}, person, tmp_path)["admin"]) is admin


@pytest.mark.parametrize(
    ("claim", "person", "groups"),
    [
        pytest.param("groups", {"groups": ["a", "b"]}, {"a", "b"}, id="plain"),
        pytest.param(CLAIM, {CLAIM: ["a"]}, {"a"}, id="namespaced"),
        pytest.param("realm_access.roles", {"realm_access": {"roles": ["a"]}}, {"a"}, id="nested"),
        pytest.param("a.b.c", {"a": {"b": {"c": "one"}}}, {"one"}, id="deep, as text"),
        pytest.param("a.b", {"a.b": ["whole"], "a": {"b": ["path"]}}, {"whole"}, id="whole name before path"),
        pytest.param("a.b", {"a": ["no mapping"]}, set(), id="path through a list"),
        pytest.param("groups", {"groups": None}, set(), id="null"),
        pytest.param("groups", {"groups": [1, 2]}, {"1", "2"}, id="numbers"),
    ],
)
def test_groups_are_found_in_the_claim(claim: str, person: Person, groups: set[str], tmp_path: Path) -> None:
    changes = {"groups.claim": claim, "users.allowed": ["ann"]}
    assert set(sign_in(changes, {**ANN, **person}, tmp_path)["groups"]) == groups


@each_provider
def test_admins_enter_beside_the_allowed(changes: dict[str, Any], tmp_path: Path) -> None:
    found = sign_in({**changes, "users.allowed": ["bob"], "users.admins": ["ann"]}, ANN, tmp_path)
    assert (found["name"], found["admin"]) == ("ann", True)


@each_provider
def test_changed_secret_is_used_without_a_restart(changes: dict[str, Any], tmp_path: Path) -> None:
    with provider(ANN) as running:
        hub = authenticator(changes, tmp_path, running)
        asyncio.run(hub.get_authenticated_user(Returning(), None))
        (tmp_path / "client-secret").write_text("second-secret")
        asyncio.run(hub.get_authenticated_user(Returning(), None))
    assert [each.form["client_secret"] for each in running.exchanges] == ["first-secret", "second-secret"]
