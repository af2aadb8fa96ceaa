"""Broken worlds: the client secret, a certificate that is brought, and the identity provider."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blueprint.cli.doctor import certificate, provider, secret
from tests.cli.doctor.staging import DOCUMENT, LOGIN, REGION, SECRET, VALUE, WORKLOAD, Stage
from tests.cli.doctor.worlds import Broken, look
from tests.cli.internet import Reply

KEY = f"arn:aws:kms:{REGION}:{WORKLOAD}:key/12345678-1234-1234-1234-123456789012"


def secrets(stage: Stage) -> Any:
    return stage.workload.client("secretsmanager")


def store(stage: Stage, value: str) -> None:
    secrets(stage).put_secret_value(SecretId=SECRET, SecretString=value)


def gone(stage: Stage, *, wholly: bool) -> None:
    secrets(stage).delete_secret(SecretId=SECRET, **({"ForceDeleteWithoutRecovery": True} if wholly else {}))


def anew(stage: Stage, **options: str) -> None:
    gone(stage, wholly=True)
    secrets(stage).create_secret(Name=SECRET, **options)


SECRETS = {
    "no secret": Broken(
        lambda stage: gone(stage, wholly=True), "fault", f"There is no secret {SECRET}", "blueprint secret"
    ),
    "secret that is marked for deletion": Broken(
        lambda stage: gone(stage, wholly=False), "fault", "is marked for deletion", "restore-secret"
    ),
    "secret without a value": Broken(lambda stage: anew(stage), "fault", "has no value yet"),
    "secret of blanks": Broken(lambda stage: store(stage, " \n"), "fault", "is empty"),
    "secret with a line break": Broken(lambda stage: store(stage, f"{VALUE}\n"), "warning", "a blank or a line break"),
    "secret of several entries": Broken(
        lambda stage: store(stage, json.dumps({"id": "hub", "secret": VALUE})),
        "fault",
        "has several entries",
        "client.secret.entry",
    ),
    "secret without the entry": Broken(
        lambda stage: stage.context.update({"client.secret.entry": "client_secret"}),
        "fault",
        "has no entry client_secret",
    ),
    "secret with a key that the hub may not use": Broken(
        lambda stage: anew(stage, SecretString=VALUE, KmsKeyId=KEY),
        "fault",
        "which the hub's role may not use",
        "client.secret.kms.key.arn",
    ),
    "secret with another key": Broken(
        lambda stage: stage.context.update({"client.secret.kms.key.arn": KEY}), "fault", "is not encrypted with the key"
    ),
    "secret that may not be read": Broken(
        lambda stage: stage.border.refuse("secretsmanager", "GetSecretValue", "AccessDeniedException"),
        "unknown",
        "these credentials may not read",
    ),
}


@pytest.mark.parametrize("broken", SECRETS.values(), ids=SECRETS)
def test_secret_is_found_wanting(stage: Stage, broken: Broken) -> None:
    look(stage, secret.CHECKS, broken)
    assert VALUE not in str(stage.find(secret.CHECKS))


def test_entry_of_a_secret_is_found(stage: Stage) -> None:
    store(stage, json.dumps({"id": "hub", "client_secret": VALUE}))
    assert stage.find(secret.CHECKS, **{"client.secret.entry": "client_secret"}) == []


ARN = f"arn:aws:acm:{REGION}:{WORKLOAD}:certificate/12345678-1234-1234-1234-123456789012"
HOST = "jupyter.dev.example.com"


def brought(stage: Stage, *, status: str = "ISSUED", names: tuple[str, ...] = (HOST,), days: float = 200) -> None:
    """A certificate of ACM's, which moto issues at once and for as long as it likes."""
    stage.context["certificateArn"] = ARN
    told = {
        "CertificateArn": ARN,
        "Status": status,
        "DomainName": names[0],
        "SubjectAlternativeNames": list(names),
        "NotAfter": datetime.now(UTC) + timedelta(days=days),
        "Type": "IMPORTED",
    }
    stage.border.answer("acm", "DescribeCertificate", {"Certificate": told})


CERTIFICATES = {
    "no such certificate": Broken(
        lambda stage: stage.context.update({"certificateArn": ARN}), "fault", "There is no certificate"
    ),
    "certificate that waits": Broken(
        lambda stage: brought(stage, status="PENDING_VALIDATION"), "fault", "is PENDING_VALIDATION, not issued"
    ),
    "certificate for another host": Broken(
        lambda stage: brought(stage, names=("*.example.com",)), "fault", f"is for *.example.com, not for {HOST}"
    ),
    "certificate that ended": Broken(lambda stage: brought(stage, days=-3), "fault", "The certificate ended on"),
    "certificate that ends": Broken(lambda stage: brought(stage, days=12.5), "warning", "ends in 12 days"),
}


@pytest.mark.parametrize("broken", CERTIFICATES.values(), ids=CERTIFICATES)
def test_certificate_is_found_wanting(stage: Stage, broken: Broken) -> None:
    look(stage, certificate.CHECKS, broken)


