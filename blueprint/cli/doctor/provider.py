"""The identity provider answers, is what the settings say, and knows the hub."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode, urlsplit

from blueprint.cli.checks.discovery import Metadata, of_endpoint
from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.findings import Finding, fault, listed, ok, unknown, warning
from blueprint.cli.checks.sign_in import begins
from blueprint.cli.checks.web import WebError
from blueprint.cli.checks.world import World
from blueprint.config.rules.endpoints import ENDPOINTS
from blueprint.config.settings import BY_ATTRIBUTE

SOON: Final = 14


def metadata(world: World) -> Iterator[Finding]:
    """Its own document agrees with the settings."""
    url = world.config.auth_url
    if url is None:
        return
    try:
        found = of_endpoint(url, world.authorities)
    except WebError as error:
        host = urlsplit(url).hostname or ""
        if error.untrusted:
            fix = "Have the provider's certificate mended, or name its authority's in identity.ca"
            yield fault(f"The hub would not trust the identity provider: {error}", fix)
        elif world.resolver.records(host, "A") is None:
            yield fault(f"The world knows no host {host}.", "Correct authUrl")
        else:
            yield unknown(f"The identity provider is not reached from here: {error}", "See whether the hub reaches it")
        return
    if found is None:
        text = f"{urlsplit(url).netloc} tells nothing of itself: addresses, scopes and claims are not compared."
        yield unknown(text, "A provider without OpenID Connect has no document; compare them by hand")
        return
    faults = [*_endpoints(world, found), *_abilities(world, found)]
    yield from faults or [ok(f"{found.url} agrees with the settings.")]
    if found.certificate_ends is not None and (days := (found.certificate_ends - world.now).days) < SOON:
        yield warning(f"The provider's certificate ends in {days} days.", "Tell whoever runs the provider")


def _endpoints(world: World, found: Metadata) -> Iterator[Finding]:
    for attribute, endpoint in ENDPOINTS.items():
        key, given, told = BY_ATTRIBUTE[attribute].key, getattr(world.config, attribute), found.text(endpoint.field)
        if told and told.rstrip("/") != given.rstrip("/"):
            yield fault(f"{key} is {given}; the provider says {told}.", f"Set {key} to {told}")
        elif not told:
            yield warning(f"The provider names no {endpoint.name}.", f"See whether {key} is right")


def _abilities(world: World, found: Metadata) -> Iterator[Finding]:
    config = world.config
    scopes = found.texts("scopes_supported")
    if scopes is not None and (lacking := [each for each in config.scope if each not in scopes]):
        text = f"The provider does not list the scope(s) {listed(lacking)}; it has {listed(scopes, 8)}."
        yield warning(text, "Take them out of scope, unless the provider knows them all the same")
    claims = found.texts("claims_supported")
    wanted = [config.username_key, *([config.groups_claim] if config.groups_claim else [])]
    if claims and (lacking := [each for each in wanted if each.partition(".")[0] not in claims and each not in claims]):
        text = f"The provider does not list the claim(s) {listed(lacking)}."
        yield warning(text, "Add a mapper at the provider; make preview ARGS=--real shows what it sends")
    flows = found.texts("response_types_supported")
    if flows is not None and "code" not in flows:
        yield fault("The provider has no authorization code flow.", "Enable it there: the hub knows no other")
    methods = found.texts("token_endpoint_auth_methods_supported")
    if methods is not None and config.client_authentication not in methods:
        text = f"The token endpoint does not take {config.client_authentication}; it takes {listed(methods)}."
        other = next((each for each in ("client_secret_post", "client_secret_basic") if each in methods), None)
        yield fault(text, f"Set client.authentication to {other}" if other else "Allow a client secret there")


def sign_in(world: World) -> Iterator[Finding]:
    """Whoever signs in gets a page, and no complaint about the client or its callback."""
    config = world.config
    if config.auth_url is None or config.client_id is None:
        return
    query = {
        "response_type": "code",
        "client_id": config.client_id,
        "redirect_uri": config.callback_url,
        "scope": " ".join(config.scope),
        "state": "blueprint-doctor",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",  # RFC 7636's example
        "code_challenge_method": "S256",
    }
    join = "&" if "?" in config.auth_url else "?"
    yield begins(world, f"{config.auth_url}{join}{urlencode(query)}")


CHECKS = (Check("identity provider", metadata), Check("identity provider", sign_in))
