"""`users` at providers whose API it does not know, and somebody at a terminal."""

import json
import os
import pty
from urllib.parse import urlsplit

import pytest

from blueprint.cli.users.by_hand import VERBS, console
from tests.cli.conftest import BLUEPRINT, ROOT
from tests.cli.users.conftest import Cognito, Hub, at
from tests.cli.users.tenant import SECRET, Tenant
from tests.processes import begun

GROUPS: dict[str, object] = {
    "groups.claim": "groups",
    "groups.allowed": ["hub-users", "hub-staff"],
    "groups.admins": ["hub-admins"],
}
ENTRA = "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/oauth2/v2.0"
KEYCLOAK = "https://keycloak.example.com/auth/realms/main/protocol/openid-connect"

PLACES = [
    pytest.param("https://acme.okta.com/oauth2/v1/authorize", "https://acme-admin.okta.com/admin/users", id="okta"),
    pytest.param(
        "https://acme.oktapreview.com/oauth2/default/v1/authorize",
        "https://acme-admin.oktapreview.com/admin/users",
        id="okta's preview",
    ),
    pytest.param(
        f"{ENTRA}/authorize",
        "https://portal.azure.com/11111111-2222-3333-4444-555555555555/#view/"
        "Microsoft_AAD_UsersAndTenants/UserManagementMenuBlade/~/AllUsers",
        id="entra",
    ),
    pytest.param(
        "https://login.microsoftonline.us/common/oauth2/v2.0/authorize",
        "https://portal.azure.us/#view/Microsoft_AAD_UsersAndTenants/UserManagementMenuBlade/~/AllUsers",
        id="entra for governments",
    ),
    pytest.param(
        f"{KEYCLOAK}/auth", "https://keycloak.example.com/auth/admin/master/console/#/main/users", id="keycloak"
    ),
    pytest.param("https://accounts.google.com/o/oauth2/v2/auth", "https://admin.google.com/ac/users", id="google"),
    pytest.param("https://github.com/login/oauth/authorize", "https://github.com/settings/organizations", id="github"),
    pytest.param("https://gitlab.com/oauth/authorize", "https://gitlab.com/admin/users", id="gitlab"),
    pytest.param("https://login.example.com/authorize", "https://login.example.com", id="another"),
]


@pytest.mark.parametrize(("url", "link"), PLACES)
def test_link_is_made_from_the_settings(url: str, link: str) -> None:
    place = console(url).place(urlsplit(url))
    assert place is not None
    assert place.people == link


def test_domain_of_ones_own_at_okta_has_no_link() -> None:
    assert console("https://okta.example.com/oauth2/v1/authorize").name == "a provider of another kind"


def test_name_that_only_ends_alike_is_not_taken_for_a_provider() -> None:
    assert console("https://login.notgoogle.com/authorize").name == "a provider of another kind"


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("base", ["https://acme.okta.com/oauth2/v1", ENTRA, KEYCLOAK, "https://login.example.com"])
def test_every_command_says_what_to_click_and_ends_with_3(hub: Hub, base: str, verb: str) -> None:
    hub.set(at(base, **GROUPS))
    words = [verb] if verb == "list" else [verb, "grace@example.com", "--yes"]
    result = hub.users(*words)
    assert (result.exit_code, result.stderr) == (3, "")
    assert "which this command has no API for" in result.stdout
    assert "There: https://" in result.stdout
    assert ("→" in result.stdout) or ("own console" in result.stdout)


def test_promote_names_claim_and_group(hub: Hub) -> None:
    hub.set(at("https://acme.okta.com/oauth2/v1", **GROUPS))
    told = hub.told("promote", "grace@example.com", code=3)
    assert "Admins are who has hub-admins in the claim groups (groups.admins)." in told
    assert "There: https://acme-admin.okta.com/admin/groups" in told
    assert "one of hub-users, hub-staff in the claim groups may enter" in hub.told("add", "a@example.com", code=3)


def test_promote_names_the_setting_where_it_decides(hub: Hub) -> None:
    hub.set(at("https://acme.okta.com/oauth2/v1", **{"users.admins": ["00u1"]}))
    told = hub.told("promote", "grace@example.com", code=3)
    assert "Admins are named by users.admins, by the claim sub: add them to it, then cdk deploy Hub." in told
    assert "→" not in told


@pytest.mark.parametrize("base", ["https://accounts.google.com/o/oauth2/v2", "https://github.com/login/oauth"])
def test_provider_without_groups_goes_by_settings(hub: Hub, base: str) -> None:
    hub.set(at(base, **{"users.allowed": ["1"], "users.admins": ["2"]}))
    assert "named by users.allowed, by the claim sub" in hub.told("add", "grace@example.com", code=3)
    assert "take them out of it, then cdk deploy Hub" in hub.told("demote", "grace@example.com", code=3)


def test_clicks_as_json(hub: Hub) -> None:
    hub.set(at("https://acme.okta.com/oauth2/v1", **GROUPS))
    result = hub.users("disable", "grace@example.com", "--json")
    assert result.exit_code == 3
    assert "Suspend" in json.loads(result.stdout)["by_hand"][-2]


@pytest.mark.parametrize("answer", ["y", "n"])
def test_somebody_at_a_terminal_is_asked(hub: Hub, pool: Cognito, answer: str) -> None:
    told, code = at_terminal(hub, ["users", "add", "ada@example.com"], {"Change this?": answer})
    assert "create, and invite by e-mail" in told
    assert (code, pool.emails) == ((0, ["ada@example.com"]) if answer == "y" else (1, []))
    assert ("Nothing was changed." in told) == (answer == "n")


def test_somebody_at_a_terminal_types_what_the_environment_lacks(
    hub: Hub, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUTH0_CLIENT_ID")
    monkeypatch.delenv("AUTH0_CLIENT_SECRET")
    tenant.add("ada@example.com")
    told, code = at_terminal(hub, ["users", "list"], {"Client ID": "operator", "client secret": SECRET})
    assert "ada@example.com" in told
    assert code == 0
    assert SECRET not in told


def at_terminal(hub: Hub, words: list[str], answers: dict[str, str]) -> tuple[str, int]:
    """What a terminal shows on which each question gets its answer, and the exit code."""
    ours, theirs = pty.openpty()
    ended = begun(
        [BLUEPRINT, *words],
        cwd=hub.folder,
        environment={name: value for name, value in os.environ.items() if name[:6] != "PYTHON" and name[:3] != "LC_"}
        | {"PYTHONPATH": str(ROOT)},
        streams=(theirs, theirs, theirs),
    )
    os.close(theirs)
    told, waiting = "", [*answers.items()]
    while some := _read(ours):
        told += some
        if waiting and waiting[0][0] in told:
            os.write(ours, f"{waiting.pop(0)[1]}\n".encode())
    os.close(ours)
    return told, ended()


def _read(terminal: int) -> str:
    try:
        return os.read(terminal, 4096).decode(errors="replace")
    except OSError:  # Linux: the other end is closed
        return ""
