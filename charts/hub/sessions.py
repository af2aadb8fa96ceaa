"""Runs in the hub: sessions that follow the identity provider, survive its outages, and fail with words that help."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from cryptography.fernet import InvalidToken
from jupyterhub.apihandlers.users import ActivityAPIHandler  # type: ignore[import-untyped]
from jupyterhub.crypto import CryptKeeper, NoEncryptionKeys  # type: ignore[import-untyped]
from tornado.httpclient import HTTPClientError
from tornado.web import HTTPError

from hub.handlers import Arrival, Departure, Leave
from hub.refusals import (
    ProviderDownError,
    RefusalError,
    expired,
    hub_refused,
    name_of_another,
    name_with_slash,
    no_name,
    not_admitted,
    unreadable_state,
)


class Session:
    """What this deployment adds to how an authenticator of OAuthenticator begins and continues a session."""

    login_handler = Departure
    callback_handler = Arrival
    logout_handler = Leave
    takeover: bool
    former_keys: list[str]
    user_auth_state_key: str

    async def reach_provider(self: Any) -> None:
        """Make sure that the provider answers, whatever it answers to a request that asks for nothing."""
        answer = await self.httpfetch(
            self.token_url,
            label="looking for the provider",
            parse_json=False,
            raise_error=False,
            follow_redirects=False,
            validate_cert=self.validate_server_cert,
        )
        if answer.code >= 500:
            raise ProviderDownError

    async def authenticate(self: Any, handler: Any, data: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Sign somebody in. A name stays with the person who first came with it, whatever the provider does later."""
        try:
            auth_model: dict[str, Any] = await super().authenticate(handler, data, **kwargs)  # type: ignore[misc]
        except HTTPClientError as error:
            raise refused(error) from None
        known = handler.find_user(auth_model["name"])
        before = await self.last_known(known) if known and not self.takeover else None
        if before:
            key = self.user_auth_state_key
            former, comer = ((state.get(key) or {}).get("sub") for state in (before, auth_model["auth_state"]))
            if former not in (None, comer):
                self.log.warning("Another person came with the name %s: %s, formerly %s", known.name, comer, former)
                raise name_of_another(known.name)
        return auth_model

    async def last_known(self: Any, user: Any) -> dict[str, Any] | None:
        """What the hub knows of somebody's last session, which a former key may have encrypted."""
        known: dict[str, Any] | None = await user.get_auth_state()
        if known is None and user.encrypted_auth_state:
            try:
                known = await CryptKeeper(keys=self.former_keys).decrypt(user.encrypted_auth_state)
            except (InvalidToken, NoEncryptionKeys):
                raise unreadable_state(user.name) from None
        return known

    def user_info_to_username(self: Any, user_info: dict[str, Any]) -> str:
        """The name of a user, as text that JupyterHub can take."""
        name = user_info.get(self.username_claim)
        if name in (None, ""):
            self.log.error("The provider sent no claim %s, only: %s", self.username_claim, ", ".join(user_info))
            raise no_name(self.username_claim)
        if "/" in str(name):
            raise name_with_slash(str(name))
        return str(name).strip()

    async def check_allowed(self: Any, username: str, auth_model: dict[str, Any]) -> bool:
        """Whether someone may enter; who may not is told what to do about it."""
        if await super().check_allowed(username, auth_model):  # type: ignore[misc]
            return True
        raise not_admitted(username, auth_model.get("groups") or ())

    async def refresh_user(self: Any, user: Any, handler: Any = None, **kwargs: Any) -> bool | dict[str, Any]:
        """Ask the provider anew who a user is and may do; who is no longer admitted has to sign in again."""
        if is_a_server(handler):
            # It may always tell that it is at work, or it is culled in the middle of it once its user's tokens have
            # ended. JupyterHub is about to note that the user was refreshed, which is not so.
            asyncio.get_running_loop().call_soon(setattr, user, "_auth_refreshed", user._auth_refreshed)
            return True
        # One at a time: many providers take a refresh token once, and end the session of who sends it twice.
        asked = user._auth_refreshed
        async with REFRESHING[user.name]:
            if user._auth_refreshed != asked:
                return True
            ASKING_ANEW.set(True)
            NO_ANSWER.set(False)
            refreshed: bool | dict[str, Any] = False
            try:
                refreshed = await super().refresh_user(user, handler, **kwargs)  # type: ignore[misc]
                if isinstance(refreshed, dict) and not self.allow_all:
                    await self.check_allowed(user.name, refreshed)
            except HTTPError as error:
                self.log.warning("%s may no longer enter: %s", user.name, error.log_message)
                refreshed = False
            finally:
                ASKING_ANEW.set(False)  # the same task may be somebody's return from a new sign-in
            if NO_ANSWER.get():
                self.log.warning("The provider does not answer: %s stays as they were", user.name)
                return True
            if isinstance(refreshed, dict) and refreshed["name"] != user.name:
                self.log.warning("%s has become %s at the provider", user.name, refreshed["name"])
                return False
            return refreshed

    async def token_to_user(self: Any, token_info: Mapping[str, Any]) -> dict[str, Any]:
        """What the provider tells of a person, from new tokens where there can be any.

        Old ones tell of old groups, at Auth0 even at the user-info endpoint.
        """
        if ASKING_ANEW.get() and token_info.get("refresh_token"):
            ASKING_ANEW.set(False)
            raise HTTPClientError(401, "Exchanging the tokens")  # which OAuthenticator does then
        person: dict[str, Any] = await super().token_to_user(token_info)  # type: ignore[misc]
        return person

    async def httpfetch(self: Any, *args: Any, **kwargs: Any) -> Any:
        """Ask the provider."""
        try:
            return await super().httpfetch(*args, **kwargs)  # type: ignore[misc]
        except (HTTPClientError, OSError) as error:
            if isinstance(error, HTTPClientError) and error.code < 500 and error.code != 429:
                raise
            NO_ANSWER.set(True)
            raise ProviderDownError from error


