"""From what context holds (typed JSON, or text from `-c key=value`) to plain Python values.

Each parser takes any object and returns a value of its kind or raises `FaultError`; pydantic checks the rest.
"""

import json
import math
import re
from collections.abc import Callable, Mapping

from blueprint.config.problems import FaultError
from blueprint.config.types.patterns import HIDDEN, MADE_BY_CDK, PLACEHOLDER_WITHIN, placeholder

BLANKS = " \t\r\n"
_WHOLE = re.compile(r"(0|[1-9][0-9]{0,17})(\.0+)?")
_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,17})(\.[0-9]{1,6})?")
_HIDDEN = re.compile(f"[{HIDDEN}]")
_PLACEHOLDER = re.compile(placeholder())
_MADE_BY_CDK = re.compile(MADE_BY_CDK)
_PLACEHOLDER_WITHIN = re.compile(PLACEHOLDER_WITHIN)


def filled(value: str) -> str:
    """Text without the blanks around it, if it is not a placeholder and holds none."""
    stripped = free(value)
    if _PLACEHOLDER_WITHIN.search(stripped):
        raise FaultError("replace the placeholder in it with your own value")
    return stripped


def free(value: str) -> str:
    """Text without the blanks around it, if it is not a placeholder."""
    stripped = value.strip(BLANKS)
    if _PLACEHOLDER.fullmatch(stripped):
        raise FaultError("replace the placeholder with your own value")
    if _MADE_BY_CDK.search(stripped):
        raise FaultError("leave out {Token[, by which the CDK marks what it fills in itself")
    return stripped


def text(value: object) -> str:
    """Text on one line, without the blanks around it."""
    return _on_one_line(value, filled)


def free_text(value: object) -> str:
    """Text on one line, in which what looks like a placeholder may be meant."""
    return _on_one_line(value, free)


def _on_one_line(value: object, stripped: Callable[[str], str]) -> str:
    if not isinstance(value, str):
        raise FaultError("write it as text, in quotes")
    line = stripped(value)
    if _HIDDEN.search(line):
        raise FaultError("remove the line breaks and invisible characters")
    return line


def account(value: object) -> str:
    """An account id, which JSON may hold as a number unless it begins with a zero."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10**12 and value == int(value):
        if value < 10**11:
            raise FaultError("write it in quotes: as a number it loses its leading zeros")
        return str(int(value))
    return text(value)


def boolean(value: object) -> bool:
    """`true` or `false`, as JSON or as text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and (word := filled(value).lower()) in ("true", "false"):
        return word == "true"
    raise FaultError


def whole(value: object) -> int:
    """A whole number, as JSON or as text."""
    if isinstance(value, str) and _WHOLE.fullmatch(digits := filled(value)):
        return int(digits.partition(".")[0])
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise FaultError


def decimal(value: object) -> float:
    """A finite number, as JSON or as text."""
    if isinstance(value, str) and _DECIMAL.fullmatch(digits := filled(value)):
        return float(digits)
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return float(value)
    raise FaultError


def entries(separators: str) -> Callable[[object], list[object]]:
    """A parser of lists: JSON, the JSON text of one, or text with separators (the inside of a character class)."""

    def parse(value: object) -> list[object]:
        if isinstance(value, str):
            line = filled(value)
            if line.startswith("["):
                value = _json(line)
            else:
                value = [entry for entry in re.split(f"[{separators}]+", line) if entry.strip(BLANKS)] or [""]
        if not isinstance(value, list | tuple):
            raise FaultError
        if value and all(isinstance(entry, str) and not entry.strip(BLANKS) for entry in value):
            raise FaultError("name at least one, or remove the key")
        return list(value)

    return parse


def mapping(value: object) -> dict[object, object]:
    """A JSON object, or the JSON text of one."""
    if isinstance(value, str):
        value = _json(free(value))
    if not isinstance(value, Mapping):
        raise FaultError
    for each in value.values():
        if isinstance(each, str):
            filled(each)
    return dict(value)


def _json(value: str) -> object:
    try:
        parsed: object = json.loads(value)
    except (ValueError, RecursionError):
        raise FaultError("the text is no valid JSON: mind the quotes, on a command line too") from None
    return parsed
