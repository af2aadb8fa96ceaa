"""A tenant of Auth0: people of all its connections, and the roles that the hub reads as groups."""

import secrets
import string
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote, urlsplit

from blueprint.cli.changing.trouble import TroubleError, trouble
from blueprint.cli.checks.findings import listed
from blueprint.cli.users.management import Management, management
from blueprint.cli.users.people import Person
from blueprint.config import Config

_FIELDS: Final = (
    "user_id,email,email_verified,name,nickname,username,blocked,created_at,updated_at,last_login,multifactor"
)
_MOST: Final = 1000
"""Users that a search tells of, https://auth0.com/docs/manage-users/user-search/view-search-results-by-page."""


class Tenant:
    """A tenant, by its API."""

    group_word = "role"
    disabling = "block"

    def __init__(self, api: Management, config: Config, connection: str | None = None) -> None:
        self._api, self._config, self._connection = api, config, connection
        self._roles: dict[str, str] | None = None
        self._known: str | None = None
        self.title = f"the tenant {api.domain}"

    def people(self) -> list[Person]:
        """Everybody, with those of their roles that the settings name."""
        with understood():
            config, roles = self._config, self._ids_of_roles()
            named = [*config.groups_allowed, *config.groups_admins, *config.team_directories]
            held: dict[str, list[str]] = {}
            for role in dict.fromkeys(each for each in named if each in roles):
                for member in self.members(role):
                    held.setdefault(member, []).append(role)
            return [_person(each, held.get(each["user_id"], [])) for each in self._everybody()]

    def find(self, name: str) -> list[Person]:
        """Who has this address, or this id (`auth0|…`)."""
        with understood():
            if "|" in name:
                found = [self._api.get(f"users/{quote(name, safe='')}", fields=_FIELDS)]
            else:
                # Exact: Auth0 keeps the addresses of its own in lower case, others as they came.
                found = self._api.get("users-by-email", email=name.lower(), fields=_FIELDS) or []
                if not found and name != name.lower():
                    found = self._api.get("users-by-email", email=name, fields=_FIELDS) or []
            return [_person(each, self._roles_of(each["user_id"])) for each in found if each]

    def groups(self) -> list[str]:
        """The names of all roles."""
        with understood():
            return [*self._ids_of_roles()]

    def members(self, group: str) -> set[str]:
        """The ids of those who have a role."""
        with understood():
            path = f"roles/{self._role(group)}/users"
            return {each["user_id"] for each in self._api.from_checkpoints(path, "users")}

    def invitation(self) -> str:
        """What somebody gets who is invited."""
        return (
            f"Auth0 sends each new one its e-mail for changing the password (connection {self._database()}): "
            "by its link they choose one, which verifies the address."
        )

    def invite(self, email: str) -> str:
        """Make somebody, whose password nobody knows, and have an e-mail sent by which they choose one."""
        with understood():
            body = {"connection": self._database(), "email": email, "password": _password(), "verify_email": False}
            made: str = self._api.post("users", body)["user_id"]
            try:
                self._send(email)
            except TroubleError as error:
                text = f"{email} is there, but got no e-mail: {error.findings[0].text}"
                raise trouble(text, "Try again with --resend") from None
            return made

    def invite_again(self, person: Person) -> None:
        """Send the e-mail anew."""
        with understood():
            self._send(person.email)

    def enable(self, person_id: str) -> None:
        """Let somebody sign in."""
        self._api.patch(_path(person_id), {"blocked": False})

    def disable(self, person_id: str) -> None:
        """Let somebody sign in no more; their refresh tokens are good for nothing while they are blocked."""
        self._api.patch(_path(person_id), {"blocked": True})

    def join(self, person_id: str, group: str) -> None:
        """Give somebody a role."""
        self._api.post(f"{_path(person_id)}/roles", {"roles": [self._role(group)]})

    def leave(self, person_id: str, group: str) -> None:
        """Take a role from somebody."""
        self._api.delete(f"{_path(person_id)}/roles", {"roles": [self._role(group)]})

    def _everybody(self) -> Iterator[Mapping[str, Any]]:
        """Page by page; from the thousandth on, those who came with or after the last one."""
        seen: set[str] = set()
        query = {"sort": "created_at:1", "fields": _FIELDS, "search_engine": "v3"}
        while True:
            count, last = 0, ""
            for each in self._api.pages("users", "users", **query):
                count, last = count + 1, each["created_at"]
                if each["user_id"] not in seen:
                    seen.add(each["user_id"])
                    yield each
                if count == _MOST:
                    break
            following = f'created_at:["{last}" TO *]'
            if count < _MOST or query.get("q") == following:
                return
            query["q"] = following

    def _roles_of(self, user_id: str) -> list[str]:
        return [each["name"] for each in self._api.pages(f"{_path(user_id)}/roles", "roles")]

    def _ids_of_roles(self) -> dict[str, str]:
        if self._roles is None:
            self._roles = {each["name"]: each["id"] for each in self._api.pages("roles", "roles")}
        return self._roles

    def _role(self, name: str) -> str:
        return self._ids_of_roles()[name]

    def _send(self, email: str) -> None:
        assert self._config.client_id is not None
        self._api.send_password_link(self._config.client_id, self._database(), email)

    def _database(self) -> str:
        """The database connection by which people sign in at the hub."""
        if self._known is not None:
            return self._known
        with understood():
            path = f"clients/{quote(self._config.client_id or '', safe='')}/connections"
            if self._api.get(path, take=1) is None:
                text = f"The tenant knows no application {self._config.client_id}."
                raise trouble(text, "Correct clientId: it is the hub's, as Auth0 calls it")
            found = self._api.from_checkpoints(path, "connections")
            names: list[str] = [each["name"] for each in found if each["strategy"] == "auth0"]
        if not names:
            text = "The hub's application has no database connection: its people come from elsewhere."
            raise trouble(text, "Add them there, or turn a database on: Applications → the hub → Connections")
        wanted = [each for each in names if self._connection in (None, each)]
        if len(wanted) != 1:
            raise trouble(f"The hub has the database connections {listed(names)}.", "Name one with --connection")
        self._known = wanted[0]
        return wanted[0]


