"""Conditions of policies: operators, values with wildcards and variables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Protocol

from rehearsal.iam.reference import UnknownError

Test = Callable[[str, str], bool]
"""Whether a value of the request fits one of the policy."""


class Context(Protocol):
    """The values of a request's condition keys."""

    def values(self, key: str) -> Sequence[str] | None:
        """Those of one key, in small letters; None if the request has no such key. Raises UnknownError."""


def holds(conditions: Mapping[str, Mapping[str, str | Sequence[str]]], context: Context) -> bool:
    """Whether all conditions of a statement are fulfilled. Raises UnknownError."""
    return all(
        _one(operator, context.values(key.lower()), strings(wanted), context)
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    )


def check_operator(name: str) -> None:
    """Raises UnknownError if there is no such operator."""
    _operator(name)


def strings(value: object) -> list[str]:
    """One value, or several, as policies write them: true for "true"."""
    items = value if isinstance(value, list | tuple) else [value]
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in items]


def like(pattern: str, text: str, context: Context | None = None) -> bool:
    """Whether a text fits a pattern with `*` and `?`, and with variables if there is a context to take them from."""
    filled = _filled(pattern, context)
    return filled is not None and _regex(filled).fullmatch(text) is not None


def _one(name: str, actual: Sequence[str] | None, wanted: Sequence[str], context: Context) -> bool:
    sets, base, negated, if_exists = _operator(name)
    if base == "Null":
        return (actual is None) == (wanted == ["true"])
    if actual is None:
        return if_exists or sets == "ForAllValues" or (negated and not sets)
    test = _TESTS[base]

    def fits(value: str) -> bool:
        return any(
            test(value, filled) for each in wanted if (filled := _filled(each, context, base in _WITH_WILDCARDS))
        )

    found = [fits(value) != negated for value in actual]
    if sets == "ForAllValues" or (negated and not sets):
        return all(found)
    return any(found)


@cache
def _operator(name: str) -> tuple[str, str, bool, bool]:
    """Which values have to fit, the operator without `Not` and `IfExists`, and whether it had these."""
    found = re.fullmatch(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?", name)
    base = found[2] if found else ""
    positive = base.replace("Not", "", 1) if base != "NotIpAddress" else "IpAddress"
    if found is None or (positive not in _TESTS and base != "Null") or (base == "Null" and (found[1] or found[3])):
        raise UnknownError(f"There is no condition operator {name}")
    return found[1] or "", positive, positive != base, found[3] is not None


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    escaped = re.escape(pattern).replace(r"\[\*\]", "[*]").replace(r"\[\?\]", "[?]")
    return re.compile(re.sub(r"(?<!\[)\\([*?])", lambda match: ".*" if match[1] == "*" else ".", escaped), re.DOTALL)


def _number(test: Callable[[float, float], bool]) -> Test:
    return lambda value, wanted: test(float(value), float(wanted))


def _date(test: Callable[[datetime, datetime], bool]) -> Test:
    return lambda value, wanted: test(datetime.fromisoformat(value), datetime.fromisoformat(wanted))


def _arn(value: str, pattern: str) -> bool:
    """As AWS compares ARNs: each of the six parts by itself."""
    parts, patterns = value.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(patterns) and all(
        _regex(each).fullmatch(part) for part, each in zip(parts, patterns, strict=True)
    )


_TESTS: Mapping[str, Test] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": lambda value, wanted: _regex(wanted).fullmatch(value) is not None,
    "ArnEquals": _arn,
    "ArnLike": _arn,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
    "NumericEquals": _number(lambda value, wanted: value == wanted),
    "NumericLessThan": _number(lambda value, wanted: value < wanted),
    "NumericLessThanEquals": _number(lambda value, wanted: value <= wanted),
    "NumericGreaterThan": _number(lambda value, wanted: value > wanted),
    "NumericGreaterThanEquals": _number(lambda value, wanted: value >= wanted),
    "DateEquals": _date(lambda value, wanted: value == wanted),
    "DateLessThan": _date(lambda value, wanted: value < wanted),
    "DateLessThanEquals": _date(lambda value, wanted: value <= wanted),
    "DateGreaterThan": _date(lambda value, wanted: value > wanted),
    "DateGreaterThanEquals": _date(lambda value, wanted: value >= wanted),
    "IpAddress": lambda value, wanted: ip_address(value) in ip_network(wanted),
}
_WITH_WILDCARDS = {"StringLike", "ArnEquals", "ArnLike"}
_SPECIAL = {"*": "[*]", "?": "[?]", "$": "$"}


def _filled(text: str, context: Context | None, wildcards: bool = True) -> str | None:
    """A policy's text with its variables' values; None if the request has no such value.

    What a variable brings is no wildcard: in a pattern, `[*]` is a star.
    """
    if context is None or "${" not in text:
        return text
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        name, _, default = match[1].partition(",")
        if name in _SPECIAL:
            return _SPECIAL[name] if wildcards else name
        found = context.values(name.strip().lower())
        if found is not None and len(found) == 1:
            return re.sub(r"([*?])", r"[\1]", found[0]) if wildcards else found[0]
        missing = missing or not default
        return default.strip().strip("'")

    filled = re.sub(r"\$\{([^}]*)\}", value, text)
    return None if missing else filled