def test_imported_certificate_is_read(stage: Stage) -> None:
    pem = stage.internet.authority.pem(HOST, days=90)
    made = stage.workload.client("acm").import_certificate(Certificate=pem.certificate, PrivateKey=pem.key)
    assert stage.find(certificate.CHECKS, certificateArn=made["CertificateArn"]) == []
    other = {"jupyterhub.subzone.name": "hub.dev.example.com", "certificateArn": made["CertificateArn"]}
    assert [each.level for each in stage.find(certificate.CHECKS, **other)] == ["fault"]


@pytest.mark.parametrize(
    ("pattern", "host", "covered"),
    [
        (HOST, HOST, True),
        ("*.dev.example.com", HOST, True),
        ("*.example.com", HOST, False),
        ("*.jupyter.dev.example.com", HOST, False),
        ("other.dev.example.com", HOST, False),
    ],
)
def test_a_star_stands_for_one_label(pattern: str, host: str, covered: bool) -> None:
    assert certificate.covers(pattern, host) is covered


def told(stage: Stage, **fields: object) -> None:
    stage.put_provider({**DOCUMENT, **fields})


PROVIDERS = {
    "token endpoint moved": Broken(
        lambda stage: told(stage, token_endpoint=f"{LOGIN}/oauth2/token"),
        "fault",
        f"tokenUrl is {LOGIN}/oauth/token; the provider says {LOGIN}/oauth2/token",
        f"Set tokenUrl to {LOGIN}/oauth2/token",
    ),
    "provider without user-info": Broken(
        lambda stage: told(stage, userinfo_endpoint=None), "warning", "names no user-info endpoint"
    ),
    "scope that it does not have": Broken(
        lambda stage: told(stage, scopes_supported=["openid"]), "warning", "does not list the scope(s) profile, email"
    ),
    "claim that it does not have": Broken(
        lambda stage: stage.context.update({"groups.claim": "groups", "groups.allowed": ["hub"]}),
        "warning",
        "does not list the claim(s) groups",
    ),
    "no code flow": Broken(
        lambda stage: told(stage, response_types_supported=["token"]), "fault", "no authorization code flow"
    ),
    "basic authentication only": Broken(
        lambda stage: told(stage, token_endpoint_auth_methods_supported=["client_secret_basic"]),
        "fault",
        "does not take client_secret_post",
        "Set client.authentication to client_secret_basic",
    ),
    "keys only": Broken(
        lambda stage: told(stage, token_endpoint_auth_methods_supported=["private_key_jwt"]),
        "fault",
        "it takes private_key_jwt",
        "Allow a client secret",
    ),
    "provider without a document": Broken(
        lambda stage: stage.put_provider(Reply("none", 404)), "unknown", "tells nothing of itself"
    ),
    "document that is none": Broken(
        lambda stage: stage.put_provider("<html></html>"), "unknown", "tells nothing of itself"
    ),
    "certificate ends soon": Broken(
        lambda stage: stage.put_provider(DOCUMENT, days=5), "warning", "certificate ends in 4 days"
    ),
    "client that it does not know": Broken(
        lambda stage: stage.put_provider(DOCUMENT, Reply("unknown client", 400)),
        "fault",
        "refuses the sign-in (400)",
        f"Register https://{HOST}/hub/oauth_callback for the client jupyterhub",
    ),
    "scope that it refuses": Broken(
        lambda stage: stage.put_provider(
            DOCUMENT, Reply("", 302, (("Location", f"https://{HOST}/hub/oauth_callback?error=invalid_scope"),))
        ),
        "fault",
        "refuses the sign-in: invalid_scope",
    ),
    "provider that is ill": Broken(
        lambda stage: stage.put_provider(DOCUMENT, Reply("oops", 503)), "warning", "sign-in page answers 503"
    ),
}


@pytest.mark.parametrize("broken", PROVIDERS.values(), ids=PROVIDERS)
def test_provider_is_found_wanting(stage: Stage, broken: Broken) -> None:
    look(stage, provider.CHECKS, broken)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"days": -1}, "certificate has expired"),
        ({"trusted": False}, "is not accepted"),
        ({"named": "other.example.com"}, "Hostname mismatch"),
    ],
    ids=["ended", "of nobody", "of another host"],
)
def test_provider_that_the_hub_would_not_trust_is_told(stage: Stage, options: dict[str, Any], says: str) -> None:
    stage.put_provider(DOCUMENT, **options)
    found = stage.find(provider.CHECKS)
    assert found[0].level == "fault"
    assert "would not trust" in found[0].text
    assert says in found[0].text


def test_provider_that_nobody_finds_is_told(stage: Stage) -> None:
    stage.context.update({"authUrl": "https://nowhere.example.com/authorize"})
    stage.names["nowhere.example.com", "A"] = None
    found = stage.find(provider.CHECKS)
    assert (found[0].level, found[0].text) == ("fault", "The world knows no host nowhere.example.com.")


def test_cognito_has_nothing_to_compare(stage: Stage) -> None:
    for key in ("authUrl", "tokenUrl", "userDataUrl", "clientId", "clientSecretArn"):
        del stage.context[key]
    assert stage.find((*provider.CHECKS, *secret.CHECKS), **{"identity.provider": "cognito"}) == []
