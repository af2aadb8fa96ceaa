"""Runs in the hub: who signs in, under which name, in which groups, and whether they may."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from oauthenticator.auth0 import Auth0OAuthenticator  # type: ignore[import-untyped]
from oauthenticator.generic import GenericOAuthenticator  # type: ignore[import-untyped]
from oauthenticator.oauth2 import OAuthenticator  # type: ignore[import-untyped]

from hub.groups import LONGEST, groups_in
from hub.provider import Provider
from hub.refusals import no_name, not_admitted, unusable_name, unverified

AUTHENTICATORS: dict[str, type[OAuthenticator]] = {
    "auth0": Auth0OAuthenticator,
    "generic-oauth": GenericOAuthenticator,
}


class SignIn(Provider):
    """What this deployment adds to how an authenticator of OAuthenticator takes people in."""

    verified_email: bool
    groups_claim: str
    known_groups: Collection[str]
    somebody_else: Mapping[str, str]
    admin_users: Collection[str]
    admin_groups: Collection[str]
    user_auth_state_key: str

    def user_info_to_username(self: Any, user_info: dict[str, Any]) -> str:
        """The name of a user, as text that JupyterHub can take."""
        given = user_info.get(self.username_claim)
        if given is None or given == "" or (isinstance(given, str) and not given.strip()):
            self.log.error("The provider sent no claim %s, only: %s", self.username_claim, ", ".join(user_info))
            raise no_name(self.username_claim)
        if isinstance(given, bool) or not isinstance(given, str | int | float):
            raise unusable_name(json.dumps(given), "which is not text")
        name = str(given).strip()
        if len(name) > LONGEST:
            raise unusable_name(f"{name[:40]}…", f"which has more than {LONGEST} letters")
        if "/" in name:
            raise unusable_name(name, "because of the slash in it")
        if name in (".", ".."):
            raise unusable_name(name, "which means a folder wherever it stands in an address")
        if not name.isprintable():
            raise unusable_name(json.dumps(name), "because of a sign in it that nobody sees")
        return name

    async def get_user_groups(self: Any, auth_state: Mapping[str, Any]) -> set[str]:
        """The groups of a person."""
        names: set[str]
        names, whole = self.groups_of(auth_state)
        if not whole:
            self.log.error("What the provider sends as %s cannot all be read as names of groups", self.groups_claim)
        return names

    def groups_of(self, auth_state: Mapping[str, Any]) -> tuple[set[str], bool]:
        """The groups in the claim for them, and whether all of it could be read."""
        return groups_in(auth_state[self.user_auth_state_key], self.groups_claim, self.known_groups)

    async def update_auth_model(self, auth_model: dict[str, Any]) -> dict[str, Any]:
        """Turn away people whose e-mail address the provider says is not verified (CVE-2026-33175).

        OAuthenticator asks for this for Auth0 alone, and with `allow_all` not even there.
        """
        person = auth_model["auth_state"][self.user_auth_state_key]
        if not isinstance(person.get("email"), str):
            person["email"] = ""  # Auth0OAuthenticator reads it of people who have none, too
        if self.verified_email and not email_is_verified(person):
            raise unverified(person["email"])
        if auth_model["admin"] is None and (self.admin_users or self.admin_groups):
            auth_model["admin"] = False  # who is no longer named an admin is none, whatever the hub's database says
        updated: dict[str, Any] = await super().update_auth_model(auth_model)  # type: ignore[misc]
        return updated

    async def check_allowed(self: Any, username: str, auth_model: dict[str, Any]) -> bool:
        """Whether someone may enter; who may not is told what to do about it."""
        if await super().check_allowed(username, auth_model):  # type: ignore[misc]
            return True
        unread = self.groups_claim and not self.groups_of(auth_model["auth_state"])[1]
        raise not_admitted(username, auth_model.get("groups") or (), self.groups_claim if unread else "")


def email_is_verified(person: Mapping[str, Any]) -> bool:
    """Whether the provider vouches for the address, or says nothing of it. Some send the claim as text."""
    return str(person.get("email_verified", True)).lower() == "true"


def configure(c: Any, settings: Mapping[str, Any]) -> None:
    """Set the hub's authenticator class; `settings` is `custom.signIn` of the chart's values."""
    base = AUTHENTICATORS[c.JupyterHub.authenticator_class]
    own = {
        "secret_file": Path(settings["clientSecretFile"]),
        "verified_email": settings["verifiedEmail"],
        "groups_claim": settings["groupsClaim"],
        "known_groups": settings["knownGroups"],
        "somebody_else": settings["somebodyElse"],
    }
    c.JupyterHub.authenticator_class = type(f"SignIn{base.__name__}", (SignIn, base), own)
