"""A tenant of Auth0 on loopback: the calls of its Management API that `users` makes, by their documentation.

https://auth0.com/docs/api/management/v2 · https://auth0.com/docs/api/authentication
"""

import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.cli.internet import Api, Asked, Reply

TENANT = "example.eu.auth0.com"
HUB, SECRET, TOKEN = "the-hub", "s3cr3t-of-the-operator", "t0k3n-of-the-api"
SCOPES = {
    *("read:users", "create:users", "update:users", "read:roles", "read:role_members"),
    *("create:role_members", "delete:role_members", "read:connections", "read:client_summary"),
}
POLICY = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[!@#$%^&*]")
Query = dict[str, str]


class Tenant(Api):
    """Its users, roles and connections; and what a test has it answer in place of them."""

    def __init__(self) -> None:
        self.users: dict[str, dict[str, Any]] = {}
        self.roles = {"rol_1": "jupyterhub-users", "rol_2": "jupyterhub-admins", "rol_3": "accounting"}
        self.held: dict[str, set[str]] = {}
        self.connections = [{"name": "Username-Password-Authentication", "strategy": "auth0"}, GOOGLE]
        self.scopes = set(SCOPES)
        self.sent: list[str] = []
        self.asked: list[tuple[str, str]] = []
        self.instead: dict[str, list[Reply]] = {}
        """Answers by `METHOD /path`, one a call; the last one stays."""

    def add(self, email: str, *roles: str, connection: str = "auth0", **more: object) -> str:
        """Somebody."""
        number = len(self.users) + 1
        user_id = f"{connection}|{number:024x}"
        self.users[user_id] = {
            "user_id": user_id,
            "email": email,
            "email_verified": True,
            "created_at": f"2026-01-{number // 1440 + 1:02}T{number // 60 % 24:02}:{number % 60:02}:00.000Z",
            "updated_at": "2026-02-01T00:00:00.000Z",
            "last_login": "2026-03-01T00:00:00.000Z",
            **more,
        }
        ids = {name: each for each, name in self.roles.items()}
        self.held[user_id] = {ids[role] for role in roles}
        return user_id

    def of(self, user_id: str) -> tuple[bool, list[str]]:
        """Whether somebody may sign in, and their roles."""
        return not self.users[user_id].get("blocked"), sorted(self.roles[each] for each in self.held[user_id])

    def fail(self, call: str, *replies: Reply) -> None:
        """Answer a call so."""
        self.instead[call] = [*replies]

    @property
    def changed(self) -> list[tuple[str, str]]:
        """The calls that change something."""
        return [each for each in self.asked if each[0] != "GET" and each[1] != "/oauth/token"]

    def answer(self, asked: Asked) -> Reply:
        url = urlsplit(asked.target)
        call, body = f"{asked.method} {url.path}", json.loads(asked.body or b"null")
        self.asked.append((asked.method, url.path))
        if waiting := self.instead.get(call):
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if call == "POST /oauth/token":
            return self._token(body)
        if call == "POST /dbconnections/change_password":
            return self._change_password(body)
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return refusal(401, "Unauthorized", "Invalid token", "invalid_token")
        for method, pattern, scopes, found in CALLS:
            if method == asked.method and (match := re.fullmatch(f"/api/v2/{pattern}", url.path)):
                if not set(scopes) <= self.scopes:
                    text = f"Insufficient scope, expected any of: {','.join(scopes)}"
                    return refusal(403, "Forbidden", text, "insufficient_scope")
                query = dict(parse_qsl(url.query))
                return found(self, query, body, *map(unquote, match.groups()))
        return refusal(404, "Not Found", "Not Found", "")

    def _token(self, body: dict[str, str]) -> Reply:
        if (body["client_id"], body["client_secret"]) != ("operator", SECRET):
            return Reply({"error": "access_denied", "error_description": "Unauthorized"}, 401)
        if body["audience"] != f"https://{TENANT}/api/v2/" or body["grant_type"] != "client_credentials":
            text = f"Service not found: {body['audience']}"
            return Reply({"error": "access_denied", "error_description": text}, 403)
        return Reply({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 86400})

    def _change_password(self, body: dict[str, str]) -> Reply:
        if body["client_id"] != HUB or body["connection"] not in [each["name"] for each in self.connections]:
            return Reply({"error": "connection does not exist or is disabled"}, 400)
        self.sent.append(body["email"])
        return Reply("We've just sent you an email to reset your password.")

    def search(self, query: Query, _: Any) -> Reply:
        """GET /users: a thousand at most, sorted by the time they came."""
        found = sorted(self.users.values(), key=lambda each: each["created_at"])
        if after := re.fullmatch(r'created_at:\["(.*)" TO \*\]', query.get("q", "")):
            found = [each for each in found if each["created_at"] >= after[1]]
        if (int(query["page"]) + 1) * int(query["per_page"]) > 1000:
            return refusal(400, "Bad Request", "You can only page through the first 1000 records.", "invalid_paging")
        return page(query, "users", found)

    def by_email(self, query: Query, _: Any) -> Reply:
        """Exact, with the letters' case."""
        return Reply([each for each in self.users.values() if each["email"] == query["email"]])

    def create(self, _: Query, body: dict[str, Any]) -> Reply:
        """POST /users."""
        if body["connection"] not in [each["name"] for each in self.connections if each["strategy"] == "auth0"]:
            return refusal(400, "Bad Request", "The connection does not exist.", "inexistent_connection")
        if len(body["password"]) < 15 or not all(re.search(kind, body["password"]) for kind in POLICY):
            return refusal(400, "Bad Request", "PasswordStrengthError: Password is too weak", "invalid_body")
        if any(each["email"] == body["email"].lower() for each in self.users.values()):
            return refusal(409, "Conflict", "The user already exists.", "auth0_idp_error")
        user_id = self.add(body["email"].lower(), email_verified=False, last_login=None)
        return Reply(self.users[user_id], 201)

    def one(self, _: Query, __: Any, user_id: str) -> Reply:
        """GET /users/{id}."""
        if user_id not in self.users:
            return refusal(404, "Not Found", "The user does not exist.", "inexistent_user")
        return Reply(self.users[user_id])

    def update(self, _: Query, body: dict[str, Any], user_id: str) -> Reply:
        """PATCH /users/{id}."""
        self.users[user_id] |= body
        return Reply(self.users[user_id])

    def roles_of(self, query: Query, _: Any, user_id: str) -> Reply:
        """GET /users/{id}/roles."""
        return page(query, "roles", [{"id": each, "name": self.roles[each]} for each in sorted(self.held[user_id])])

    def assign(self, _: Query, body: dict[str, Any], user_id: str) -> Reply:
        """POST /users/{id}/roles."""
        self.held[user_id] |= set(body["roles"])
        return Reply("", 204)

    def remove(self, _: Query, body: dict[str, Any], user_id: str) -> Reply:
        """DELETE /users/{id}/roles."""
        self.held[user_id] -= set(body["roles"])
        return Reply("", 204)

    def all_roles(self, query: Query, _: Any) -> Reply:
        """GET /roles."""
        return page(query, "roles", [{"id": each, "name": name} for each, name in self.roles.items()])

    def role_users(self, query: Query, _: Any, role: str) -> Reply:
        """GET /roles/{id}/users, from one checkpoint to the next."""
        found = [{"user_id": each} for each, held in self.held.items() if role in held]
        return checkpoint(query, "users", found)

    def client_connections(self, query: Query, _: Any, client: str) -> Reply:
        """GET /clients/{id}/connections."""
        if client != HUB:
            return refusal(404, "Not Found", "The client does not exist", "inexistent_client")
        return checkpoint(query, "connections", self.connections)


GOOGLE = {"name": "google", "strategy": "google-oauth2"}
CALLS: list[tuple[str, str, tuple[str, ...], Callable[..., Reply]]] = [
    ("GET", "users", ("read:users",), Tenant.search),
    ("POST", "users", ("create:users",), Tenant.create),
    ("GET", "users-by-email", ("read:users",), Tenant.by_email),
    ("GET", "users/([^/]+)", ("read:users",), Tenant.one),
    ("PATCH", "users/([^/]+)", ("update:users",), Tenant.update),
    ("GET", "users/([^/]+)/roles", ("read:users", "read:roles"), Tenant.roles_of),
    ("POST", "users/([^/]+)/roles", ("update:users", "create:role_members"), Tenant.assign),
    ("DELETE", "users/([^/]+)/roles", ("update:users", "delete:role_members"), Tenant.remove),
    ("GET", "roles", ("read:roles",), Tenant.all_roles),
    ("GET", "roles/([^/]+)/users", ("read:users", "read:roles", "read:role_members"), Tenant.role_users),
    ("GET", "clients/([^/]+)/connections", ("read:connections", "read:client_summary"), Tenant.client_connections),
]


def refusal(status: int, error: str, message: str, code: str) -> Reply:
    """An error of the Management API's."""
    return Reply({"statusCode": status, "error": error, "message": message, "errorCode": code}, status)


def slowed(seconds: float) -> Reply:
    """Too many calls; the limit ends in so many seconds."""
    body = {"statusCode": 429, "error": "Too Many Requests", "message": "Global limit has been reached"}
    reset = str(int(time.time() + seconds))
    limits = (("x-ratelimit-limit", "10"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset))
    return Reply({**body, "errorCode": "too_many_requests"}, 429, limits)


def page(query: Query, key: str, found: list[dict[str, Any]]) -> Reply:
    """One of the pages of a list, with totals."""
    size = int(query["per_page"])
    if size > 100 or query["include_totals"] != "true":
        return refusal(400, "Bad Request", "Query validation error", "invalid_query_string")
    start = int(query["page"]) * size
    some = found[start : start + size]
    return Reply({"start": start, "limit": size, "length": len(some), "total": len(found), key: some})


def checkpoint(query: Query, key: str, found: list[dict[str, Any]]) -> Reply:
    """What follows a checkpoint."""
    start, take = int(query.get("from", 0)), int(query.get("take", 50))
    more = {"next": str(start + take)} if start + take < len(found) else {}
    return Reply({key: found[start : start + take], **more})
