"""What the identity provider answers to somebody who begins to sign in."""

from urllib.parse import parse_qs, urljoin, urlsplit

from blueprint.cli.checks.findings import Finding, fault, ok, warning
from blueprint.cli.checks.web import get
from blueprint.cli.checks.world import World


def begins(world: World, url: str) -> Finding:
    """Whether the provider lets somebody in who was sent to this address; raises WebError where it does not answer."""
    config = world.config
    answer = get(url, authorities=world.authorities)
    told = parse_qs(urlsplit(urljoin(url, answer.headers.get("Location", ""))).query)
    if answer.status >= 500:
        return warning(f"The provider's sign-in page answers {answer.status}.", "Look at the provider's log")
    if answer.status >= 400:
        text = f"The provider refuses the sign-in ({answer.status}): client id or callback are not known to it."
        return fault(text, f"Register {config.callback_url} for the client {config.client_id} there")
    if answer.status >= 300 and "error" in told:
        text = f"The provider refuses the sign-in: {told['error'][0][:60]}."
        return fault(text, f"Look at clientId, scope and callback ({config.callback_url}) there")
    return ok("The provider lets people begin to sign in.")
