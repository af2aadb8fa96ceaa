from datetime import date, timedelta

import pytest

from blueprint.config.facts.kubernetes import MINORS, NEWEST


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param(date(2026, 12, 1), "standard", id="last day of standard support"),
        pytest.param(date(2026, 12, 2), "extended", id="standard support ends"),
        pytest.param(date(2027, 12, 1), "extended", id="last day of extended support"),
        pytest.param(date(2027, 12, 2), "none", id="extended support ends"),
    ],
)
def test_support_ends_on_its_day(day: date, expected: str) -> None:
    assert MINORS["1.34"].support(day) == expected


def test_minors_are_complete_and_in_order() -> None:
    assert list(MINORS) == [f"1.{minor}" for minor in range(29, 37)]
    assert NEWEST.version == "1.36"


@pytest.mark.parametrize("version", MINORS)
def test_extended_support_lasts_a_year(version: str) -> None:
    minor = MINORS[version]
    assert minor.extended_ends - minor.standard_ends in (timedelta(days=365), timedelta(days=366))
