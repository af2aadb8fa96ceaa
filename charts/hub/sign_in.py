"""Runs in the hub: who signs in, with a client secret that may change and an e-mail address that is verified."""

from collections.abc import Collection, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

from oauthenticator.auth0 import Auth0OAuthenticator
from oauthenticator.generic import GenericOAuthenticator
from oauthenticator.oauth2 import OAuthenticator
from tornado.web import HTTPError

AUTHENTICATORS: dict[str, type[OAuthenticator]] = {
    "auth0": Auth0OAuthenticator,
    "generic-oauth": GenericOAuthenticator,
}


class SignIn:
    """What this deployment adds to an authenticator of OAuthenticator."""

    secret_file: Path
    verified_email: bool
    admin_users: Collection[str]
    admin_groups: Collection[str]
    user_auth_state_key: str

    @property
    def client_secret(self) -> str:
        """The client secret as it is now: the file follows the secret in AWS without a restart of the hub."""
        return self.secret_file.read_text().strip()

    async def update_auth_model(self, auth_model: dict[str, Any]) -> dict[str, Any]:
        """Turn away people whose e-mail address the provider says is not verified (CVE-2026-33175).

        OAuthenticator asks for this for Auth0 alone, and with `allow_all` not even there.
        """
        person = auth_model["auth_state"][self.user_auth_state_key]
        person.setdefault("email", "")  # Auth0OAuthenticator reads it of people who have none, too
        if self.verified_email and not email_is_verified(person):
            raise HTTPError(403, f"Verify your e-mail address {person.get('email', '')} first, then sign in again.")
        if auth_model["admin"] is None and (self.admin_users or self.admin_groups):
            auth_model["admin"] = False  # who is no longer named an admin is none, whatever the hub's database says
        updated: dict[str, Any] = await super().update_auth_model(auth_model)  # type: ignore[misc]
        return updated


def email_is_verified(person: Mapping[str, Any]) -> bool:
    """Whether the provider vouches for the address, or says nothing of it. Some send the claim as text."""
    return str(person.get("email_verified", True)).lower() == "true"


def groups_in(person: Mapping[str, Any], claim: str) -> set[str]:
    """The groups in a claim: one of just this name (`https://example.com/groups`), or a path (`realm.roles`)."""
    found: Any = person.get(claim)
    if found is None:
        found = reduce(
            lambda value, key: value.get(key) if isinstance(value, Mapping) else None,
            claim.split("."),
            person,  # type: ignore[arg-type]
        )
    if isinstance(found, str):
        found = [found]
    return {str(group) for group in found or ()}


def authenticator(name: str, secret_file: Path, *, verified_email: bool = True) -> type[OAuthenticator]:
    """The authenticator class that the configuration names, with `SignIn` before it."""
    base = AUTHENTICATORS[name]
    own = {"secret_file": secret_file, "verified_email": verified_email}
    return type(f"SignIn{base.__name__}", (SignIn, base), own)


def configure(c: Any, settings: Mapping[str, Any]) -> None:
    """Set the hub's authenticator class; `settings` is `custom.signIn` of the chart's values."""
    base = AUTHENTICATORS[c.JupyterHub.authenticator_class]
    c.JupyterHub.authenticator_class = authenticator(
        c.JupyterHub.authenticator_class,
        Path(settings["clientSecretFile"]),
        verified_email=settings.get("verifiedEmail", True),
    )
    if claim := settings.get("groupsClaim"):
        key = base.user_auth_state_key
        c.OAuthenticator.auth_state_groups_key = lambda auth_state: groups_in(auth_state[key], claim)
