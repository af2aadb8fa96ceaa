"""Limits that keep a budget: what groups, and each of their people, may use at a time and in a month."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
)

from blueprint.config.field import Group, setting
from blueprint.config.problems import FaultsError
from blueprint.config.types import documents, forms, parsing, patterns, windows
from blueprint.config.types.kinds import DECIMAL, WHOLE, Memory, NameInFull
from blueprint.config.types.marks import Allowed, Matches, Parser

PAGE = "docs/limits.md"
NAMES_ALLOWED = "names of groups, as the identity provider writes them"
_MANY = 100_000
_HOURS = 10_000_000

Count = Annotated[int, Field(ge=0, le=_MANY), WHOLE, Allowed(f"a whole number from 0 to {_MANY}")]
Cpus = Annotated[float, Field(ge=0, le=_MANY), DECIMAL, Allowed(f"a number from 0 to {_MANY}")]
Hours = Annotated[float, Field(ge=0, le=_HOURS), DECIMAL, Allowed(f"a number from 0 to {_HOURS}")]
TimeZone = Annotated[
    str,
    Matches("[A-Za-z][A-Za-z0-9_+/-]{0,63}"),
    AfterValidator(windows.known_zone),
    Parser(parsing.text, forms.text),
    Allowed("a time zone of IANA's, such as Europe/Berlin"),
]


class Room(Group):
    """What may be used: at a time, and in a month."""

    servers: Count | None = setting(
        "servers", "Servers that run at a time.", default=None, absent="no limit", example=40
    )
    cpu: Cpus | None = setting(
        "cpu", "CPUs that servers are sure of at a time.", default=None, absent="no limit", example=80
    )
    memory: Memory | None = setting(
        "memory", "Memory that servers are sure of at a time.", default=None, absent="no limit", example="320G"
    )
    gpus: Count | None = setting("gpus", "GPUs in use at a time.", default=None, absent="no limit", example=2)
    hours: Hours | None = setting(
        "hours",
        "Hours of servers in a month; two servers for an hour are two.",
        default=None,
        absent="no limit",
        example=2000,
    )
    gpu_hours: Hours | None = setting(
        "gpu_hours",
        "Hours of GPUs in a month, counted by themselves; two GPUs for an hour are two.",
        default=None,
        absent="no limit",
        example=100,
    )


class Share(Room):
    """What a group may use together, and each of its people."""

    each: Annotated[Room, Allowed("a mapping")] | None = setting(
        "each",
        "The same for each person of them, with any of the keys of this table.",
        default=None,
        absent="no limit for a person",
        example={"servers": 1, "hours": 60},
    )


Groups = Annotated[
    dict[NameInFull, Share],
    Field(min_length=1),
    Allowed("a mapping of at least one group to its limits"),
]


class Limits(Group):
    """A whole file."""

    zone: TimeZone = setting("zone", "The clocks by which a month begins.", default="UTC", example="Europe/Berlin")
    groups: Groups | None = setting(
        "groups",
        "Groups with limits; the first with room, of those that somebody is in, is charged with their server.",
        default=None,
        absent="none",
        example={"students": {"servers": 40}},
    )
    others: Annotated[Share, Allowed("a mapping")] | None = setting(
        "others",
        "The limits of whoever is in none of these groups.",
        default=None,
        absent="no limit",
        example={"each": {"hours": 100}},
    )


MODELS: dict[str, type[Group]] = {"The file": Limits, "A group, or `others`": Share}
"""The parts of the file, by the headings of the documentation."""


@dataclass(frozen=True)
class LimitsOfFile:
    """The limits of a file."""

    name: str
    limits: Limits

    def shares(self) -> list[tuple[str, Share]]:
        """All limits, with their places in the file."""
        named = [(f"groups.{name}", share) for name, share in (self.limits.groups or {}).items()]
        return [*named, *([("others", self.limits.others)] if self.limits.others else [])]

    def groups(self) -> set[str]:
        """The groups that have some."""
        return {*(self.limits.groups or {})}


def limits(value: object, info: ValidationInfo) -> LimitsOfFile:
    """The limits in a file, of the folder that the validation's own context names."""
    name = parsing.text(value)
    content: dict[str, Any] = documents.read(name, info, PAGE)
    try:
        return LimitsOfFile(name, TypeAdapter(Limits).validate_python(content, context=info.context))
    except ValidationError as error:
        found = documents.problems(error, Limits, PAGE, by_name=False, names_allowed=NAMES_ALLOWED)
        raise FaultsError(found) from None


LimitsFile = Annotated[
    LimitsOfFile,
    PlainValidator(limits),
    Allowed("the name of a YAML file beside the context, of at most 64 KiB"),
    WithJsonSchema(forms.text({"pattern": patterns.line(255)})),
]
