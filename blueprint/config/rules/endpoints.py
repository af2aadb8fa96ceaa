"""Contradictions in the addresses of the identity provider."""

from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple
from urllib.parse import urlsplit

from blueprint.config.problems import Problem
from blueprint.config.rules.rule import Rule, Surroundings, problem
from blueprint.config.settings import BY_ATTRIBUTE, Config

DISCOVERY = "/.well-known/openid-configuration"


class Endpoint(NamedTuple):
    """An endpoint: what it is called, how addresses of it end, and its field in a provider's discovery document."""

    name: str
    ends: frozenset[str]
    field: str


ENDPOINTS = {
    "auth_url": Endpoint(
        "authorization endpoint", frozenset({"auth", "authorize", "authorization"}), "authorization_endpoint"
    ),
    "token_url": Endpoint("token endpoint", frozenset({"token", "access_token", "accesstoken"}), "token_endpoint"),
    "user_data_url": Endpoint(
        "user-info endpoint", frozenset({"userinfo", "user_info", "user-info"}), "userinfo_endpoint"
    ),
}
# https://auth0.com/docs/api/authentication: the paths are the same on a domain of one's own.
_AUTH0 = {"auth_url": "/authorize", "token_url": "/oauth/token", "user_data_url": "/userinfo"}


# Auth0 may have a domain of one's own, but none of these.
_OTHERS = (
    *("amazoncognito.com", "b2clogin.com", "bitbucket.org", "ciamlogin.com", "cilogon.org", "github.com", "gitlab.com"),
    *("globus.org", "google.com", "googleapis.com", "linkedin.com", "microsoft.com", "microsoftonline.com", "okta.com"),
    *("oktapreview.com", "onelogin.com", "orcid.org", "pingone.com", "pingone.eu", "slack.com", "zitadel.cloud"),
)


def endpoints_are_what_they_should_be(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Each is an address of the provider's own, and not another one's."""
    for attribute, endpoint in ENDPOINTS.items():
        if mistaken := _mistaken(config, attribute):
            fix = f"take its {endpoint.field} from the provider's {DISCOVERY}, or ask the provider"
            yield problem(config, attribute, f"the {endpoint.name}: this is {mistaken}", fix)


def _mistaken(config: Config, attribute: str) -> str:
    """What an address is that is none of the endpoint's; nothing where it may well be."""
    given = getattr(config, attribute, None)
    url = urlsplit(given or "")
    if given is None:
        return ""
    if "/.well-known/" in url.path:
        return "where a provider lists its addresses"
    if url.path.strip("/") == "" and not url.query:
        return "a host without a path"
    if url.hostname == getattr(config, "jupyterhub_subzone_name", None):
        return "the hub itself"
    end = url.path.rstrip("/").rpartition("/")[2].partition(".")[0].lower()
    for other, endpoint in ENDPOINTS.items():
        if other != attribute and end in endpoint.ends:
            return f"the {endpoint.name}, by its name"
    earlier = takewhile(lambda other: other != attribute, ENDPOINTS)
    return next((f"what {BY_ATTRIBUTE[each].key} has" for each in earlier if getattr(config, each, None) == given), "")


def logout_is_a_page(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Whoever signs out is sent there."""
    if config.logout_url is not None and "/.well-known/" in config.logout_url:
        allowed = "a page that signs out: this is where a provider lists its addresses"
        yield problem(config, "logout_url", allowed, "take its end_session_endpoint from there, or remove the key")


def auth0_is_auth0(config: Config, _: Surroundings) -> Iterator[Problem]:
    """The authenticator for Auth0 knows its addresses, and finds others' users wanting."""
    if config.identity_provider != "auth0" or config.auth_url is None:
        return
    host = urlsplit(config.auth_url).netloc
    if f".{host}".endswith(tuple(f".{other}" for other in _OTHERS)):
        yield problem(config, "identity_provider", f"generic: {host} is another provider's", "set it to generic")
        return
    for attribute, path in _AUTH0.items():
        given = getattr(config, attribute, None)
        if given is None or urlsplit(given)[1:3] == (host, path) or _mistaken(config, attribute):
            continue
        fix = 'correct it, or set "identity.provider": "generic" for a provider that is not Auth0'
        yield problem(config, attribute, f"https://{host}{path}, where Auth0 has it", fix)


RULES: tuple[Rule, ...] = (endpoints_are_what_they_should_be, logout_is_a_page, auth0_is_auth0)
