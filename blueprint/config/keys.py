"""Whose a context key is: ours, CDK's, somebody else's, or one of ours misspelt."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from blueprint.config.problems import UNKNOWN, Problem
from blueprint.config.settings import BY_KEY

_CDK_PREFIXES = ("@", "aws:cdk:", "aws-cdk", "cdk-", "cli-", "$")
_LOOK_UP = re.compile(r"[a-z-]+:[\w.-]+=")
"""How the keys of CDK's look-ups begin: `vpc-provider:account=111122223333:filter.vpc-id=…`."""
_CDK_KEYS = frozenset({"acknowledged-issue-numbers", "default-account", "default-region", "tree"})
_LONGEST = 100
_KNOWN = "the keys listed in docs/context.schema.json"


def _bare(key: str) -> str:
    """A key without what people get wrong: case, dots, hyphens."""
    return re.sub("[^a-z0-9]", "", key[:_LONGEST].lower())


_BARE = {_bare(key): key for key in BY_KEY}


def _family(key: str) -> str:
    return re.split("[.:]", key)[0].lower()


_FAMILIES = frozenset(_family(key) for key in BY_KEY)


def is_cdk_key(key: str) -> bool:
    """Whether CDK keeps the key in context itself: feature flags, look-ups, the CLI's own."""
    return key.startswith(_CDK_PREFIXES) or key in _CDK_KEYS or _LOOK_UP.match(key) is not None


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
