"""What can be wrong with a context, and how it reads."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

NOTHING = "nothing"
HIDDEN = "(not shown)"
UNKNOWN = "an unknown key"
_LONGEST = 120
_LONGEST_KEY = 1000
"""It may be the path of a file."""
_CREDENTIALS = re.compile(r'//[^\s"]*@')


@dataclass(frozen=True)
class Problem:
    """One fault: the key as written in context, what it held, what is allowed, and how to put it right."""

    key: str
    got: str
    allowed: str
    fix: str


class ConfigError(Exception):
    """A context that cannot be used, with every fault found in it. `str()` is the text for the deployer."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(render(self.problems))


class FaultError(ValueError):
    """Raised by a parser to say more than its type's `Allowed` does: empty texts leave it to that."""

    def __init__(self, fix: str = "", allowed: str = "") -> None:
        super().__init__(fix or allowed)
        self.fix = fix
        self.allowed = allowed


class FaultsError(ValueError):
    """Raised by the parser of a whole file: each problem's key says where in it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(render(self.problems))


def render(problems: Iterable[Problem]) -> str:
    """The faults as plain text: a heading with their number, then key, got, allowed and fix of each."""
    blocks = [
        f"{_cut(plain(each.key), _LONGEST_KEY)}\n"
        f"  got      {each.got}\n  allowed  {each.allowed}\n  fix      {each.fix}"
        for each in problems
    ]
    heading = "1 fault in the context:" if len(blocks) == 1 else f"{len(blocks)} faults in the context:"
    return "\n\n".join([heading, *blocks])


def shown(value: object) -> str:
    """A value as JSON on one short line, safe to print on a terminal, without the credentials of URLs."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=kind)
    except (ValueError, TypeError, RecursionError):  # a number of 5,000 digits, keys that are no text, …
        text = kind(value)
    text = _CREDENTIALS.sub("//…@", text)
    return plain(_cut(text, _LONGEST))


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}…"


def within(key: str, place: str) -> str:
    """The name of a place in the file that a setting names."""
    return f"{key}: {place}" if place else key


def of_setting(key: str) -> str:
    """The setting that a problem is put down to, whether it is in the setting itself or in its file."""
    return key.partition(": ")[0]


def kind(value: object) -> str:
    """What a value is, in the words of JSON."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    kinds = ((str, "text"), (int | float, "a number"), (Mapping, "an object"), (list | tuple, "an array"))
    return next((words for kind, words in kinds if isinstance(value, kind)), "no JSON")


def plain(text: str) -> str:
    """Text with everything invisible escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
