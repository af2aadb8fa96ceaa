"""Runs in the hub: how it talks to the identity provider, and what it makes of the answers."""

import asyncio
import json
import ssl
import time
from base64 import b64encode
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode

import jwt
from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from hub.refusals import (
    ProviderDownError,
    RefusalError,
    expired,
    hub_refused,
    nothing_told,
    secret_of_many,
    unreadable_answer,
    untrusted,
)

NO_ANSWER = ContextVar("NO_ANSWER", default=False)
"""Whether the provider has left the task at hand without an answer that means anything; OAuthenticator does not pass it
on."""
_UNTRUSTED = (51, 60, 77)
"""What curl says of certificates (https://curl.se/libcurl/c/libcurl-errors.html)."""


AT_ONCE = 200
"""Requests to the provider at a time: as many as servers may start at once (`hub.concurrentSpawnLimit`)."""


class Provider:
    """What this deployment adds to how an authenticator of OAuthenticator talks to its provider."""

    secret_file: Path
    client_id: str
    basic_auth: bool
    look: "asyncio.Task[RefusalError | None] | None" = None
    looked = 0.0
    remembered = (5.0, 2.0)
    """How many seconds it counts that the provider was there, or was not."""

    @cached_property
    def http_client(self: Any) -> AsyncHTTPClient:
        """What makes the requests. OAuthenticator's makes ten at a time, so that a slow provider lets few in; and with
        Auth0 it is the hub's own, which then reaches neither its proxy nor servers.
        """
        return AsyncHTTPClient(
            force_instance=True, max_clients=AT_ONCE, defaults={"validate_cert": self.validate_server_cert}
        )

    @property
    def client_secret(self) -> str:
        """The client secret as it is now: the file follows the secret in AWS without a restart of the hub."""
        return secret_in(self.secret_file.read_text())

    async def reach_provider(self) -> None:
        """Make sure that the provider is there. For some seconds one look at it counts for everybody."""
        if self.look is None or self.look.done():
            there = self.look is not None and self.look.result() is None
            if self.look is None or time.monotonic() - self.looked >= self.remembered[0 if there else 1]:
                self.look = asyncio.create_task(self.look_for_provider())
        if error := await asyncio.shield(self.look):
            raise error.with_traceback(None)

    async def look_for_provider(self: Any) -> RefusalError | None:
        """What keeps people from signing in, whatever the provider answers to a request that asks for nothing."""
        error: RefusalError | None = ProviderDownError()
        # Some know only one of these, and fail at the other.
        for method, body in (("GET", None), ("POST", "")):
            try:
                answer = await self.httpfetch(
                    self.token_url,
                    label="looking for the provider",
                    method=method,
                    body=body,
                    parse_json=False,
                    raise_error=False,
                    follow_redirects=False,
                    validate_cert=self.validate_server_cert,
                )
            except RefusalError as refusal:
                error = refusal
                break
            if answer.code < 500:
                error = None
                break
        self.looked = time.monotonic()
        return error

    async def httpfetch(self: Any, url: str, *args: Any, parse_json: bool = True, **kwargs: Any) -> Any:
        """Ask the provider."""
        try:
            answer = await super().httpfetch(url, *args, parse_json=False, **kwargs)  # type: ignore[misc]
            return self.told(url, answer) if parse_json else answer
        except (HTTPClientError, OSError) as error:
            if isinstance(error, HTTPClientError) and error.code < 500 and error.code != 429:
                raise
            NO_ANSWER.set(True)
            raise unanswered(error) from error

    def told(self: Any, url: str, answer: Any) -> dict[str, Any]:
        """What an answer tells, as JSON or in a token."""
        text = answer.body.decode(errors="replace").strip()
        try:
            said: Any = json.loads(text)
        except (ValueError, RecursionError):
            said = text
        if isinstance(said, str):
            said = claims(said)
        if not isinstance(said, dict):
            NO_ANSWER.set(True)
            kind = "encrypted" if text.count(".") == 4 else answer.headers.get("Content-Type", "of no type")
            # What a token endpoint answers may be tokens in another form.
            seen = "" if url == self.token_url else text
            self.log.error("%s answers what the hub cannot read, %s: %.200r", url, kind, seen)
            raise unreadable_answer("tokenUrl" if url == self.token_url else "userDataUrl", kind.partition(";")[0])
        return said

    def build_token_info_request_headers(self) -> dict[str, str]:
        """The headers of a request for tokens; in Basic both parts are encoded first (RFC 6749, section 2.3.1)."""
        headers: dict[str, str] = super().build_token_info_request_headers()  # type: ignore[misc]
        if self.basic_auth:
            pair = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret)}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        return headers

    async def get_token_info(self: Any, handler: Any, params: Mapping[str, Any]) -> dict[str, Any]:
        """Exchange a code, or a refresh token, for tokens."""
        told: dict[str, Any] = await self.httpfetch(
            self.token_url,
            label="exchanging for tokens",
            method="POST",
            headers=self.build_token_info_request_headers(),
            body=urlencode(params).encode(),
            validate_cert=self.validate_server_cert,
        )
        token, kind = told.get("access_token"), told.get("token_type")
        if not (isinstance(token, str) and token and token.isascii() and token.isprintable()):
            self.log.error("The provider sent no access token, only: %s %r", ", ".join(told), told.get("error", ""))
            raise self.refused(told.get("error"))
        return {**told, "token_type": kind if isinstance(kind, str) and kind else "Bearer"}

    async def token_to_user(self: Any, token_info: Mapping[str, Any]) -> dict[str, Any]:
        """What the provider tells of a person, at its user-info endpoint or (groups, at Cognito and Entra ID) only in
        the ID token.
        """
        person: dict[str, Any] = await super().token_to_user(token_info)  # type: ignore[misc]
        token = token_info.get("id_token")
        known = claims(token) if token else {}
        if known is None:
            self.log.warning("The ID token cannot be read, so what it alone says of a person is not known")
        return {**(known or {}), **person}

    def refused(self, error: object) -> RefusalError:
        """What to tell someone whose sign-in the provider refuses to the hub; the log has its own words."""
        return expired() if error == "invalid_grant" else hub_refused("basic" if self.basic_auth else "post")

    def turned_away(self: Any, error: HTTPClientError) -> RefusalError:
        """What to tell someone after an answer of 4xx."""
        if error.response is None or error.response.request.url != self.token_url:
            return nothing_told()
        try:
            said = json.loads(error.response.body)["error"]
        except (ValueError, RecursionError, LookupError, TypeError):
            said = None
        refusal: RefusalError = self.refused(said)
        return refusal


def claims(token: object) -> dict[str, Any] | None:
    """The claims of a token; None if they cannot be read. It is the provider's own, so its signature adds nothing."""
    try:
        found: dict[str, Any] = jwt.decode(str(token), options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    return found


def secret_in(text: str) -> str:
    """The client secret: all of it, or the only entry of a JSON object, as Secrets Manager's console writes one."""
    text = text.strip()
    try:
        found = json.loads(text) if text.startswith("{") else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return text
    values = [*found.values()]
    if len(values) != 1 or not isinstance(values[0], str):
        raise secret_of_many()
    return values[0]


def unanswered(error: Exception) -> RefusalError:
    """What to tell where there is no answer: of a certificate that nobody vouches for, more than to wait."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return untrusted(error.verify_message)
    if getattr(error, "errno", None) in _UNTRUSTED and isinstance(error, HTTPClientError):
        return untrusted(error.message)
    return ProviderDownError()
