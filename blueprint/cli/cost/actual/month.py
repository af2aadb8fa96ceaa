"""The month that is asked about."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import typer

KEPT: Final = 14
"""Months that Cost Explorer tells of, this one among them, unless somebody turned on more."""


@dataclass(frozen=True)
class Month:
    """A month up to a day, which is the first that does not count."""

    first: date
    until: date
    whole: float
    """Days of the month."""

    @property
    def name(self) -> str:
        """As it is written on the command line."""
        return f"{self.first:%Y-%m}"

    @property
    def part(self) -> float:
        """How much of the month it is."""
        return (self.until - self.first).days / self.whole

    @property
    def begins(self) -> datetime:
        """Its first moment, as AWS's bills have it."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def ends(self) -> datetime:
        """The first moment that does not count."""
        return datetime.combine(self.until, time(), UTC)


def month(text: str | None, today: date) -> Month:
    """Of the command line; the last one that is over where it names none."""
    allowed = f"a month that is over, or this one, as YYYY-MM, such as {_before(today):%Y-%m}"
    if text is None:
        first = _before(today)
    else:
        found = re.fullmatch("([0-9]{4})-(0[1-9]|1[0-2])", text.strip())
        if not found or found[1] == "0000":
            raise typer.BadParameter(f"{text!r} is not {allowed}", param_hint="--month")
        first = date(int(found[1]), int(found[2]), 1)
        if first > today:
            raise typer.BadParameter(f"{text} is still to come; take {allowed}", param_hint="--month")
    after = (first + timedelta(days=31)).replace(day=1)
    return Month(first, min(after, today + timedelta(days=1)), (after - first).days)


def _before(today: date) -> date:
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)
