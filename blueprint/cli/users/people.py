"""People as an identity provider knows them, what can be done there, and what stands in the way."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from blueprint.config import Config


class ByHandError(Exception):
    """There is no API for this here: what a person does instead, line by line."""

    def __init__(self, lines: Iterable[str]) -> None:
        super().__init__()
        self.lines = list(lines)


@dataclass(frozen=True)
class Person:
    """Somebody at the provider; times are as ISO 8601, and empty where the provider does not tell."""

    id: str
    email: str
    state: str
    enabled: bool
    groups: tuple[str, ...]
    second_factor: bool | None
    created: str
    changed: str
    claims: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By which the settings may name them."""

    @property
    def name(self) -> str:
        """What to call them on the screen."""
        return self.email or self.id

    def named(self, config: Config, names: Collection[str]) -> bool:
        """Whether a list of the settings names them; JupyterHub writes names in lower case."""
        name = self.claims.get(config.username_key, "").strip().lower()
        return bool(name) and name in {each.strip().lower() for each in names}

    def administers(self, config: Config) -> bool:
        """Whether they are an admin of the hub, by the settings."""
        return bool(set(self.groups) & set(config.groups_admins)) or self.named(config, config.users_admins)

    def enters(self, config: Config) -> bool:
        """Whether they may enter the hub."""
        admitted = config.open_admission or self.administers(config) or self.named(config, config.users_allowed)
        return self.enabled and (admitted or bool(set(self.groups) & set(config.groups_allowed)))

    def as_json(self, config: Config) -> dict[str, Any]:
        """All of it by name."""
        told = asdict(self)
        del told["claims"]
        return {**told, "admin": self.administers(config), "enters": self.enters(config)}


class Directory(Protocol):
    """Where people are kept; each call raises TroubleError where it does not succeed."""

    title: str
    group_word: str
    """What groups are called there."""
    disabling: str
    """What disabling somebody is there."""

    def people(self) -> list[Person]:
        """Everybody."""

    def find(self, name: str) -> list[Person]:
        """Who has this address or id."""

    def groups(self) -> list[str]:
        """The names of all groups."""

    def members(self, group: str) -> set[str]:
        """The ids of those in a group."""

    def invitation(self) -> str:
        """What somebody gets who is invited."""

    def invite(self, email: str) -> str:
        """Make somebody, and have an invitation sent; their id."""

    def invite_again(self, person: Person) -> None:
        """Have the invitation sent anew."""

    def enable(self, person_id: str) -> None:
        """Let somebody sign in."""

    def disable(self, person_id: str) -> None:
        """Let somebody sign in no more."""

    def join(self, person_id: str, group: str) -> None:
        """Put somebody into a group."""

    def leave(self, person_id: str, group: str) -> None:
        """Take somebody out of a group."""