ASKING_ANEW = ContextVar("ASKING_ANEW", default=False)
"""Whether the task at hand refreshes a session and has not exchanged its tokens yet."""
NO_ANSWER = ContextVar("NO_ANSWER", default=False)
"""Whether the provider has left the task at hand without an answer; OAuthenticator does not pass it on."""
REFRESHING: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)


def refused(error: HTTPClientError) -> RefusalError:
    """What to tell someone whose sign-in the provider refuses to the hub; the log has its own words."""
    body = error.response.body.decode(errors="replace") if error.response else ""
    return expired() if "invalid_grant" in body else hub_refused()


def is_a_server(handler: Any) -> bool:
    """Whether a user's server tells that it is at work. JupyterHub itself knows such a token by its note, but people
    can give theirs the same one, so it is good for nothing else.
    """
    token = handler.get_token() if isinstance(handler, ActivityAPIHandler) else None
    return bool(token and (token.note or "").startswith("Server at "))


def hand_over_tokens(spawner: Any, auth_state: Mapping[str, Any] | None) -> None:
    """Give a user's server the tokens of its user, but never the one that makes new ones."""
    for variable, token in (("OAUTH_ACCESS_TOKEN", "access_token"), ("OAUTH_ID_TOKEN", "id_token")):
        if auth_state and auth_state.get(token):
            spawner.environment[variable] = auth_state[token]


def configure(c: Any, settings: Mapping[str, Any]) -> None:
    """Extend the authenticator class, and read the keys of its state; `settings` is `custom.sessions` of the values.

    Only the first key counts for sessions. Those behind it, after semicolons, tell whom a name belongs to.
    """
    base = c.JupyterHub.authenticator_class
    key, *former_keys = Path(settings["keyFile"]).read_text().strip().split(";")
    own = {"takeover": settings["takeover"], "former_keys": former_keys}
    c.JupyterHub.authenticator_class = type(base.__name__, (Session, base), own)
    c.CryptKeeper.keys = [key]
    if settings["tokens"]:
        c.Spawner.auth_state_hook = hand_over_tokens
