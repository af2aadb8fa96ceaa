"""`users` with a tenant of Auth0's."""

import pytest

from tests.cli.internet import Internet, Reply
from tests.cli.users.conftest import AUTH0, Hub
from tests.cli.users.tenant import GOOGLE, SCOPES, SECRET, TENANT, TOKEN, Tenant, slowed

CREATED = ("POST", "/api/v2/users")


def test_list_tells_state_roles_and_rights_of_everybody(hub: Hub, tenant: Tenant) -> None:
    tenant.add("ada@example.com", "jupyterhub-admins", "accounting", multifactor=["guardian"])
    tenant.add("grace@example.com", "jupyterhub-users", blocked=True)
    tenant.add("mary@example.com", email_verified=False, last_login=None)
    told = {
        email: (each["state"], each["enabled"], each["groups"], each["admin"], each["enters"], each["second_factor"])
        for email, each in hub.listed().items()
    }
    assert told == {
        "ada@example.com": ("confirmed", True, ["jupyterhub-admins"], True, True, True),
        "grace@example.com": ("confirmed", False, ["jupyterhub-users"], False, False, None),
        "mary@example.com": ("address not verified, never signed in", True, [], False, False, None),
    }


def test_list_goes_on_after_a_thousand(hub: Hub, tenant: Tenant) -> None:
    for number in range(2130):
        tenant.add(f"user-{number}@example.com", "jupyterhub-users")
    people = hub.listed()
    assert len(people) == 2130
    assert all(each["enters"] for each in people.values())


def test_list_of_a_thousand_who_came_at_once_ends(hub: Hub, tenant: Tenant) -> None:
    for number in range(1200):
        tenant.add(f"user-{number}@example.com", created_at="2026-01-01T00:00:00.000Z")
    assert len(hub.listed()) == 1000


def test_list_knows_admins_whom_a_setting_names(hub: Hub, tenant: Tenant) -> None:
    ada = tenant.add("ada@example.com")
    hub.set({**AUTH0, "users.admins": [ada]})
    assert hub.listed()["ada@example.com"]["admin"]


def test_add_makes_an_account_without_a_known_password_and_has_the_link_sent(hub: Hub, tenant: Tenant) -> None:
    told = hub.told("add", "Grace@example.com", "--yes")
    (user_id,) = tenant.users
    assert tenant.of(user_id) == (True, ["jupyterhub-users"])
    assert tenant.sent == ["Grace@example.com"]
    assert "by its link they choose one" in told
    assert TOKEN not in told


def test_add_as_admin_and_with_a_role(hub: Hub, tenant: Tenant) -> None:
    hub.told("add", "ada@example.com", "--admin", "--group", "accounting", "--yes")
    assert tenant.of(*tenant.users) == (True, ["accounting", "jupyterhub-admins"])


def test_add_takes_the_connection_that_is_named_where_there_are_several(hub: Hub, tenant: Tenant) -> None:
    tenant.connections.append({"name": "staff", "strategy": "auth0"})
    told = hub.told("add", "ada@example.com", "--yes", code=1)
    assert "The hub has the database connections Username-Password-Authentication, staff." in told
    assert "--connection" in told
    assert "has the database connections" in hub.told("add", "a@b.com", "--connection", "no", "--yes", code=1)
    assert tenant.changed == []
    hub.told("add", "ada@example.com", "--connection", "staff", "--yes")
    assert CREATED in tenant.changed


def test_add_says_where_people_come_from_elsewhere(hub: Hub, tenant: Tenant) -> None:
    tenant.connections = [GOOGLE]
    assert "no database connection" in hub.told("add", "ada@example.com", "--yes", code=1)
    assert tenant.changed == []


def test_add_of_a_hub_that_the_tenant_does_not_know(hub: Hub, tenant: Tenant) -> None:
    hub.set({**AUTH0, "clientId": "another"})
    assert "The tenant knows no application another." in hub.told("add", "ada@example.com", "--yes", code=1)


def test_who_is_there_already_stays_as_they_are(hub: Hub, tenant: Tenant) -> None:
    tenant.add("grace@example.com", "jupyterhub-users")
    told = hub.told("add", "GRACE@example.com", "--yes")
    assert "nothing has to change" in told
    assert "is there already (confirmed)" in told
    assert tenant.changed == []


def test_add_goes_on_where_it_stopped(hub: Hub, tenant: Tenant) -> None:
    tenant.fail("POST /dbconnections/change_password", Reply({"error": "no"}, 500))
    told = hub.told("add", "ada@example.com", "grace@example.com", "--yes", code=1)
    assert "failed ada@example.com: create, and invite by e-mail" in told
    assert "not done grace@example.com: create, and invite by e-mail" in told
    assert "ada@example.com is there, but got no e-mail: Auth0 fails (500" in told
    assert "--resend" in told
    tenant.instead.clear()
    hub.told("add", "ada@example.com", "grace@example.com", "--resend", "--yes")
    assert tenant.sent == ["ada@example.com", "grace@example.com"]
    assert [tenant.of(each) for each in tenant.users] == [(True, ["jupyterhub-users"])] * 2


