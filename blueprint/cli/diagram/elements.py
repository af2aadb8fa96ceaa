"""What an architecture is made of: cards in groups, and links between cards."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Style = Literal["plain", "account", "ParentDns", "Dns", "Hub", "Data", "cluster", "nodes"]


@dataclass(frozen=True)
class Card:
    """One thing, or several that belong together; `stands_for` are the resources of the templates that it is."""

    id: str
    title: str
    lines: tuple[str, ...] = ()
    stands_for: Mapping[str, int] = field(default_factory=dict)
    style: Style = "plain"


@dataclass(frozen=True)
class Group:
    """Cards and groups, side by side or one below the other."""

    title: str
    style: Style
    children: tuple["Card | Group", ...]
    across: bool = False


@dataclass(frozen=True)
class Link:
    """From a card to another one, and what goes that way."""

    source: str
    target: str
    words: str


@dataclass(frozen=True)
class Architecture:
    """All of it; the groups of the root have no frame."""

    title: str
    root: Group
    links: tuple[Link, ...]

    @property
    def cards(self) -> dict[str, Card]:
        """All cards by their ids."""
        return {each.id: each for each in cards(self.root)}


def cards(group: Group) -> Iterator[Card]:
    """Those within."""
    for each in group.children:
        if isinstance(each, Card):
            yield each
        else:
            yield from cards(each)
