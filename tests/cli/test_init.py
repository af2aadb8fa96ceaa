"""`blueprint init`, as a person or a script runs it, with a provider on loopback."""

import json
import os
import pty
from pathlib import Path
from typing import Any

import pytest

from blueprint.cli.checks.discovery import issuers
from tests.cli.conftest import BLUEPRINT, ROOT, Run
from tests.cli.internet import Internet, Reply, internet, site

__all__ = ["internet"]

LOGIN = "https://login.acme.org"
DOCUMENT: dict[str, object] = {
    "issuer": LOGIN,
    "authorization_endpoint": f"{LOGIN}/oauth/authorize",
    "token_endpoint": f"{LOGIN}/oauth/token",
    "userinfo_endpoint": f"{LOGIN}/oauth/userinfo",
    "scopes_supported": ["openid", "profile", "email", "phone"],
    "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
}
PLACE = (
    *("--account", "123456789012", "--region", "eu-central-1", "--dns-account", "210987654321"),
    *("--domain", "acme.org"),
)
PROVIDER = ("--issuer", LOGIN, "--client-id", "hub")


def provider(internet: Internet, document: object = DOCUMENT, **options: Any) -> dict[str, str]:
    internet.put("login.acme.org", site({"/.well-known/openid-configuration": document}), **options)
    return internet.environment


