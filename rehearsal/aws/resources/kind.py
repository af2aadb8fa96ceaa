"""How resources are made, changed and unmade: one class for each type of CloudFormation's, in a register."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from rehearsal.aws.cloud import Cloud, Properties

K = TypeVar("K", bound="Kind")


class UnsupportedError(Exception):
    """What the stand-in cannot do, and therefore does not pretend to do."""


class HalfMadeError(Exception):
    """Making a resource failed, and left something that has to be unmade: its name or id."""

    def __init__(self, reason: str, ref: str) -> None:
        super().__init__(reason)
        self.ref = ref


@dataclass(frozen=True)
class Made:
    """A resource that exists: what `Ref` gives, and what `Fn::GetAtt` gives by name."""

    ref: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where a resource belongs: whose API makes it, and what it is called in its stack."""

    cloud: Cloud
    stack: str
    stack_id: str
    logical_id: str
    type: str

    def name(self, longest: int, *, lower: bool = False) -> str:
        """A name for what its template does not name: of stack and resource, with an end that nothing else has."""
        stem = f"{self.stack}-{self.logical_id}"[: longest - 9]
        name = f"{stem}-{secrets.token_hex(4)}"
        return name.lower() if lower else name


class Kind:
    """How resources of one type come and go. Overridden where the type can do it."""

    later: ClassVar[tuple[str, ...]] = ()
    """Properties that nothing is done with before a resource is changed or unmade."""

    def create(self, place: Place, wanted: Properties) -> Made:
        """Make one. Raises HalfMadeError where a failure leaves something."""
        raise NotImplementedError

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        """Give it other properties, of which `createOnlyProperties` are the same."""
        raise UnsupportedError(f"The stand-in cannot change {place.type} in place.")

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Unmake it."""
        raise NotImplementedError


KINDS: dict[str, Kind] = {}
"""Every type that the stand-in knows."""


def kind(name: str) -> Callable[[type[K]], type[K]]:
    """Register a class for a type."""

    def register(cls: type[K]) -> type[K]:
        KINDS[name] = cls()
        return cls

    return register