def test_add_names_all_faults_and_changes_nothing(hub: Hub, tenant: Tenant) -> None:
    told = hub.told("add", "ada", "grace@example.com", "--group", "physics", "--yes", code=1)
    assert '"ada" is no e-mail address' in told
    assert f"There is no role physics in the tenant {TENANT}" in told
    assert tenant.changed == []


def test_disable_blocks_and_enable_ends_it(hub: Hub, tenant: Tenant) -> None:
    grace = tenant.add("grace@example.com", "jupyterhub-users")
    told = hub.told("disable", "grace@example.com", "--yes")
    assert tenant.of(grace) == (False, ["jupyterhub-users"])
    assert "From 300 seconds on (auth.refresh.seconds)" in told
    assert "offline_access" not in told
    assert "is disabled already" in hub.told("disable", grace, "--yes")
    hub.told("enable", grace, "--yes")
    assert tenant.of(grace) == (True, ["jupyterhub-users"])


def test_disable_says_where_the_hub_has_no_refresh_token(hub: Hub, tenant: Tenant) -> None:
    tenant.add("grace@example.com")
    hub.set({**AUTH0, "scope": ["openid", "profile", "email"], "auth.session.days": 3})
    told = hub.told("disable", "grace@example.com", "--yes")
    assert "Without the scope offline_access" in told
    assert "(auth.session.days, 3)" in told


def test_promote_and_demote_go_by_the_role_of_the_settings(hub: Hub, tenant: Tenant) -> None:
    grace = tenant.add("grace@example.com", "jupyterhub-users")
    hub.told("promote", "grace@example.com", "--yes")
    assert tenant.of(grace) == (True, ["jupyterhub-admins", "jupyterhub-users"])
    assert "Nobody is left" in hub.told("demote", "grace@example.com", "--yes")
    assert tenant.of(grace) == (True, ["jupyterhub-users"])


def test_promote_says_that_the_role_is_not_there(hub: Hub, tenant: Tenant) -> None:
    tenant.add("grace@example.com")
    del tenant.roles["rol_2"]
    told = hub.told("promote", "grace@example.com", "--yes", code=1)
    assert f"There is no role jupyterhub-admins in the tenant {TENANT}, which groups.admins names" in told


def test_several_accounts_of_one_address_are_told_apart_by_id(hub: Hub, tenant: Tenant) -> None:
    first = tenant.add("grace@example.com")
    second = tenant.add("grace@example.com", connection="google-oauth2")
    told = hub.told("disable", "grace@example.com", "nobody@example.com", "auth0|none", "--yes", code=1)
    assert f"grace@example.com has several accounts: {first}, {second}" in told
    assert "There is no nobody@example.com" in told
    assert "There is no auth0|none" in told
    hub.told("disable", second, "--yes")
    assert (tenant.of(first)[0], tenant.of(second)[0]) == (True, False)


def test_address_is_found_as_another_provider_writes_it(hub: Hub, tenant: Tenant) -> None:
    grace = tenant.add("Grace@Example.com", connection="samlp")
    hub.told("disable", "Grace@Example.com", "--yes")
    assert not tenant.of(grace)[0]


@pytest.mark.parametrize("scope", sorted(SCOPES - {"read:connections", "read:client_summary", "create:users"}))
def test_right_that_lacks_is_named(hub: Hub, tenant: Tenant, scope: str) -> None:
    tenant.add("ada@example.com", "jupyterhub-admins")
    tenant.add("grace@example.com", "jupyterhub-users")
    tenant.scopes.remove(scope)
    words = {
        "create:role_members": ("promote", "grace@example.com", "--yes"),
        "delete:role_members": ("demote", "ada@example.com", "--yes"),
        "update:users": ("disable", "grace@example.com", "--yes"),
    }.get(scope, ("list",))
    told = hub.told(*words, code=1)
    assert scope in told
    assert "Give it the scope; docs/identity.md" in told


@pytest.mark.parametrize("scope", ["read:connections", "read:client_summary", "create:users"])
def test_right_to_add_that_lacks_is_named(hub: Hub, tenant: Tenant, scope: str) -> None:
    tenant.scopes.remove(scope)
    assert scope in hub.told("add", "grace@example.com", "--yes", code=1)


def test_limit_is_waited_for(hub: Hub, tenant: Tenant) -> None:
    tenant.add("grace@example.com")
    tenant.fail(
        "GET /api/v2/users-by-email", slowed(0), slowed(0), Reply([tenant.users[each] for each in tenant.users])
    )
    hub.told("disable", "grace@example.com", "--yes")
    assert [path for _, path in tenant.asked].count("/api/v2/users-by-email") == 3


@pytest.mark.parametrize("reply", [slowed(600), slowed(0)], ids=["for long", "for ever"])
def test_limit_that_does_not_end_is_a_line(hub: Hub, tenant: Tenant, reply: Reply) -> None:
    tenant.fail("GET /api/v2/roles", reply)
    assert "Auth0 answers too many calls at this time (429)" in hub.told("list", code=1)


