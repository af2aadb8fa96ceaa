"""From what context holds (typed JSON, or text from `-c key=value`) to plain Python values.

Each parser takes any object and returns a value of its kind or raises `FaultError`; pydantic checks the rest.
"""

import json
import math
import re
from collections.abc import Callable, Mapping

from blueprint.config.problems import FaultError

_WHOLE = re.compile(r"([+-]?[0-9]{1,18})(\.0+)?")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")


def text(value: object) -> str:
    """Text on one line, without the blanks around it."""
    if not isinstance(value, str):
        raise FaultError("write it as text, in quotes")
    stripped = value.strip()
    if not stripped.isprintable():
        raise FaultError("remove the line breaks and invisible characters")
    return stripped


def account(value: object) -> str:
    """An account id, which JSON may hold as a number unless it begins with a zero."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12:
        if value < 10**11:
            raise FaultError("write it in quotes: as a number it loses its leading zeros")
        return str(value)
    return text(value)


def boolean(value: object) -> bool:
    """`true` or `false`, as JSON or as text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise FaultError


def whole(value: object) -> int:
    """A whole number, as JSON or as text."""
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value.partition(".")[0])
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise FaultError


def decimal(value: object) -> float:
    """A finite number, as JSON or as text."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value.strip()):
        return float(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return float(value)
    raise FaultError


def entries(separator: str) -> Callable[[object], list[object]]:
    """A parser of lists: JSON, the JSON text of one, or text with a separator (a regular expression)."""

    def parse(value: object) -> list[object]:
        if isinstance(value, str):
            if value.lstrip().startswith("["):
                value = _json(value)
            else:
                value = [entry for entry in re.split(separator, value) if entry.strip()] or [""]
        if not isinstance(value, list | tuple):
            raise FaultError
        if value and all(isinstance(entry, str) and not entry.strip() for entry in value):
            raise FaultError("name at least one, or remove the key")
        return list(value)

    return parse


def mapping(value: object) -> dict[object, object]:
    """A JSON object, or the JSON text of one."""
    if isinstance(value, str):
        value = _json(value)
    if not isinstance(value, Mapping):
        raise FaultError
    return dict(value)


def _json(value: str) -> object:
    try:
        parsed: object = json.loads(value)
    except (ValueError, RecursionError):
        raise FaultError("the text is no valid JSON: mind the quotes, on a command line too") from None
    return parsed
