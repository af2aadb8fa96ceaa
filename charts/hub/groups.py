"""Runs in the hub: the groups in what a provider tells of a person, in whichever form it writes them."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

LONGEST = 255
"""Letters in a name that the hub's database has room for."""
NAMES = ("name", "displayName", "display", "value", "id")
"""Where a group that is an object has its name; the first counts."""


def groups_in(person: Mapping[str, Any], claim: str, known: Collection[str] = ()) -> tuple[set[str], bool]:
    """The groups in a claim, and whether all of it could be read.

    The claim is one of just this name (`https://example.com/groups`), or a path (`realm.roles`). Text that is a known
    name is one group, and else a list: JSON, or names between commas, or between blanks where there are none.
    """
    found: Any = person.get(claim)
    if found is None:
        found = person
        for key in claim.split("."):
            found = found.get(key) if isinstance(found, Mapping) else None
    try:
        names = [*_names(found, known)]
    except RecursionError:  # objects in objects in objects
        names = [None]
    kept = {name for name in names if name and _can_be_kept(name)}
    return kept, kept == {*names} - {""}


def _can_be_kept(name: str) -> bool:
    """Whether every database can hold it."""
    return len(name) <= LONGEST and "\0" not in name and name.encode(errors="replace").decode() == name


def _names(found: Any, known: Collection[str]) -> Iterator[str | None]:
    """The names in a value; None for what can be no name."""
    match found:
        case None:
            return
        case str():
            yield from _in_text(found.strip(), known)
        case list():
            for each in found:
                yield each.strip() if isinstance(each, str) else _name(each)
        case Mapping() if _name(found) is None:
            yield from (str(key) for key, value in found.items() if value not in (None, False))
        case _:
            yield _name(found)


def _name(found: Any) -> str | None:
    """The name of one group that is a number or an object."""
    match found:
        case bool():
            return None
        case int() | float():
            return str(found)
        case Mapping():
            names = (found.get(key) for key in NAMES)
            return next((_name(name) if not isinstance(name, str) else name for name in names if name), None)
    return None


def _in_text(text: str, known: Collection[str]) -> Iterator[str | None]:
    if text in known:
        yield text
        return
    in_brackets = text[:1] + text[-1:] in ("[]", "{}")
    if in_brackets:
        try:
            yield from _names(json.loads(text), known)
        except (ValueError, RecursionError):
            pass
        else:
            return
        text = text[1:-1]
    # Names may hold blanks. Where these alone could part them, the provider has to part them better.
    parts = text.split(",") if in_brackets or "," in text else text.split()
    yield from (part.strip().strip("'\"") for part in parts)