WORLDS = [
    pytest.param(
        "POST /oauth/token", Reply({"error_description": f"no {SECRET}"}, 401), "or its secret: no …", id="id"
    ),
    pytest.param(
        "POST /oauth/token", Reply({"error": "access_denied"}, 403), "may not call the Management", id="grant"
    ),
    pytest.param("POST /oauth/token", Reply("none", 404), "is no tenant of Auth0", id="no tenant"),
    pytest.param("POST /oauth/token", Reply("<html>"), "something else than JSON", id="token: page"),
    pytest.param("POST /oauth/token", Reply([1]), "no token that can be read", id="token: list"),
    pytest.param("POST /oauth/token", Reply({"access_token": "a\nb"}), "no token that can be read", id="token: lines"),
    pytest.param("POST /oauth/token", Reply({}, 503), "Auth0 fails (503", id="token: down"),
    pytest.param("GET /api/v2/roles", Reply({"message": f"bad {TOKEN}"}, 401), "accept the token", id="expired"),
    pytest.param("GET /api/v2/roles", Reply("<html>"), "something else than JSON", id="page"),
    pytest.param("GET /api/v2/roles", Reply([]), "was not understood (TypeError)", id="list"),
    pytest.param(
        "GET /api/v2/roles", Reply({"roles": [{}]}), "was not understood (KeyError)", id="roles without names"
    ),
    pytest.param("GET /api/v2/roles", Reply({"message": "no"}, 404), "was not understood", id="not there"),
    pytest.param("GET /api/v2/users", Reply({"users": 1}), "was not understood", id="users: number"),
    pytest.param("GET /api/v2/users", Reply(None), "was not understood", id="users: null"),
    pytest.param("GET /api/v2/users", Reply("", 0), "Auth0 is not reached", id="cut"),
    pytest.param(
        "GET /api/v2/users", Reply({"message": "x" * 999}, 400), "Auth0 refuses GET users (400)", id="refused"
    ),
]


@pytest.mark.parametrize(("call", "reply", "text"), WORLDS)
def test_what_auth0_refuses_is_a_line(hub: Hub, tenant: Tenant, call: str, reply: Reply, text: str) -> None:
    tenant.fail(call, reply)
    told = hub.told("list", code=1)
    assert text in told
    assert " → " in told
    assert TOKEN not in told
    assert len(told) < 600


def test_secret_that_is_wrong(hub: Hub, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH0_CLIENT_SECRET", "another-secret")
    told = hub.told("list", code=1)
    assert "does not know this application, or its secret: Unauthorized." in told
    assert "another-secret" not in told


@pytest.mark.parametrize("name", ["AUTH0_CLIENT_ID", "AUTH0_CLIENT_SECRET"])
def test_variable_that_lacks_is_named(hub: Hub, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)
    assert f"Auth0's API needs {name} in the environment" in hub.told("list", code=1)
    assert tenant.asked == []


@pytest.mark.parametrize("domain", ["https://x.auth0.com/", "a b", "user@host", "x/../y"])
def test_domain_that_is_none(hub: Hub, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, domain: str) -> None:
    monkeypatch.setenv("AUTH0_DOMAIN", domain)
    assert "AUTH0_DOMAIN is no host's name" in hub.told("list", code=1)
    assert tenant.asked == []


def test_domain_of_ones_own_needs_the_tenant(hub: Hub, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant.add("ada@example.com")
    own = "login.example.com"
    urls = {"authUrl": "/authorize", "tokenUrl": "/oauth/token", "userDataUrl": "/userinfo"}
    hub.set({**AUTH0, **{key: f"https://{own}{path}" for key, path in urls.items()}})
    assert "Auth0 is not reached" in hub.told("list", code=1)
    monkeypatch.setenv("AUTH0_DOMAIN", TENANT)
    assert "ada@example.com" in hub.listed()


def test_certificate_that_nobody_trusts(hub: Hub, tenant: Tenant, internet: Internet) -> None:
    internet.put(TENANT, tenant, trusted=False)
    assert "its certificate is not accepted" in hub.told("list", code=1)
    assert tenant.asked == []


def test_signs_that_move_a_terminal_are_not_printed(hub: Hub, tenant: Tenant) -> None:
    tenant.add("a\x1b[2J@example.com", "jupyterhub-users")
    tenant.fail("GET /api/v2/users-by-email", Reply([{"user_id": "auth0|\x1b[2J"}, {"user_id": "auth0|2"}]))
    tenant.fail("GET /api/v2/users/auth0%7C%1B%5B2J/roles", Reply({"roles": [], "start": 0, "total": 0}))
    tenant.fail("GET /api/v2/users/auth0%7C2/roles", Reply({"roles": [], "start": 0, "total": 0}))
    assert "\x1b" not in hub.told("list")
    assert "\x1b" not in hub.told("disable", "grace@example.com", "--yes", code=1)


def test_nothing_is_changed_unasked(hub: Hub, tenant: Tenant) -> None:
    grace = tenant.add("grace@example.com")
    for verb in ("disable", "promote"):
        assert "Nothing was changed" in hub.told(verb, grace, code=1)
    assert "Nothing was changed" in hub.told("add", "ada@example.com", code=1)
    assert tenant.changed == []
