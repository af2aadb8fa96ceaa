"""How the hub talks to providers that keep to the standard, and to those that do not, by the real authenticators."""

import asyncio
import base64
import json
from pathlib import Path
from threading import Barrier
from typing import Any

import jwt
import pytest

from hub.groups import groups_in
from hub.refusals import RefusalError
from rehearsal.certificates import Authority
from tests.hub.deployed import authenticator
from tests.hub.providers import Answer, Asked, Person, Provider, Returning, provider

ANN: Person = {"sub": "ann", "name": "ann", "email": "ann@example.com", "email_verified": True}
BY_GROUP = {"groups.claim": "custom:groups", "groups.allowed": ["jupyterhub-users"]}
TOKEN = {"access_token": "token", "token_type": "Bearer"}
PATIENCE = 60
ENCRYPTED = "eyJhbGciOiJSU0EtT0FFUCJ9.a2V5.aXY.dGV4dA.dGFn"


def signed(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "of somebody else, 32 bytes or more", algorithm="HS256")


def sign_in(changes: dict[str, Any], folder: Path, running: Provider) -> Any:
    """What the hub learns of somebody."""
    return asyncio.run(authenticator(changes, folder, running).get_authenticated_user(Returning(), None))


def refusal(changes: dict[str, Any], folder: Path, running: Provider) -> RefusalError:
    """What somebody is told who does not get in."""
    with pytest.raises(RefusalError) as refused:
        sign_in(changes, folder, running)
    return refused.value


# Groups, in whichever form.


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        pytest.param("[jupyterhub-users, staff]", {"jupyterhub-users", "staff"}, id="text in brackets"),
        pytest.param("jupyterhub-users,staff", {"jupyterhub-users", "staff"}, id="commas"),
        pytest.param(" jupyterhub-users , , the staff ", {"jupyterhub-users", "the staff"}, id="commas and blanks"),
        pytest.param("jupyterhub-users staff", {"jupyterhub-users", "staff"}, id="blanks"),
        pytest.param("jupyterhub-users\n staff", {"jupyterhub-users", "staff"}, id="lines"),
        pytest.param('["jupyterhub-users","the staff"]', {"jupyterhub-users", "the staff"}, id="JSON text"),
        pytest.param("['jupyterhub-users', 'staff']", {"jupyterhub-users", "staff"}, id="list of another language"),
        pytest.param('{"jupyterhub-users": {"id": 1}}', {"jupyterhub-users"}, id="JSON text of an object"),
        pytest.param([{"name": "jupyterhub-users"}], {"jupyterhub-users"}, id="objects with names"),
        pytest.param([{"value": "jupyterhub-users", "$ref": "…"}], {"jupyterhub-users"}, id="objects of SCIM"),
        pytest.param(
            [{"display": "jupyterhub-users", "value": "e9e"}], {"jupyterhub-users"}, id="the first name counts"
        ),
        pytest.param({"name": "jupyterhub-users", "id": 7}, {"jupyterhub-users"}, id="one object"),
        pytest.param({"jupyterhub-users": {"id": 1}, "staff": None}, {"jupyterhub-users"}, id="names as keys"),
        pytest.param({"jupyterhub-users": True, "staff": False}, {"jupyterhub-users"}, id="names that hold or do not"),
        pytest.param(["jupyterhub-users", 7], {"jupyterhub-users", "7"}, id="list with a number"),
        pytest.param(["jupyterhub-users, staff"], {"jupyterhub-users, staff"}, id="a name in a list stays whole"),
        pytest.param("known, with commas", {"known, with commas"}, id="a known name stays whole"),
        pytest.param("[two words]", {"two words"}, id="one name in brackets"),
        pytest.param("[]", set(), id="empty list as text"),
        pytest.param("", set(), id="empty text"),
        pytest.param([], set(), id="empty list"),
        pytest.param(None, set(), id="null"),
        pytest.param(7, {"7"}, id="number"),
    ],
)
def test_groups_are_read_in_whichever_form(claim: object, groups: set[str]) -> None:
    assert groups_in({"custom:groups": claim}, "custom:groups", ["known, with commas"]) == (groups, True)


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        pytest.param(True, set(), id="true"),
        pytest.param("[true]", set(), id="true in JSON text"),
        pytest.param([["jupyterhub-users"]], set(), id="lists in a list"),
        pytest.param([{"mail": "a@example.com"}, "staff"], {"staff"}, id="object without a name"),
        pytest.param([None, "staff"], {"staff"}, id="null in a list"),
        pytest.param("[" * 10_000 + "]" * 10_000, set(), id="depth"),
        pytest.param("x" * 256, set(), id="longer than the database has room for"),
        pytest.param(["a\0b", "\ud800", "staff"], {"staff"}, id="what no database holds"),
    ],
)
def test_what_is_no_group_is_noticed_and_the_rest_read(claim: object, groups: set[str]) -> None:
    assert groups_in({"groups": claim}, "groups") == (groups, False)


