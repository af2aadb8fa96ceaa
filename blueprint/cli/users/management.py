"""Auth0's Management API, as a machine-to-machine application calls it.

Calls: https://auth0.com/docs/api/management/v2, limits: …/rate-limit-policy (`x-ratelimit-reset` is a time in seconds).
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from getpass import getpass
from typing import Any, Final
from urllib.parse import urlencode

from blueprint.cli.changing.trouble import TroubleError, trouble
from blueprint.cli.checks.web import Answer, WebError, ask
from blueprint.config.problems import plain

CLIENT_ID: Final = "AUTH0_CLIENT_ID"
CLIENT_SECRET: Final = "AUTH0_CLIENT_SECRET"  # noqa: S105 - a variable's name
DOMAIN: Final = "AUTH0_DOMAIN"
_ATTEMPTS: Final = 5
_LONGEST: Final = 15.0
"""Seconds to wait for the limit's end."""
_REGISTER: Final = "docs/identity.md says how to make a machine-to-machine application, under Auth0"
_AGAIN: Final = "Try again in a minute"


class Management:
    """The API of a tenant, with the name and the secret of the application that may call it."""

    def __init__(self, domain: str, client_id: str, secret: str, authorities: str | None = None) -> None:
        self.domain = domain
        self._client_id, self._secret, self._authorities = client_id, secret, authorities
        self._token = ""

    def get(self, path: str, **query: str | int) -> Any:
        """What there is at a path below `/api/v2`; None where there is nothing."""
        return self._call("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Make something."""
        return self._call("POST", path, body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """Change something."""
        return self._call("PATCH", path, body)

    def delete(self, path: str, body: Mapping[str, Any]) -> Any:
        """Take something away."""
        return self._call("DELETE", path, body)

    def pages(self, path: str, key: str, **query: str | int) -> Iterator[dict[str, Any]]:
        """Everything that is listed page by page, as far as Auth0 tells (a thousand users)."""
        for page in range(10_000):
            told = self.get(path, page=page, per_page=100, include_totals="true", **query)
            found = told[key]
            yield from found
            if not found or told["start"] + len(found) >= told["total"]:
                return

    def from_checkpoints(self, path: str, key: str) -> Iterator[dict[str, Any]]:
        """Everything that is listed from one checkpoint to the next."""
        query: dict[str, str | int] = {"take": 100}
        while True:
            told = self.get(path, **query)
            yield from told[key]
            if not told.get("next"):
                return
            query["from"] = told["next"]

    def send_password_link(self, client_id: str, connection: str, email: str) -> None:
        """Have Auth0 send an e-mail with a link to choose a password; this takes no token."""
        body = {"client_id": client_id, "connection": connection, "email": email}
        answer = self._asked("POST", "/dbconnections/change_password", body, {})
        if answer.status != 200:
            raise self._refusal(answer, "the e-mail to choose a password")

    def _call(self, method: str, path: str, body: object = None) -> Any:
        if not self._token:
            self._token = self._new_token()
        answer = self._asked(method, f"/api/v2/{path}", body, {"Authorization": f"Bearer {self._token}"})
        if answer.status == 404 and method == "GET":
            return None
        if not 200 <= answer.status < 300:
            raise self._refusal(answer, f"{method} {path.partition('?')[0]}")
        return self._content(answer) if answer.body.strip() else None

    def _new_token(self) -> str:
        body = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._secret,
            "audience": f"https://{self.domain}/api/v2/",
        }
        answer = self._asked("POST", "/oauth/token", body, {})
        if answer.status in (401, 403):
            why = self._words(answer)
            if answer.status == 401:
                text = f"{self.domain} does not know this application, or its secret: {why}."
                raise trouble(text, f"Correct {CLIENT_ID} and {CLIENT_SECRET}; {_REGISTER}")
            fix = f"Authorize it for that API, and set {DOMAIN} where authUrl is not the tenant's own; {_REGISTER}"
            raise trouble(f"The application may not call the Management API: {why}.", fix)
        if answer.status == 404:
            raise trouble(f"{self.domain} is no tenant of Auth0.", f"Correct authUrl, or {DOMAIN}")
        if answer.status != 200:
            raise self._refusal(answer, "a token")
        content = self._content(answer)
        token = content.get("access_token") if isinstance(content, dict) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
            raise trouble(f"{self.domain} gives no token that can be read.", f"Look whether it is Auth0; {_AGAIN}")
        return token

    def _asked(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> Answer:
        """An answer; where Auth0 answers too many calls, after its limit's end."""
        for attempt in range(_ATTEMPTS):
            try:
                answer = ask(
                    method, f"https://{self.domain}{path}", body, authorities=self._authorities, headers=headers
                )
            except WebError as error:
                raise trouble(f"Auth0 is not reached: {error}", "Look at network and proxy, then try again") from None
            if answer.status != 429:
                break
            wait = _seconds(answer)
            if wait > _LONGEST or attempt == _ATTEMPTS - 1:
                raise trouble("Auth0 answers too many calls at this time (429).", _AGAIN)
            time.sleep(wait)
        return answer

    def _content(self, answer: Answer) -> Any:
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise trouble(f"{self.domain} answers with something else than JSON.", _AGAIN) from None

    def _refusal(self, answer: Answer, wanted: str) -> TroubleError:
        why = self._words(answer)
        if answer.status == 401:
            return trouble(f"Auth0 does not accept the token ({wanted}): {why}.", f"Try again; {_REGISTER}")
        if answer.status == 403:
            return trouble(f"The application may not do this ({wanted}): {why}.", f"Give it the scope; {_REGISTER}")
        if answer.status >= 500:
            return trouble(f"Auth0 fails ({answer.status}, {wanted}).", _AGAIN)
        return trouble(
            f"Auth0 refuses {wanted} ({answer.status}): {why}.", "Look at the tenant's log: Monitoring → Logs"
        )

    def _words(self, answer: Answer) -> str:
        """Auth0's own words, in which no secret of ours stands."""
        try:
            told = json.loads(answer.body)
        except (ValueError, RecursionError):
            told = None
        words = told if isinstance(told, dict) else {}
        text = str(
            words.get("message") or words.get("error_description") or words.get("error") or "it does not say why"
        )
        for secret in (self._secret, self._token):
            text = text.replace(secret, "…") if secret else text
        return plain(text.partition("\n")[0])[:200].rstrip(".")


def management(tenant: str, authorities: str | None) -> Management:
    """The API of a tenant, with what the environment has, or somebody at the terminal types.

    `tenant` is the host of the settings' URLs; a domain of one's own has no Management API.
    """
    asks = sys.stdin is not None and sys.stdin.isatty()
    domain = os.environ.get(DOMAIN, "").strip() or tenant
    client_id, secret = os.environ.get(CLIENT_ID, "").strip(), os.environ.get(CLIENT_SECRET, "").strip()
    lacking = [name for name, value in ((CLIENT_ID, client_id), (CLIENT_SECRET, secret)) if not value]
    if lacking and not asks:
        raise trouble(f"Auth0's API needs {' and '.join(lacking)} in the environment.", _REGISTER)
    if not client_id:
        print("Client ID of the machine-to-machine application: ", end="", file=sys.stderr, flush=True)
        client_id = input().strip()
    secret = secret or getpass("Its client secret (not shown): ").strip()
    if not client_id or not secret:
        raise trouble("Auth0's API needs the client id and the secret of an application.", _REGISTER)
    if not domain.isascii() or not domain.replace(".", "").replace("-", "").replace(":", "").isalnum():
        raise trouble(f"{DOMAIN} is no host's name.", "Such as example.eu.auth0.com")
    return Management(domain, client_id, secret, authorities)


def _seconds(answer: Answer) -> float:
    """How long to wait."""
    try:
        return max(0.0, float(answer.headers.get("x-ratelimit-reset", "")) - time.time())
    except ValueError:
        return 1.0
