"""Whose a context key is: ours, CDK's, somebody else's, or one of ours misspelt."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from blueprint.config.context import LOOK_UP
from blueprint.config.problems import UNKNOWN, Problem
from blueprint.config.settings import BY_KEY

_LONGEST = 100
_KNOWN = "the keys listed in docs/context.schema.json"


def _bare(key: str) -> str:
    """A key without what people get wrong: case, dots, hyphens."""
    return re.sub("[^a-z0-9]", "", key[:_LONGEST].lower())


_BARE = {_bare(key): key for key in BY_KEY}


def _family(key: str) -> str:
    return re.split("[.:]", key)[0].lower()


_FAMILIES = frozenset(_family(key) for key in BY_KEY)


def judge(key: str, value: object) -> Problem | None:
    """A fault for a key that was meant to be one of ours; its value is never shown."""
    family = _family(key)
    if isinstance(value, Mapping) and family in _FAMILIES:
        return _nested(key, value)
    likely = get_close_matches(_bare(key), _BARE, n=1, cutoff=0.8)
    if likely:
        return Problem(key, UNKNOWN, _KNOWN, f'did you mean "{_BARE[likely[0]]}"?')
    if family in _FAMILIES:
        return Problem(key, UNKNOWN, _KNOWN, f"take one of: {', '.join(_relatives(key))}")
    return None


def misspellings() -> Iterator[str]:
    """Patterns of unknown keys that were meant to be ours, as far as patterns can say what `judge` finds.

    These are keys that begin as ours do, write a key of ours with other capitals and signs between its words, or with
    one letter wrong where it begins. What resembles a key less than that is found by `judge` alone.
    """
    for family in sorted(_FAMILIES):
        keys = [key for key in BY_KEY if _family(key) == family]
        known = "|".join(re.escape(key) for key in keys)
        beginnings = rf"{_any_case(family)}(?:[.:][\s\S]*)?"
        others = "|".join([beginnings, *map(_other_signs, keys), *_typos(keys)])
        yield rf"^(?!(?:{known})$(?!\n))(?![@$]|aws:cdk:|{LOOK_UP.pattern})(?:{others})$(?!\n)"


def _any_case(word: str) -> str:
    return "".join(f"[{letter.upper()}{letter.lower()}]" for letter in word)


def _other_signs(key: str) -> str:
    return "[^A-Za-z0-9]{0,2}".join(map(_any_case, re.findall("[A-Z]?[a-z0-9]+", key)))


def _typos(keys: list[str]) -> Iterator[str]:
    """Keys with one letter wrong: of dotted ones in the first word, because the others show by that."""
    word, dot, _ = keys[0].partition(".")
    rest = rf"\.(?:{'|'.join(re.escape(key.removeprefix(word + dot)) for key in keys)})" if dot else ""
    if len(_bare(keys[0])) < 5:  # one wrong letter in four makes another word
        return
    wrong = [f"{word[:at]}[^.]?{word[at + 1 :]}" for at in range(len(word))]
    wrong += [f"{word[:at]}[^.]{word[at:]}" for at in range(len(word) + 1)]
    wrong += [f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}" for at in range(len(word) - 1)]
    yield f"(?:{'|'.join(wrong)}){rest}"


def _nested(key: str, value: Mapping[object, object]) -> Problem:
    known = [path for path in _paths(key, value) if path in BY_KEY] or _relatives(key)
    return Problem(
        key,
        "a nested object",
        "one dotted key for each setting, because CDK replaces nested objects whole",
        "write " + ", ".join(f'"{each}": …' for each in known[:5]),
    )


def _relatives(key: str) -> list[str]:
    return [known for known in BY_KEY if _family(known) == _family(key)]


def _paths(prefix: str, value: Mapping[object, object]) -> Iterator[str]:
    for name, inner in value.items():
        path = f"{prefix}.{name}"
        yield path
        if isinstance(inner, Mapping) and len(path) < _LONGEST:
            yield from _paths(path, inner)