@pytest.mark.parametrize(
    "claim",
    ["[jupyterhub-users, staff]", "jupyterhub-users staff", [{"name": "jupyterhub-users"}], {"jupyterhub-users": {}}],
    ids=str,
)
def test_member_enters_however_groups_are_written(claim: object, tmp_path: Path) -> None:
    with provider({**ANN, "custom:groups": claim}) as running:
        assert "jupyterhub-users" in sign_in(BY_GROUP, tmp_path, running)["groups"]


def test_part_of_a_list_is_no_other_group(tmp_path: Path) -> None:
    with provider({**ANN, "custom:groups": ["not jupyterhub-users"]}) as running:
        assert refusal(BY_GROUP, tmp_path, running).status_code == 403


@pytest.mark.parametrize(
    ("claim", "advice", "now"),
    [
        pytest.param(True, "What the identity provider sent as your groups (custom:groups) cannot be read.", "none"),
        pytest.param(7, "", "7"),
        pytest.param("", "", "none"),
    ],
)
def test_groups_that_help_nobody_are_told(claim: object, advice: str, now: str, tmp_path: Path) -> None:
    with provider({**ANN, "custom:groups": claim}) as running:
        refused = refusal(BY_GROUP, tmp_path, running)
    assert (refused.status_code, refused.advice) == (403, advice)
    assert refused.ask == f"to admit you, or a group that you are in (now: {now})"


# How the hub proves who it is.


def basic_only(asked: Asked) -> Answer:
    """The answer of a token endpoint that takes HTTP Basic only, and both parts encoded, as the standard has it."""
    right = base64.b64encode(b"some%3AClient+ID:first-secret").decode()
    if asked.headers.get("Authorization") == f"Basic {right}" and "client_secret" not in asked.form:
        return Answer(TOKEN)
    return Answer({"error": "invalid_client"}, status=401)


def test_hub_proves_who_it_is_by_http_basic(tmp_path: Path) -> None:
    with provider(ANN) as running:
        running.token = basic_only
        changes = {"client.authentication": "client_secret_basic", "clientId": "some:Client ID"}
        assert sign_in(changes, tmp_path, running)["name"] == "ann"


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
@pytest.mark.parametrize("status", [400, 401])
def test_refusal_of_the_hub_names_the_setting(method: str, status: int, tmp_path: Path) -> None:
    with provider(ANN) as running:
        running.token = Answer({"error": "invalid_client"}, status=status)
        refused = refusal({"client.authentication": method}, tmp_path, running)
    assert refused.log_message == "The identity provider refuses the hub itself."
    assert f"client.authentication (now {method})" in refused.ask


@pytest.mark.parametrize(
    ("stored", "sent"),
    [
        pytest.param("secret\n", "secret", id="text"),
        pytest.param('{"client_secret": "secret"}', "secret", id="the only entry"),
        pytest.param("{braces", "{braces", id="text that begins like JSON"),
        pytest.param('"secret"', '"secret"', id="quotes of its own"),
        pytest.param("12345", "12345", id="digits"),
    ],
)
def test_secret_may_be_the_only_entry_of_an_object(stored: str, sent: str, tmp_path: Path) -> None:
    with provider(ANN) as running:
        hub = authenticator({}, tmp_path, running)
        (tmp_path / "client-secret").write_text(stored)
        asyncio.run(hub.get_authenticated_user(Returning(), None))
    assert running.exchanges[0].form["client_secret"] == sent


@pytest.mark.parametrize("stored", ['{"id": "hub", "secret": "hush"}', '{"secret": 7}', "{}"])
def test_secret_among_others_is_told(stored: str, tmp_path: Path) -> None:
    with provider(ANN) as running:
        hub = authenticator({}, tmp_path, running)
        (tmp_path / "client-secret").write_text(stored)
        with pytest.raises(RefusalError) as refused:
            asyncio.run(hub.get_authenticated_user(Returning(), None))
    assert "one of several entries" in str(refused.value)
    assert "hush" not in str(refused.value)


