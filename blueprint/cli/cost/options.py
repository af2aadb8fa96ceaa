"""What the command line says of costs."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Asked:
    """Of what a month did cost: which one, and whether it is shared by people."""

    month: str | None
    by_person: bool


@dataclass(frozen=True)
class Options:
    """As the command line has them."""

    size: str | None
    svg: Path | None
    live: bool
    profile: str | None
    as_json: bool
    actual: Asked | None = None
