"""Addresses that cannot work are told, whatever the mistake; those of real providers are not."""

from itertools import permutations
from typing import Any

import pytest

from blueprint.config import Problem
from tests.config.seed import SEED, problems

KEYS = ("authUrl", "tokenUrl", "userDataUrl")
NAMES = ("authorization endpoint", "token endpoint", "user-info endpoint")
FIELDS = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint")
AUTH0 = tuple(f"https://example.eu.auth0.com/{path}" for path in ("authorize", "oauth/token", "userinfo"))

PROVIDERS = {
    "Auth0": AUTH0,
    "Authelia": tuple(f"https://auth.example.com/api/oidc/{end}" for end in ("authorization", "token", "userinfo")),
    "authentik": tuple(f"https://id.example.com/application/o/{end}/" for end in ("authorize", "token", "userinfo")),
    "Azure AD B2C": (
        "https://x.b2clogin.com/x.onmicrosoft.com/b2c_1_in/oauth2/v2.0/authorize",
        "https://x.b2clogin.com/x.onmicrosoft.com/b2c_1_in/oauth2/v2.0/token",
        "https://x.b2clogin.com/x.onmicrosoft.com/b2c_1_in/openid/v2.0/userinfo",
    ),
    "Bitbucket": (
        "https://bitbucket.org/site/oauth2/authorize",
        "https://bitbucket.org/site/oauth2/access_token",
        "https://api.bitbucket.org/2.0/user",
    ),
    "CILogon": tuple(f"https://cilogon.org/{end}" for end in ("authorize", "oauth2/token", "oauth2/userinfo")),
    "Cognito": tuple(
        f"https://x.auth.eu-west-1.amazoncognito.com/oauth2/{end}" for end in ("authorize", "token", "userInfo")
    ),
    "Dex": tuple(f"https://dex.example.com/dex/{end}" for end in ("auth", "token", "userinfo")),
    "Entra ID": (
        "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/oauth2/v2.0/token",
        "https://graph.microsoft.com/oidc/userinfo",
    ),
    "GitHub": (
        "https://github.com/login/oauth/authorize",
        "https://github.com/login/oauth/access_token",
        "https://api.github.com/user",
    ),
    "GitLab": tuple(f"https://gitlab.com/oauth/{end}" for end in ("authorize", "token", "userinfo")),
    "Globus": tuple(f"https://auth.globus.org/v2/oauth2/{end}" for end in ("authorize", "token", "userinfo")),
    "Google": (
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        "https://openidconnect.googleapis.com/v1/userinfo",
    ),
    "Hydra": (
        "https://h.example.com/oauth2/auth",
        "https://h.example.com/oauth2/token",
        "https://h.example.com/userinfo",
    ),
    "Keycloak": tuple(
        f"https://keycloak.example.com/auth/realms/x/protocol/openid-connect/{end}"
        for end in ("auth", "token", "userinfo")
    ),
    "LinkedIn": (
        "https://www.linkedin.com/oauth/v2/authorization",
        "https://www.linkedin.com/oauth/v2/accessToken",
        "https://api.linkedin.com/v2/userinfo",
    ),
    "Nextcloud": (
        "https://cloud.example.com/apps/oauth2/authorize",
        "https://cloud.example.com/apps/oauth2/api/v1/token",
        "https://cloud.example.com/ocs/v2.php/cloud/user?format=json",
    ),
    "Okta": tuple(f"https://example.okta.com/oauth2/default/v1/{end}" for end in ("authorize", "token", "userinfo")),
    "OneLogin": tuple(f"https://example.onelogin.com/oidc/2/{end}" for end in ("auth", "token", "me")),
    "PingFederate": (
        "https://ping.example.com/as/authorization.oauth2",
        "https://ping.example.com/as/token.oauth2",
        "https://ping.example.com/idp/userinfo.openid",
    ),
    "Slack": (
        "https://slack.com/openid/connect/authorize",
        "https://slack.com/api/openid.connect.token",
        "https://slack.com/api/openid.connect.userInfo",
    ),
    "at the root, by a query": tuple(f"https://id.example.com/?do={what}" for what in ("ask", "give", "tell")),
}


def mistaken(urls: dict[str, str], **others: Any) -> dict[str, str]:
    """The keys that are at fault, and what each is said to be."""
    found = problems({**urls, **others})
    for each in found:
        at = KEYS.index(each.key)
        assert (
            each.fix
            == f"take its {FIELDS[at]} from the provider's /.well-known/openid-configuration, or ask the provider"
        )
        assert each.got == f'"{urls[each.key]}"'
    return {each.key: each.allowed.removeprefix(f"the {NAMES[KEYS.index(each.key)]}: this is ") for each in found}


@pytest.mark.parametrize("urls", PROVIDERS.values(), ids=PROVIDERS)
def test_addresses_of_real_providers_pass(urls: tuple[str, ...]) -> None:
    assert problems(dict(zip(KEYS, urls, strict=True))) == []


