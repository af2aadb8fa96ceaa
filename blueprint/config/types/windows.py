"""Times of the week, as settings write them: days, hours and a time zone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

from blueprint.config.problems import FaultError, plain

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_GROUPS = {"weekdays": range(5), "weekends": range(5, 7), "daily": range(7)}
_DAY = f"(?:{'|'.join(f'[{day[0]}{day[0].lower()}]{day[1:]}' for day in _DAYS)})"
_GROUP = "|".join(f"[{word[0].upper()}{word[0]}]{word[1:]}" for word in _GROUPS)
_TO = "\N{EN DASH}"
_DASH = f" *[-{_TO}] *"
_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
PATTERN = f"(?:{_GROUP}|{_DAY}(?:{_DASH}{_DAY})?) +{_TIME}{_DASH}(?:{_TIME}|24:00) +[A-Za-z][A-Za-z0-9_+/-]{{0,63}}"
"""The form alone: it knows no time zones, and no order of hours."""
_LOOSELY = re.compile(f"(.*[^ ]) +([0-9][0-9:]*){_DASH}([0-9][0-9:]*) +([^ ]+)")
EXAMPLE = f"weekdays 08:30{_TO}18:00 Europe/Berlin"


@dataclass(frozen=True)
class Window:
    """Days (0 is Monday), and the minutes of them from one to before another, by the clocks of a time zone."""

    days: tuple[int, ...]
    begin: int
    end: int
    zone: str

    @property
    def hours(self) -> float:
        """Hours of a week, but for those in which clocks are changed."""
        return len(self.days) * (self.end - self.begin) / 60


def window(text: str) -> Window:
    """What a text says that `canonical` made."""
    days, hours, zone = text.split()
    begin, end = map(_minutes, hours.split(_TO))
    return Window(_days(days), begin, end, zone)


def canonical(value: str) -> str:
    """The text with one blank between its parts, and en dashes."""
    found = _LOOSELY.fullmatch(value)
    if not found:
        raise FaultError(f"write days, hours and a time zone, for example {EXAMPLE}")
    days, begin, end, zone = found.groups()
    named = [each[:1].upper() + each[1:] for each in re.split(_DASH, days)]
    if len(named) == 1 and re.fullmatch(_GROUP, days):
        named = [days.lower()]
    faults = [*_faults_of_days(days, named), *_faults_of_hours(begin, end), *_faults_of_zone(zone)]
    if faults:
        raise FaultError("; ".join(faults))
    return f"{_TO.join(named)} {begin}{_TO}{end} {zone}"


def _faults_of_days(given: str, named: list[str]) -> Iterator[str]:
    if named[0] not in _GROUPS and (len(named) > 2 or not {*named} <= {*_DAYS}):
        yield f"for {plain(given)} write weekdays, weekends, daily, a day such as Sat, or several, Sun{_TO}Thu"


def _faults_of_hours(begin: str, end: str) -> Iterator[str]:
    wrong = [each for each, most in ((begin, _TIME), (end, f"{_TIME}|24:00")) if not re.fullmatch(most, each)]
    if wrong:
        yield f"{' and '.join(wrong)}: write 00:00 to 23:59, and 24:00 for the end of a day"
    elif begin == end:
        yield f"{begin}{_TO}{end} is no time at all: a whole day is 00:00{_TO}24:00"
    elif begin > end:
        yield f"{begin}{_TO}{end} ends before it begins: a night is two, until 24:00 and from 00:00 of the next day"


def known_zone(zone: str) -> str:
    """The name of a time zone, as IANA writes it."""
    if faults := [*_faults_of_zone(zone)]:
        raise FaultError("; ".join(faults))
    return zone


def _faults_of_zone(zone: str) -> Iterator[str]:
    if zone not in _zones():
        near = next((name for name in sorted(_zones()) if _place(name) == _place(zone)), None)
        hint = f"did you mean {near}?" if near else "such are Europe/Berlin and UTC"
        yield f"{plain(zone)} is no time zone of IANA's: {hint}"


def _place(zone: str) -> str:
    return zone.rpartition("/")[2].lower()


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return 60 * int(hours) + int(minutes)


def _days(text: str) -> tuple[int, ...]:
    if text.lower() in _GROUPS:
        return tuple(_GROUPS[text.lower()])
    first, *last = (_DAYS.index(name) for name in text.split(_TO))
    if not last:
        return (first,)
    return tuple((first + each) % 7 for each in range((last[0] - first) % 7 + 1))