def tenant(config: Config, connection: str | None = None) -> Tenant:
    """The tenant of the settings' URLs."""
    authorities = config.identity_ca.text if config.identity_ca else None
    return Tenant(management(urlsplit(config.auth_url or "").netloc, authorities), config, connection)


@contextmanager
def understood() -> Iterator[None]:
    """Answers of another form than the API documents become trouble in words."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        text = f"An answer of Auth0 was not understood ({type(error).__name__})."
        raise trouble(text, "Try again; if it stays so, report it") from None


def _person(told: Mapping[str, Any], roles: list[str]) -> Person:
    blocked, signed_in = bool(told.get("blocked")), bool(told.get("last_login"))
    state = "confirmed" if told.get("email_verified") else "address not verified"
    claims = {name: told[name] for name in ("email", "name", "nickname", "username") if isinstance(told.get(name), str)}
    return Person(
        told["user_id"],
        claims.get("email", ""),
        state if signed_in else f"{state}, never signed in",
        not blocked,
        tuple(sorted(roles)),
        True if told.get("multifactor") else None,
        str(told.get("created_at") or ""),
        str(told.get("updated_at") or ""),
        {**claims, "sub": told["user_id"]},
    )


def _path(person_id: str) -> str:
    return f"users/{quote(person_id, safe='')}"


def _password() -> str:
    """One that every policy of Auth0's takes, and that nobody sees."""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!@#$%^&*")
    letters = [secrets.choice(kind) for kind in kinds for _ in range(10)]
    secrets.SystemRandom().shuffle(letters)
    return "".join(letters)
