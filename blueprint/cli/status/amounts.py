"""Amounts and times as Kubernetes writes them, and as a table shows them."""

import re
from datetime import UTC, datetime
from typing import Final

_UNITS: Final = {
    **{"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15},
    **{"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50},
}
_SPAN: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "µs": 1e-6, "us": 1e-6, "ns": 1e-9}


def quantity(text: object) -> float:
    """What Kubernetes means by `250m`, `4Gi` or `3`; 0 for what is none."""
    match = re.fullmatch(r"([0-9.]+(?:e[0-9]+)?)([a-zA-Z]{0,2})", str(text))
    return float(match[1]) * _UNITS[match[2]] if match and match[2] in _UNITS else 0.0


def time(text: object) -> datetime | None:
    """A time in ISO 8601, with or without fractions; None for what is none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def seconds(text: str) -> float | None:
    """A span as Go writes it, such as `1m3.2s`."""
    parts = re.findall(r"([0-9.]+)(ms|µs|us|ns|s|m|h)", text)
    if not parts or "".join(f"{number}{unit}" for number, unit in parts) != text:
        return None
    return sum(float(number) * _SPAN[unit] for number, unit in parts)


def span(given: float | None) -> str:
    """Seconds in the two largest units, or nothing."""
    if given is None:
        return ""
    whole = int(max(given, 0))
    for size, unit, below, lesser in ((86400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")):
        if whole >= size:
            rest = whole % size // below
            return f"{whole // size}{unit}{f' {rest}{lesser}' if rest else ''}"
    return f"{whole}s"


def size(given: float | None) -> str:
    """Bytes in the unit that suits, or nothing."""
    if given is None:
        return ""
    for unit, scale in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if given >= scale:
            return f"{given / scale:.1f} {unit}"
    return f"{given:.0f} B"