# What a provider tells.


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(signed(ANN), kind="application/jwt"), id="signed token"),
        pytest.param(Answer(signed(ANN), kind="text/plain"), id="signed token of no type"),
        pytest.param(Answer(json.dumps(signed(ANN))), id="signed token in quotes"),
        pytest.param(Answer(json.dumps(ANN), kind="text/html; charset=utf-8"), id="JSON that calls itself a page"),
    ],
)
def test_user_information_may_be_signed(answer: Answer, tmp_path: Path) -> None:
    with provider(answer) as running:
        assert sign_in({}, tmp_path, running)["name"] == "ann"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(Answer("<html>Maintenance</html>", kind="text/html; charset=utf-8"), "text/html", id="page"),
        pytest.param(Answer(ENCRYPTED, kind="application/jwt"), "encrypted", id="encrypted"),
        pytest.param(Answer("", kind="text/plain"), "text/plain", id="nothing"),
        pytest.param(Answer([ANN]), "application/json", id="list"),
        pytest.param(Answer("null"), "application/json", id="null"),
    ],
)
@pytest.mark.parametrize("endpoint", ["token", "userinfo"])
def test_answer_that_cannot_be_read_is_told(endpoint: str, answer: Answer, kind: str, tmp_path: Path) -> None:
    with provider(ANN) as running:
        setattr(running, endpoint, answer)
        refused = refusal({}, tmp_path, running)
    assert str(refused.log_message) == f"The identity provider's answer cannot be read: it is {kind}, not JSON."
    assert {"token": "tokenUrl", "userinfo": "userDataUrl"}[endpoint] in refused.ask


@pytest.mark.parametrize("token", [ENCRYPTED, "opaque", "a.b.c", 7, ["a"], {}, "", None], ids=str)
def test_id_token_that_cannot_be_read_is_no_crash(token: object, tmp_path: Path) -> None:
    with provider(ANN) as running:
        running.token = {**TOKEN, "id_token": token}
        assert sign_in({}, tmp_path, running)["name"] == "ann"


def test_groups_in_the_id_token_count(tmp_path: Path) -> None:
    with provider(ANN) as running:
        running.token = {**TOKEN, "id_token": signed({"custom:groups": ["jupyterhub-users"]})}
        assert sign_in(BY_GROUP, tmp_path, running)["groups"] == ["jupyterhub-users"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param({"error": "invalid_grant"}, "It took too long", id="200 and an error"),
        pytest.param(Answer({"error": "invalid_grant"}, status=400), "It took too long", id="400"),
        pytest.param({"error": "bad"}, "refuses the hub itself", id="200 and another error"),
        pytest.param({"id_token": "hush"}, "refuses the hub itself", id="no access token"),
        pytest.param(Answer("denied", status=403), "refuses the hub itself", id="no JSON"),
        pytest.param(Answer([], status=400), "refuses the hub itself", id="no object"),
    ],
)
def test_exchange_that_fails_is_told(answer: object, words: str, tmp_path: Path) -> None:
    with provider(ANN) as running:
        running.token = answer
        refused = refusal({}, tmp_path, running)
    assert words in str(refused.log_message)
    assert "hush" not in str(refused)


def test_token_without_a_type_is_a_bearers(tmp_path: Path) -> None:
    with provider(ANN) as running:
        running.token = {"access_token": "token"}
        assert sign_in({}, tmp_path, running)["name"] == "ann"
    assert running.asked[-1].headers["Authorization"] == "Bearer token"


