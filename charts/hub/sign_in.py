"""Runs in the hub: who signs in, with a client secret that may change and an e-mail address that is verified."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import jwt
from oauthenticator.auth0 import Auth0OAuthenticator  # type: ignore[import-untyped]
from oauthenticator.generic import GenericOAuthenticator  # type: ignore[import-untyped]
from oauthenticator.oauth2 import OAuthenticator  # type: ignore[import-untyped]

from hub.refusals import unverified

AUTHENTICATORS: dict[str, type[OAuthenticator]] = {
    "auth0": Auth0OAuthenticator,
    "generic-oauth": GenericOAuthenticator,
}


class SignIn:
    """What this deployment adds to an authenticator of OAuthenticator."""

    secret_file: Path
    verified_email: bool
    somebody_else: Mapping[str, str]
    admin_users: Collection[str]
    admin_groups: Collection[str]
    user_auth_state_key: str

    async def token_to_user(self: Any, token_info: Mapping[str, Any]) -> dict[str, Any]:
        """What the provider tells of a person, at its user-info endpoint or (groups, at Cognito and Entra ID) only in
        the ID token.
        """
        person: dict[str, Any] = await super().token_to_user(token_info)  # type: ignore[misc]
        return {**id_token(token_info), **person}

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
            raise unverified(person["email"])
        if auth_model["admin"] is None and (self.admin_users or self.admin_groups):
            auth_model["admin"] = False  # who is no longer named an admin is none, whatever the hub's database says
        updated: dict[str, Any] = await super().update_auth_model(auth_model)  # type: ignore[misc]
        return updated


def email_is_verified(person: Mapping[str, Any]) -> bool:
    """Whether the provider vouches for the address, or says nothing of it. Some send the claim as text."""
    return str(person.get("email_verified", True)).lower() == "true"


def id_token(token_info: Mapping[str, Any]) -> dict[str, Any]:
    """The claims of the ID token, if there is one. It came from the provider itself, so its signature adds nothing."""
    token = token_info.get("id_token")
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False}) if token else {}
    return claims


def groups_in(person: Mapping[str, Any], claim: str) -> set[str]:
    """The groups in a claim: one of just this name (`https://example.com/groups`), or a path (`realm.roles`)."""
    found: Any = person.get(claim)
    if found is None:
        found = person
        for key in claim.split("."):
            found = found.get(key) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        found = [found]
    return {str(group) for group in found or ()}


def configure(c: Any, settings: Mapping[str, Any]) -> None:
    """Set the hub's authenticator class; `settings` is `custom.signIn` of the chart's values."""
    base = AUTHENTICATORS[c.JupyterHub.authenticator_class]
    own = {
        "secret_file": Path(settings["clientSecretFile"]),
        "verified_email": settings["verifiedEmail"],
        "somebody_else": settings["somebodyElse"],
    }
    c.JupyterHub.authenticator_class = type(f"SignIn{base.__name__}", (SignIn, base), own)
    if claim := settings["groupsClaim"]:
        key = base.user_auth_state_key
        c.OAuthenticator.auth_state_groups_key = lambda auth_state: groups_in(auth_state[key], claim)
