"""Looks at the way in, from a browser over the load balancer to the proxy; each says what it finds as it should be."""

from __future__ import annotations

from preview.browser import Browser
from rehearsal.life.journal import CheckError
from rehearsal.life.looks import expect, get
from rehearsal.world import World

_READ_BY_PAGES = "_xsrf"
"""Pages send this cookie back in a header, so scripts have to be able to read it."""


def browsers_come_by_https_only(world: World) -> str:
    """The load balancer says so to whoever has come once."""
    said = get(f"{world.config.hub_url}/hub/health", world).headers.get("Strict-Transport-Security", "")
    if not said.startswith("max-age="):
        raise CheckError(f"the load balancer should send Strict-Transport-Security, not {said!r}")
    return f"browsers are told to come by https only ({said})"


def cookies_are_for_https_alone(browser: Browser) -> str:
    """Of all that hub and server have set."""
    if not browser.cookies:
        raise CheckError("hub and server should have set cookies")
    for attribute, spared in (("secure", set[str]()), ("httponly", {_READ_BY_PAGES})):
        lacking = [name for name, said in browser.cookies.items() if attribute not in said]
        expect([], sorted(set(lacking) - spared), f"cookies that are not marked {attribute}")
    return f"{len(browser.cookies)} cookies of hub and server are marked Secure, and HttpOnly where no page reads them"


def the_proxy_answers(world: World) -> str:
    """At once, over a connection that the load balancer has kept open if there is one."""
    expect(200, get(f"{world.config.hub_url}/_chp_healthz", world).status_code, "what the proxy answers at once")
    return "the proxy has kept the load balancer's connections open"