@pytest.mark.parametrize("order", [each for each in permutations(range(3)) if each != (0, 1, 2)])
@pytest.mark.parametrize("provider", ["Auth0", "Authelia", "authentik", "Google", "Keycloak", "PingFederate"])
def test_addresses_that_are_swapped_are_told_by_their_names(provider: str, order: tuple[int, ...]) -> None:
    urls = {key: PROVIDERS[provider][at] for key, at in zip(KEYS, order, strict=True)}
    assert mistaken(urls) == {
        KEYS[here]: f"the {NAMES[at]}, by its name" for here, at in enumerate(order) if at != here
    }


def test_one_address_for_two_is_told_once() -> None:
    same = "https://id.example.com/oauth"
    assert mistaken(dict.fromkeys(KEYS, same)) == {"tokenUrl": "what authUrl has", "userDataUrl": "what authUrl has"}
    assert mistaken({"authUrl": "https://id.example.com/x", "tokenUrl": same, "userDataUrl": same}) == {
        "userDataUrl": "what tokenUrl has"
    }


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("https://id.example.com/.well-known/openid-configuration", "where a provider lists its addresses"),
        ("https://id.example.com/realms/x/.well-known/openid-configuration", "where a provider lists its addresses"),
        ("https://id.example.com/.well-known/oauth-authorization-server/x", "where a provider lists its addresses"),
        ("https://id.example.com", "a host without a path"),
        ("https://id.example.com//", "a host without a path"),
        ("https://your.hub.domain.com/hub/oauth_login", "the hub itself"),
    ],
)
@pytest.mark.parametrize("key", KEYS)
def test_what_is_no_endpoint_is_told(key: str, url: str, what: str) -> None:
    assert mistaken({key: url}) == {key: what}


def test_every_faulty_address_is_told_at_once() -> None:
    found = problems({"authUrl": "http://id.example.com/authorize", "userDataUrl": "https://id.example.com"})
    assert [each.key for each in found] == ["authUrl", "userDataUrl"]


def test_list_of_addresses_is_no_page_to_sign_out() -> None:
    url = "https://id.example.com/.well-known/openid-configuration"
    assert problems({"logout.url": url}) == [
        Problem(
            "logout.url",
            f'"{url}"',
            "a page that signs out: this is where a provider lists its addresses",
            "take its end_session_endpoint from there, or remove the key",
        )
    ]


ELSE = 'correct it, or set "identity.provider": "generic" for a provider that is not Auth0'


@pytest.mark.parametrize("provider", sorted(PROVIDERS.keys() - {"Auth0"}))
def test_another_provider_is_not_auth0(provider: str) -> None:
    found = problems({**dict(zip(KEYS, PROVIDERS[provider], strict=True)), "identity.provider": "auth0"})
    assert found
    assert {each.fix for each in found} <= {ELSE, "set it to generic"}


@pytest.mark.parametrize("host", ["example.okta.com", "accounts.google.com", "github.com"])
def test_host_of_another_provider_is_not_auth0_whatever_its_paths(host: str) -> None:
    urls = {key: url.replace("example.eu.auth0.com", host) for key, url in zip(KEYS, AUTH0, strict=True)}
    assert problems({**urls, "identity.provider": "auth0"}) == [
        Problem("identity.provider", '"auth0"', f"generic: {host} is another provider's", "set it to generic")
    ]


@pytest.mark.parametrize(
    "host",
    ["example.eu.auth0.com", "example.us.auth0.com", "login.example.com", "notokta.com"],
    ids=["EU", "US", "a domain of one's own", "a name that ends alike"],
)
def test_auth0_is_auth0_on_any_domain(host: str) -> None:
    urls = {key: url.replace("example.eu.auth0.com", host) for key, url in zip(KEYS, AUTH0, strict=True)}
    urls["authUrl"] += "?connection=staff"
    assert problems({**urls, "identity.provider": "auth0"}) == []


def test_two_domains_of_auth0_are_one_too_many() -> None:
    url = "https://other.eu.auth0.com/oauth/token"
    changes = {**dict(zip(KEYS, AUTH0, strict=True)), "tokenUrl": url, "identity.provider": "auth0"}
    allowed = "https://example.eu.auth0.com/oauth/token, where Auth0 has it"
    assert problems(changes) == [Problem("tokenUrl", f'"{url}"', allowed, ELSE)]


def test_address_is_told_once_with_auth0_too() -> None:
    listed = {"tokenUrl": "https://some.auth.address.com/.well-known/openid-configuration"}
    assert mistaken(listed, **{"identity.provider": "auth0"}) == {"tokenUrl": "where a provider lists its addresses"}
    assert problems({**{key: SEED[key] for key in KEYS}, "identity.provider": "auth0"}) == []