@pytest.mark.parametrize("status", [401, 403])
def test_refusal_at_the_user_information_is_told_as_that(status: int, tmp_path: Path) -> None:
    with provider(Answer({"error": "insufficient_scope"}, status=status)) as running:
        refused = refusal({}, tmp_path, running)
    assert refused.ask == "to compare userDataUrl and scope with what the provider has"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param(".", "The hub cannot take the name ., which means a folder", id="dot"),
        pytest.param("..", "The hub cannot take the name .., which means a folder", id="two dots"),
        pytest.param(" .. ", "The hub cannot take the name .., which means a folder", id="two dots and blanks"),
        pytest.param("a/b", "because of the slash in it", id="slash"),
        pytest.param(True, "The hub cannot take the name true, which is not text", id="true"),
        pytest.param(["ada"], "which is not text", id="list"),
        pytest.param({"a": "b"}, "which is not text", id="object"),
        pytest.param(
            "a\nb", 'The hub cannot take the name "a\\nb", because of a sign in it that nobody sees', id="line"
        ),
        pytest.param(" ", "did not send name", id="blank"),
        pytest.param("", "did not send name", id="empty"),
        pytest.param(None, "did not send name", id="null"),
    ],
)
def test_name_that_the_hub_cannot_take_is_told(name: object, words: str, tmp_path: Path) -> None:
    with provider({**ANN, "name": name}) as running:
        refused = refusal({}, tmp_path, running)
    assert refused.status_code == 403
    assert words in str(refused.log_message)


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("ada_gmail.com#EXT#@example.onmicrosoft.com", "ada_gmail.com#ext#@example.onmicrosoft.com"),
        ("CORP\\ada", "corp\\ada"),
        ("100%ada", "100%ada"),
        ("a?b", "a?b"),
        ("ada;x", "ada;x"),
        (12345, "12345"),
        ("...", "..."),
        (".ada", ".ada"),
    ],
)
def test_odd_name_is_taken(name: object, taken: str, tmp_path: Path) -> None:
    with provider({**ANN, "name": name}) as running:
        assert sign_in({}, tmp_path, running)["name"] == taken


# Whether a provider is there.


def looks(running: Provider) -> list[str]:
    """How the hub looked for the provider."""
    return [each.method for each in running.asked if each.path == "/token" and not each.form]


def test_one_look_for_the_provider_counts_for_everybody(tmp_path: Path) -> None:
    with provider(ANN) as running:
        hub = authenticator({}, tmp_path, running)

        async def many() -> None:
            await asyncio.gather(*(hub.reach_provider() for _ in range(50)))
            await hub.reach_provider()

        asyncio.run(many())
        assert looks(running) == ["GET"]


@pytest.mark.parametrize("kind", ["generic", "auth0"])
def test_slow_provider_holds_up_neither_others_nor_the_hub(kind: str, tmp_path: Path) -> None:
    """The provider answers nobody until all of them have asked."""
    class_of_them = Barrier(30, timeout=PATIENCE)

    def slow(asked: Asked) -> Person:
        class_of_them.wait()
        return ANN

    with provider(slow) as running:
        hub = authenticator({"identity.provider": kind}, tmp_path, running)

        async def come() -> list[Any]:
            return await asyncio.gather(*(hub.get_authenticated_user(Returning(), None) for _ in range(30)))

        assert {each["name"] for each in asyncio.run(come())} == {"ann"}


@pytest.mark.parametrize(("down", "expected"), [(False, ["GET", "GET"]), (True, ["GET", "POST", "GET", "POST"])])
def test_look_for_the_provider_does_not_count_for_ever(down: bool, expected: list[str], tmp_path: Path) -> None:
    with provider(ANN) as running:
        running.look = Answer("", status=503) if down else running.look
        hub = authenticator({}, tmp_path, running)
        hub.remembered = (0, 0)

        async def twice() -> list[object]:
            return [await asyncio.gather(hub.reach_provider(), return_exceptions=True) for _ in range(2)]

        asyncio.run(twice())
        assert looks(running) == expected


def test_provider_that_is_down_is_told_to_all_from_one_look(tmp_path: Path) -> None:
    with provider(ANN) as running:
        running.look = Answer("", status=503)
        hub = authenticator({}, tmp_path, running)

        async def many() -> list[object]:
            return list(await asyncio.gather(*(hub.reach_provider() for _ in range(20)), return_exceptions=True))

        assert {str(each) for each in asyncio.run(many())} == {
            "HTTP 503: Service Unavailable (The identity provider does not answer.)"
        }
        assert looks(running) == ["GET", "POST"]


@pytest.mark.parametrize("status", [500, 502])
def test_token_endpoint_that_fails_at_get_alone_keeps_nobody_out(status: int, tmp_path: Path) -> None:
    with provider(ANN) as running:
        running.look = lambda asked: Answer("", status=status if asked.method == "GET" else 400)
        asyncio.run(authenticator({}, tmp_path, running).reach_provider())


# Whose certificate it is.


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority", "Ours")