def settings(folder: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((folder / "cdk.context.json").read_text())
    return content


def test_answers_on_the_command_line_are_enough(run: Run, internet: Internet, tmp_path: Path) -> None:
    result = run(BLUEPRINT, "init", *PLACE, *PROVIDER, cwd=tmp_path, **provider(internet))
    assert result.returncode == 0, result.stderr
    assert settings(tmp_path) == {
        "workload.account": "123456789012",
        "workload.region": "eu-central-1",
        "parent.dns.account": "210987654321",
        "parent.hostedzone.name": "acme.org",
        "dev.subzone.name": "dev.acme.org",
        "jupyterhub.subzone.name": "jupyter.dev.acme.org",
        "ingress.scheme": "internal",
        "identity.provider": "generic",
        "authUrl": f"{LOGIN}/oauth/authorize",
        "tokenUrl": f"{LOGIN}/oauth/token",
        "userDataUrl": f"{LOGIN}/oauth/userinfo",
        "scope": ["openid", "profile", "email"],
        "clientId": "hub",
        "clientSecretArn": "jupyterhub/oauth-client-secret",
    }
    assert "callback      https://jupyter.dev.acme.org/hub/oauth_callback" in result.stdout
    assert result.stdout.endswith("Next: make synth\n")


def test_what_it_writes_is_what_the_commands_read(run: Run, internet: Internet, tmp_path: Path) -> None:
    assert run(BLUEPRINT, "init", *PLACE, *PROVIDER, cwd=tmp_path, **provider(internet)).returncode == 0
    result = run(BLUEPRINT, "homes", "volumes", cwd=tmp_path)
    assert "Homes are on EFS" in result.stderr


def test_json_says_what_changed_and_what_to_register(run: Run, internet: Internet, tmp_path: Path) -> None:
    result = run(BLUEPRINT, "init", "--json", *PLACE, *PROVIDER, cwd=tmp_path, **provider(internet))
    told = json.loads(result.stdout)
    assert told["changed"]["authUrl"] == f"{LOGIN}/oauth/authorize"
    assert told["register"]["callback"] == "https://jupyter.dev.acme.org/hub/oauth_callback"
    assert told["next"] == "make synth"


def test_what_the_file_holds_is_kept(run: Run, internet: Internet, tmp_path: Path) -> None:
    held = {"workload.account": "123456789012", "nodes.user.max": 20, "@aws-cdk/core:flag": True, "cdk-migrate": False}
    (tmp_path / "cdk.context.json").write_text(json.dumps(held))
    result = run(BLUEPRINT, "init", *PLACE[2:], *PROVIDER, cwd=tmp_path, **provider(internet))
    assert result.returncode == 0, result.stderr
    assert list(settings(tmp_path).items())[:4] == list(held.items())
    assert "workload.account" not in result.stdout


def test_a_second_run_changes_nothing(run: Run, internet: Internet, tmp_path: Path) -> None:
    run(BLUEPRINT, "init", *PLACE, *PROVIDER, cwd=tmp_path, **provider(internet))
    before = (tmp_path / "cdk.context.json").read_text()
    result = run(BLUEPRINT, "init", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "cdk.context.json holds all of it already." in result.stdout
    assert (tmp_path / "cdk.context.json").read_text() == before


def test_of_the_shipped_example_nothing_stays(run: Run, internet: Internet, tmp_path: Path) -> None:
    (tmp_path / "cdk.context.json").write_text((ROOT / "cdk.context.json").read_text())
    result = run(BLUEPRINT, "init", *PLACE, *PROVIDER, cwd=tmp_path, **provider(internet))
    assert result.returncode == 0, result.stderr
    text = (tmp_path / "cdk.context.json").read_text()
    assert not any(each in text for each in ("example", "111122223333", "444455556666", "groups.allowed"))
    assert "groups.claim, groups.allowed, groups.admins, admin.roles" in result.stdout


def test_cognito_needs_no_provider(run: Run, tmp_path: Path) -> None:
    result = run(BLUEPRINT, "init", *PLACE, "--issuer", "cognito", "--admin-email", "ada@acme.org", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    told = settings(tmp_path)
    assert (told["identity.provider"], told["cognito.admin.email"]) == ("cognito", "ada@acme.org")
    assert "clientSecretArn" not in told
    assert "Register" not in result.stdout


def test_a_move_to_cognito_takes_the_other_provider_out(run: Run, internet: Internet, tmp_path: Path) -> None:
    run(BLUEPRINT, "init", *PLACE, *PROVIDER, cwd=tmp_path, **provider(internet))
    result = run(BLUEPRINT, "init", "--issuer", "cognito", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "Left out" in result.stdout
    assert not {"authUrl", "clientId", "clientSecretArn"} & set(settings(tmp_path))


def test_auth0_is_known_by_its_addresses(run: Run, internet: Internet, tmp_path: Path) -> None:
    host = "acme.eu.auth0.com"
    document = {
        "authorization_endpoint": f"https://{host}/authorize",
        "token_endpoint": f"https://{host}/oauth/token",
        "userinfo_endpoint": f"https://{host}/userinfo",
        "scopes_supported": ["openid", "profile", "offline_access", "email"],
    }
    internet.put(host, site({"/.well-known/openid-configuration": document}))
    issuer = f"https://{host}/.well-known/openid-configuration"
    result = run(
        BLUEPRINT, "init", *PLACE, "--issuer", issuer, "--client-id", "hub", cwd=tmp_path, **internet.environment
    )
    assert result.returncode == 0, result.stderr
    told = settings(tmp_path)
    assert told["identity.provider"] == "auth0"
    assert told["scope"] == ["openid", "profile", "email", "offline_access"]
    assert told["client.authentication"] == "client_secret_basic"  # a document's silence means it


def test_what_is_given_beats_what_the_provider_tells(run: Run, internet: Internet, tmp_path: Path) -> None:
    more = ("-c", "scope=openid", "-c", "nodes.user.max=20")
    result = run(BLUEPRINT, "init", *PLACE, *PROVIDER, *more, cwd=tmp_path, **provider(internet))
    assert result.returncode == 0, result.stderr
    told = settings(tmp_path)
    assert (told["scope"], told["nodes.user.max"]) == (["openid"], 20)


def test_every_fault_is_told_at_once_and_nothing_is_written(run: Run, tmp_path: Path) -> None:
    result = run(BLUEPRINT, "init", "--account", "12", "--region", "mars", "-c", "nodes.user.max=many", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("3 faults in the context:")
    assert list(tmp_path.iterdir()) == []


def test_settings_that_contradict_each_other_are_not_written(run: Run, internet: Internet, tmp_path: Path) -> None:
    wrong = ("--subzone", "dev.other.org")
    result = run(BLUEPRINT, "init", *PLACE, *PROVIDER, *wrong, cwd=tmp_path, **provider(internet))
    assert (result.returncode, result.stdout) == (1, "")
    assert "a name below parent.hostedzone.name (acme.org)" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("document", "options", "told"),
    [
        pytest.param(Reply("gone", 404), {}, "answers 404", id="no document"),
        pytest.param(Reply("<html>"), {}, "something else than a JSON object", id="a page"),
        pytest.param({"issuer": LOGIN}, {}, "names no authorization_endpoint", id="another document"),
        pytest.param(
            {"authorization_endpoint": f"{LOGIN}/a"}, {}, "says nothing for tokenUrl, userDataUrl", id="no user-info"
        ),
        pytest.param(Reply(status=0), {}, "login.acme.org: the connection was cut", id="no answer"),
        pytest.param(DOCUMENT, {"days": -1}, "certificate has expired", id="certificate ended"),
        pytest.param(DOCUMENT, {"trusted": False}, "its certificate is not accepted", id="unknown authority"),
        pytest.param(DOCUMENT, {"named": "login.other.org"}, "Hostname mismatch", id="another's certificate"),
    ],
)
def test_provider_that_cannot_be_asked_is_told(
    run: Run, internet: Internet, tmp_path: Path, document: object, options: dict[str, Any], told: str
) -> None:
    environment = provider(internet, document, **options)
    result = run(BLUEPRINT, "init", *PLACE, *PROVIDER, cwd=tmp_path, **environment)
    assert (result.returncode, result.stdout) == (1, "")
    assert told in result.stderr
    assert "-c authUrl=" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "issuer",
    [
        *("x", " ", "https://", "https://[::1", "https://[", "ftp://login.acme.org", "mailto:ada@acme.org"),
        *("file:///etc/passwd", "https://login.acme.org:x", "https://login.acme.org:99999", "https://login\nacme.org"),
    ],
)
def test_address_that_is_none_is_told(run: Run, tmp_path: Path, issuer: str) -> None:
    result = run(BLUEPRINT, "init", *PLACE, "--issuer", issuer, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert "an OpenID Connect provider: an address begins with https:// and a host's name\n" in result.stderr
    assert [*tmp_path.iterdir()] == []


def test_password_in_an_address_is_not_shown(run: Run, tmp_path: Path) -> None:
    result = run(BLUEPRINT, "init", *PLACE, "--issuer", "https://ada:hush@login.acme.org", cwd=tmp_path)
    assert "take the user name and password out of the address" in result.stderr
    assert "hush" not in result.stdout + result.stderr


def test_half_a_sign_is_kept_as_it_was(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cdk.context.json").write_text('{"theirs": "\\ud800"}')
    result = run(BLUEPRINT, "init", *PLACE, "--issuer", "cognito", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert settings(tmp_path)["theirs"] == "\ud800"
    assert [each.name for each in tmp_path.iterdir()] == ["cdk.context.json"]


def test_provider_of_ones_own_authority_is_believed(run: Run, internet: Internet, tmp_path: Path) -> None:
    environment = provider(internet)
    del environment["SSL_CERT_FILE"]
    (tmp_path / "ca.pem").write_bytes(internet.authority.file.read_bytes())
    own = ("-c", "identity.ca=ca.pem")
    result = run(BLUEPRINT, "init", *PLACE, *PROVIDER, *own, cwd=tmp_path, **environment)
    assert result.returncode == 0, result.stderr
    assert settings(tmp_path)["identity.ca"] == "ca.pem"


@pytest.mark.parametrize("text", ["{", "[]", ""], ids=["broken", "a list", "empty"])
def test_file_that_cannot_be_read_is_left_alone(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "cdk.context.json").write_text(text)
    result = run(BLUEPRINT, "init", *PLACE, "--issuer", "cognito", cwd=tmp_path)
    assert result.returncode == 1
    assert "cdk.context.json" in result.stderr
    assert (tmp_path / "cdk.context.json").read_text() == text


def test_client_secret_is_never_printed(run: Run, internet: Internet, tmp_path: Path) -> None:
    secret = ("-c", "clientSecret=s3cr3t-of-ours")
    for words in (("--json",), ()):
        result = run(BLUEPRINT, "init", *words, *PLACE, *PROVIDER, *secret, cwd=tmp_path, **provider(internet))
        assert result.returncode == 0, result.stderr
        assert "s3cr3t" not in result.stdout + result.stderr
    assert settings(tmp_path)["clientSecret"] == "s3cr3t-of-ours"


def test_questions_are_asked_until_the_answer_will_do(run: Run, internet: Internet, tmp_path: Path) -> None:
    answers = ["12", "123456789012", "eu-central-1", "210987654321", "acme.org", "", "", "internet-facing"]
    answers += ["https://nowhere.acme.org", LOGIN, "hub", "", "y"]
    ours, theirs = pty.openpty()
    os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
    result = run(BLUEPRINT, "init", stdin=theirs, cwd=tmp_path, **provider(internet))
    os.close(theirs)
    os.close(ours)
    assert result.returncode == 0, result.stderr
    assert "It is an AWS account id: 12 digits" in result.stderr
    assert "nowhere.acme.org: " in result.stderr
    told = settings(tmp_path)
    assert (told["workload.account"], told["ingress.scheme"]) == ("123456789012", "internet-facing")
    assert told["jupyterhub.subzone.name"] == "jupyter.dev.acme.org"
    assert told["authUrl"] == f"{LOGIN}/oauth/authorize"
    assert "Written to cdk.context.json." in result.stdout


@pytest.mark.parametrize(
    ("endpoint", "issuer"),
    [
        ("https://acme.eu.auth0.com/authorize", "https://acme.eu.auth0.com"),
        ("https://acme.okta.com/oauth2/v1/authorize", "https://acme.okta.com"),
        ("https://acme.okta.com/oauth2/default/v1/authorize", "https://acme.okta.com/oauth2/default"),
        ("https://kc.acme.org/realms/main/protocol/openid-connect/auth", "https://kc.acme.org/realms/main"),
        ("https://accounts.google.com/o/oauth2/v2/auth", "https://accounts.google.com"),
        (
            "https://login.microsoftonline.com/1111/oauth2/v2.0/authorize",
            "https://login.microsoftonline.com/1111/v2.0",
        ),
    ],
)
def test_provider_of_an_endpoint_is_looked_for_where_it_is(endpoint: str, issuer: str) -> None:
    assert issuer in list(issuers(endpoint))
