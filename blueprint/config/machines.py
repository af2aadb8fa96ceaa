"""The kinds of machines that users' servers run on."""

from collections.abc import Iterator
from dataclasses import dataclass

from blueprint.config.facts.instances import Architecture, architecture, known
from blueprint.config.settings import Config

USUAL = "user"
"""The name of the kind that `nodes.user.*` describes."""


@dataclass(frozen=True)
class Machines:
    """Machines of one kind, of which any may be started, and the most that are."""

    name: str
    types: tuple[str, ...]
    spot: bool
    most: int

    @property
    def architecture(self) -> Architecture:
        """Of all types."""
        return architecture(self.types[0])

    @property
    def cpus(self) -> int:
        """What the largest number of the largest of them has."""
        return self.most * max((known()[each].cpus for each in self.types if each in known()), default=0)


def usual(config: Config) -> Machines:
    """The kind that `nodes.user.*` describes."""
    spot = config.nodes_user_capacity == "spot"
    return Machines(USUAL, tuple(config.nodes_user_instance_types), spot, config.nodes_user_max)


def machines(config: Config) -> Iterator[Machines]:
    """Every kind, the usual one first."""
    yield usual(config)


def needs_spot(config: Config) -> bool:
    """Whether any kind is of spot instances."""
    return any(each.spot for each in machines(config))