def test_certificate_of_an_authority_of_ones_own_is_trusted_where_it_is_given(
    tmp_path: Path, authority: Authority
) -> None:
    with provider(ANN, tls=authority.issue("provider", hosts=["127.0.0.1"])) as running:
        (tmp_path / "ours.pem").write_text(authority.certificate.read_text())
        assert sign_in({"identity.ca": "ours.pem"}, tmp_path, running)["name"] == "ann"


@pytest.mark.parametrize(
    ("hosts", "changes", "reason"),
    [
        pytest.param(["127.0.0.1"], {}, "unable to get local issuer certificate", id="unknown authority"),
        pytest.param(["127.0.0.2"], {"identity.ca": "ours.pem"}, "IP address mismatch", id="another host's"),
    ],
)
def test_certificate_that_nobody_vouches_for_is_told_as_that(
    hosts: list[str], changes: dict[str, Any], reason: str, tmp_path: Path, authority: Authority
) -> None:
    (tmp_path / "ours.pem").write_text(authority.certificate.read_text())
    with provider(ANN, tls=authority.issue("provider", hosts=hosts)) as running:
        refused = refusal(changes, tmp_path, running)
        with pytest.raises(RefusalError) as unreached:
            asyncio.run(authenticator(changes, tmp_path, running).reach_provider())
    for each in (refused, unreached.value):
        assert str(each.log_message).startswith("The hub does not trust the identity provider's certificate: ")
        assert reason in str(each.log_message)
        assert "identity.ca" in each.ask


# What is good once.


class User:
    """A user of the hub, as far as a refresh looks at them."""

    def __init__(self, **state: Any) -> None:
        self.name = "ann"
        self._auth_refreshed = None
        self.state: dict[str, Any] = {**state, "token_response": state, "oauth_user": ANN}

    async def get_auth_state(self) -> dict[str, Any]:
        return self.state

    async def save_auth_state(self, state: dict[str, Any]) -> None:
        self.state = state


class Rotating:
    """Tokens of a provider that gives a new refresh token each time, and ends the session of who uses one again."""

    def __init__(self) -> None:
        self.current = 1

    def exchange(self, asked: Asked) -> Answer:
        if asked.form["refresh_token"] != f"refresh-{self.current}":
            self.current = -1
        if self.current < 0:
            return Answer({"error": "invalid_grant"}, status=400)
        self.current += 1
        return Answer({**TOKEN, "access_token": "new", "refresh_token": f"refresh-{self.current}"})


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Answer("", status=503), id="no answer"),
        pytest.param(Answer("<html/>", kind="text/html"), id="no JSON"),
        pytest.param({**ANN, "name": None}, id="no name"),
        pytest.param(Answer("", status=401), id="refused"),
    ],
)
def test_what_a_refresh_exchanged_is_kept_whatever_follows(fault: object, tmp_path: Path) -> None:
    user, tokens = User(**TOKEN, refresh_token="refresh-1", id_token="before"), Rotating()
    with provider(fault) as running:
        running.token = tokens.exchange
        hub = authenticator({}, tmp_path, running)
        asyncio.run(hub.refresh_user(user))
        assert (user.state["refresh_token"], user.state["access_token"]) == ("refresh-2", "new")
        assert (user.state["token_response"]["refresh_token"], user.state["id_token"]) == ("refresh-2", "before")
        assert user.state["oauth_user"] == ANN
        running.userinfo = ANN
        assert asyncio.run(hub.refresh_user(user))["auth_state"]["refresh_token"] == "refresh-3"


@pytest.mark.parametrize("fault", [Answer("", status=503), Answer("<html/>", kind="text/html")], ids=["503", "page"])
def test_who_is_at_work_stays_so_while_nothing_is_told(fault: Answer, tmp_path: Path) -> None:
    with provider(fault) as running:
        running.token = Rotating().exchange
        hub = authenticator({}, tmp_path, running)
        assert asyncio.run(hub.refresh_user(User(**TOKEN, refresh_token="refresh-1"))) is True


def test_tokens_in_a_form_that_is_no_json_are_not_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with provider(ANN) as running:
        running.token = Answer("access_token=hush&token_type=bearer", kind="application/x-www-form-urlencoded")
        with pytest.raises(RefusalError, match="cannot be read"):
            sign_in({}, tmp_path, running)
    assert "/token answers what the hub cannot read, application/x-www-form-urlencoded" in caplog.text
    assert "hush" not in caplog.text
