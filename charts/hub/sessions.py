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
from hub.provider import NO_ANSWER
from hub.refusals import name_of_another, unreadable_state


class Session:
    """What this deployment adds to how an authenticator of OAuthenticator begins and continues a session."""

    login_handler = Departure
    callback_handler = Arrival
    logout_handler = Leave
    takeover: bool
    former_keys: list[str]
    user_auth_state_key: str

    async def authenticate(self: Any, handler: Any, data: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Sign somebody in. A name stays with the person who first came with it, whatever the provider does later."""
        try:
            auth_model: dict[str, Any] = await super().authenticate(handler, data, **kwargs)  # type: ignore[misc]
        except HTTPClientError as error:
            raise self.turned_away(error) from None
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
            EXCHANGED.set(None)
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
                if (tokens := EXCHANGED.get()) and not isinstance(refreshed, dict):
                    await self.keep_tokens(user, tokens)
            if NO_ANSWER.get():
                self.log.warning("The provider does not answer: %s stays as they were", user.name)
                return True
            if isinstance(refreshed, dict) and refreshed["name"] != user.name:
                self.log.warning("%s has become %s at the provider", user.name, refreshed["name"])
                return False
            return refreshed

    async def get_token_info(self: Any, handler: Any, params: Mapping[str, Any]) -> dict[str, Any]:
        """Exchange for tokens, and remember them: what is good once is used up, whatever becomes of the rest."""
        tokens: dict[str, Any] = await super().get_token_info(handler, params)  # type: ignore[misc]
        EXCHANGED.set(tokens)
        return tokens

    async def keep_tokens(self: Any, user: Any, tokens: dict[str, Any]) -> None:
        """Keep what a refresh has exchanged for the next one, even if the provider then told nothing of the user."""
        state = await user.get_auth_state() or {}
        kept = {"refresh_token": state.get("refresh_token"), "id_token": state.get("id_token"), **tokens}
        await user.save_auth_state(self.build_auth_state_dict(kept, state.get(self.user_auth_state_key)))

    async def token_to_user(self: Any, token_info: Mapping[str, Any]) -> dict[str, Any]:
        """What the provider tells of a person, from new tokens where there can be any.

        Old ones tell of old groups, at Auth0 even at the user-info endpoint.
        """
        if ASKING_ANEW.get() and token_info.get("refresh_token"):
            ASKING_ANEW.set(False)
            raise HTTPClientError(401, "Exchanging the tokens")  # which OAuthenticator does then
        person: dict[str, Any] = await super().token_to_user(token_info)  # type: ignore[misc]
        return person


ASKING_ANEW = ContextVar("ASKING_ANEW", default=False)
"""Whether the task at hand refreshes a session and has not exchanged its tokens yet."""
EXCHANGED: ContextVar[dict[str, Any] | None] = ContextVar("EXCHANGED", default=None)
"""The tokens that the task at hand has got while it refreshes a session."""
REFRESHING: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)


def is_a_server(handler: Any) -> bool:
    """Whether a user's server tells that it is at work. JupyterHub itself knows such a token by its note, but people
    can give theirs the same one, so it is good for nothing else.
    """
    token = handler.get_token() if isinstance(handler, ActivityAPIHandler) else None
    return bool(token and (token.note or "").startswith("Server at "))


def hand_over_tokens(spawner: Any, auth_state: Mapping[str, Any] | None) -> None:
    """Give a user's server the tokens of its user, but never the one that makes new ones."""
    for variable, token in (("OAUTH_ACCESS_TOKEN", "access_token"), ("OAUTH_ID_TOKEN", "id_token")):
        if auth_state and isinstance(auth_state.get(token), str):
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
