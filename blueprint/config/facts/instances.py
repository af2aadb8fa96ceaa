"""EC2's instance types: what a name says of its own, and what a table of EC2's tells of those that it knows.

Naming: https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
"""

import json
import re
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

Architecture = Literal["x86_64", "arm64"]

_ACCELERATED = ("p", "g", "gr", "inf", "trn", "dl", "vt", "f")
_PLAIN = f"(?!(?:{'|'.join(_ACCELERATED)})[0-9])"
_SIZE = r"\.(?:nano|micro|small|medium|large|(?:[0-9]+)?xlarge|metal(?:-[0-9]+xl)?)"
X86 = f"{_PLAIN}(?!a[0-9])[a-z]+[0-9]+[a-fh-z-]*{_SIZE}"
ARM = f"{_PLAIN}(?:a[0-9]+[a-z-]*|[a-z]+[0-9]+[a-z-]*g[a-z-]*){_SIZE}"
ANY = rf"[a-z]+[0-9]+[a-z-]*{_SIZE}"
ALL_OF = ".*"
"""Stands behind the name of a family for whichever of its sizes suffices."""
ANY_OR_FAMILY = rf"[a-z]+[0-9]+[a-z0-9-]*(?:{_SIZE}|\.\*)"
_FAMILY = re.compile(r"([a-z]+)[0-9]+([a-z-]*)\.")


def architecture(instance_type: str) -> Architecture:
    """Graviton types carry a `g` after the generation, as `m7g` and `c8gn` do, or are of the family `a1`."""
    series, options = _series_and_options(instance_type)
    return "arm64" if "g" in options or series == "a" else "x86_64"


def accelerated(instance_type: str) -> bool:
    """Whether the type has GPUs, FPGAs or learning chips, which need an image and plugin of their own."""
    return _series_and_options(instance_type)[0] in _ACCELERATED


def _series_and_options(instance_type: str) -> tuple[str, str]:
    match = _FAMILY.match(instance_type)
    return (match[1], match[2]) if match else ("", "")


TABLE = Path(__file__).with_name("instance_types.json")
"""Written by tools/instance_types.py."""
COLUMNS = ("cpus", "memory", "architecture", "interfaces", "addresses", "gpus", "gpu", "attachments", "shared")


@dataclass(frozen=True)
class InstanceType:
    """What EC2 tells of a type: memory in MiB, network interfaces, and addresses on each.

    `attachments` are EBS volumes, the root volume among them; where the limit is `shared`, network interfaces but the
    first count as well.
    """

    name: str
    cpus: int
    memory: int
    architecture: Architecture
    interfaces: int
    addresses: int
    gpus: int
    gpu: str
    attachments: int
    shared: bool

    @cached_property
    def family(self) -> str:
        """The part of the name that all sizes share."""
        return self.name.partition(".")[0]


@cache
def known() -> dict[str, InstanceType]:
    """The types of the table, by name. A name that is not there may be a newer type, or one of another region."""
    return {name: InstanceType(name, *row) for name, row in _table()["types"].items()}


def known_on() -> date:
    """The day of the table."""
    return date.fromisoformat(_table()["date"])


def family(name: str) -> list[InstanceType]:
    """The types of a family that are no bare metal, of which each takes minutes to start."""
    return [kind for kind in known().values() if kind.family == name and ".metal" not in kind.name]


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return table
