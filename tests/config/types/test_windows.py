"""Times of the week: how they may be written, and what is said of faults in them, of all at once."""

from typing import Any

import pytest

from blueprint.config.settings import BY_KEY
from blueprint.config.types.windows import window
from tests.config.seed import config, problems

KEY = "nodes.user.warm"
TO = "\N{EN DASH}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(f"weekdays 08:30{TO}18:00 Europe/Berlin", [f"weekdays 08:30{TO}18:00 Europe/Berlin"], id="dash"),
        pytest.param("weekdays 08:30-18:00 UTC", [f"weekdays 08:30{TO}18:00 UTC"], id="hyphen"),
        pytest.param(" Daily  00:00 - 24:00   UTC ", [f"daily 00:00{TO}24:00 UTC"], id="blanks"),
        pytest.param("mon - Fri 08:00-09:00 Etc/GMT-3", [f"Mon{TO}Fri 08:00{TO}09:00 Etc/GMT-3"], id="days"),
        pytest.param(
            "Sat 08:00-09:00 America/Port-au-Prince", [f"Sat 08:00{TO}09:00 America/Port-au-Prince"], id="zone"
        ),
        pytest.param(
            "Fri 22:00-24:00 UTC, Sat 00:00-02:00 UTC",
            [f"Fri 22:00{TO}24:00 UTC", f"Sat 00:00{TO}02:00 UTC"],
            id="several, as text",
        ),
        pytest.param(["Sat 08:00-09:00 UTC", f"Sat 08:00{TO}09:00 UTC"], [f"Sat 08:00{TO}09:00 UTC"], id="once each"),
        pytest.param([], [], id="none"),
    ],
)
def test_times_are_read(value: Any, expected: list[str]) -> None:
    assert config({KEY: value}).nodes_user_warm == expected


FORM = f"write days, hours and a time zone, for example weekdays 08:30{TO}18:00 Europe/Berlin"
DAYS = f"for {{}} write weekdays, weekends, daily, a day such as Sat, or several, Sun{TO}Thu"
HOURS = "{}: write 00:00 to 23:59, and 24:00 for the end of a day"
ZONE = "{} is no time zone of IANA's: such are Europe/Berlin and UTC"


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        pytest.param("weekdays", FORM, id="days alone"),
        pytest.param("weekdays 08:30-18:00", FORM, id="no zone"),
        pytest.param("08:30-18:00 UTC", FORM, id="no days"),
        pytest.param("weekdays 08:30 18:00 UTC", FORM, id="no dash"),
        pytest.param("weekdays 08:30\N{EM DASH}18:00 UTC", FORM, id="another dash"),
        pytest.param("workdays 08:30-18:00 UTC", DAYS.format("workdays"), id="unknown day"),
        pytest.param("MON 08:30-18:00 UTC", DAYS.format("MON"), id="capitals"),
        pytest.param("Mon-Funday 08:30-18:00 UTC", DAYS.format("Mon-Funday"), id="unknown last day"),
        pytest.param("Mon-Wed-Fri 08:30-18:00 UTC", DAYS.format("Mon-Wed-Fri"), id="three days"),
        pytest.param("weekdays-Sat 08:30-18:00 UTC", DAYS.format("weekdays-Sat"), id="a group and a day"),
        pytest.param("daily 8:30-18:00 UTC", HOURS.format("8:30"), id="one digit"),
        pytest.param("daily 24:00-24:00 UTC", HOURS.format("24:00"), id="begins at 24:00"),
        pytest.param("daily 08:60-24:01 UTC", HOURS.format("08:60 and 24:01"), id="no such times"),
        pytest.param(
            "daily 18:00-08:30 UTC",
            f"18:00{TO}08:30 ends before it begins: a night is two, until 24:00 and from 00:00 of the next day",
            id="ends before it begins",
        ),
        pytest.param(
            "daily 08:30-08:30 UTC",
            f"08:30{TO}08:30 is no time at all: a whole day is 00:00{TO}24:00",
            id="no time",
        ),
        pytest.param("daily 08:30-18:00 Europe/Berln", ZONE.format("Europe/Berln"), id="unknown zone"),
        pytest.param("daily 08:30-18:00 CEST", ZONE.format("CEST"), id="an abbreviation"),
        pytest.param("daily 08:30-18:00 UTC+1", ZONE.format("UTC+1"), id="an offset"),
        pytest.param(
            "daily 08:30-18:00 europe/berlin",
            "europe/berlin is no time zone of IANA's: did you mean Europe/Berlin?",
            id="a zone in small letters",
        ),
        pytest.param(
            "Weekday 24:00-18:00 Mars",
            "; ".join([DAYS.format("Weekday"), HOURS.format("24:00"), ZONE.format("Mars")]),
            id="all at once",
        ),
    ],
)
def test_faults_are_told_with_what_to_write(value: str, fix: str) -> None:
    (found,) = problems({KEY: value})
    assert (found.key, found.allowed, found.fix) == (KEY, BY_KEY[KEY].allowed, fix)


def test_faults_of_several_are_told_at_once() -> None:
    found = problems({KEY: ["x", "daily 08:00-09:00 UTC", "daily 10:00-09:00 UTC"]})
    assert [each.got for each in found] == ['"x"', '"daily 10:00-09:00 UTC"']


@pytest.mark.parametrize(
    ("text", "hours"),
    [("weekdays 08:30-18:00 UTC", 47.5), ("daily 00:00-24:00 UTC", 168), ("Sat 23:59-24:00 UTC", 1 / 60)],
)
def test_hours_of_a_week_are_counted(text: str, hours: float) -> None:
    assert window(config({KEY: text}).nodes_user_warm[0]).hours == pytest.approx(hours)
