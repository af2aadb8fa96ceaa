"""When room is kept for whoever comes next, by real time zones, and what is kept."""

from datetime import UTC, datetime
from typing import Any

import pytest

from blueprint.config.types.windows import canonical, window
from blueprint.hub.placeholder import placeholder_priority, warm_values
from hub import warm
from tests.config.seed import config

WORK = "weekdays 08:30-18:00 Europe/Berlin"


def kept(times: list[str], moment: str) -> bool:
    """Whether the hub keeps room at a moment, by what the settings say."""
    windows = warm_values(config({"nodes.user.warm": times}))["windows"]
    return warm.wanted(windows, datetime.fromisoformat(moment).astimezone(UTC))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param("2026-11-30T07:29:59+00:00", False, id="a second before it begins"),
        pytest.param("2026-11-30T07:30:00+00:00", True, id="when it begins, in winter"),
        pytest.param("2026-11-30T16:59:59+00:00", True, id="its last second"),
        pytest.param("2026-11-30T17:00:00+00:00", False, id="when it ends"),
        pytest.param("2026-07-01T06:30:00+00:00", True, id="when it begins, in summer"),
        pytest.param("2026-07-01T16:00:00+00:00", False, id="when it ends in summer"),
        pytest.param("2026-03-27T06:45:00+00:00", False, id="the last Friday of winter, too early"),
        pytest.param("2026-03-30T06:45:00+00:00", True, id="at the same time on the first Monday of summer"),
        pytest.param("2026-11-28T11:00:00+00:00", False, id="Saturday"),
        pytest.param("2026-11-27T23:30:00-05:00", False, id="Friday elsewhere, Saturday there"),
    ],
)
def test_a_calendar_follows_the_clocks_of_its_zone(moment: str, expected: bool) -> None:
    assert kept([WORK], moment) == expected


@pytest.mark.parametrize(
    ("times", "moment", "expected"),
    [
        pytest.param(
            "Sun 02:15-02:45 Europe/Berlin", "2026-03-29T01:30:00+00:00", False, id="an hour that is left out"
        ),
        pytest.param("Sun 02:15-02:45 Europe/Berlin", "2026-10-25T00:30:00+00:00", True, id="an hour that comes twice"),
        pytest.param("Sun 02:15-02:45 Europe/Berlin", "2026-10-25T01:30:00+00:00", True, id="its second time"),
        pytest.param("Sun 01:30-03:30 Europe/Berlin", "2026-03-29T01:15:00+00:00", True, id="around the change"),
        pytest.param("Sun 02:00-02:20 Australia/Lord_Howe", "2026-10-03T15:45:00+00:00", False, id="half an hour"),
        pytest.param("daily 09:00-10:00 Asia/Kathmandu", "2026-06-01T03:15:00+00:00", True, id="a quarter's offset"),
    ],
)
def test_a_calendar_holds_where_clocks_are_changed(times: str, moment: str, expected: bool) -> None:
    assert kept([times], moment) == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-27T21:59:00+00:00", False),
        ("2026-11-27T22:00:00+00:00", True),
        ("2026-11-27T23:59:59+00:00", True),
        ("2026-11-28T00:00:00+00:00", True),
        ("2026-11-28T02:00:00+00:00", False),
    ],
)
def test_two_windows_are_a_night_without_a_gap(moment: str, expected: bool) -> None:
    assert kept(["Fri 22:00-24:00 UTC", "Sat 00:00-02:00 UTC"], moment) == expected


def test_one_of_several_windows_suffices() -> None:
    several = [WORK, "Sat 10:00-12:00 America/New_York"]
    assert kept(several, "2026-11-28T15:30:00+00:00")
    assert not kept(several, "2026-11-28T18:00:00+00:00")


def test_without_a_calendar_nothing_is_kept() -> None:
    assert not kept([], "2026-11-30T12:00:00+00:00")


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("weekdays", (0, 1, 2, 3, 4)),
        ("weekends", (5, 6)),
        ("daily", (0, 1, 2, 3, 4, 5, 6)),
        ("wed", (2,)),
        ("Sun-Thu", (6, 0, 1, 2, 3)),
        ("Mon - Mon", (0,)),
    ],
)
def test_days_are_named_or_from_one_to_another(days: str, expected: tuple[int, ...]) -> None:
    assert window(canonical(f"{days} 00:00-24:00 UTC")).days == expected


def pod(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = warm_values(config({"nodes.user.warm": WORK, **changes}))["pod"]
    return made


def requests(**changes: Any) -> dict[str, str]:
    asked: dict[str, str] = pod(**changes)["spec"]["containers"][0]["resources"]["requests"]
    return asked


def test_what_is_kept_is_nearly_the_smallest_user_node() -> None:
    """An m6i.xlarge has 3.735 CPUs and 13.9 GiB for servers."""
    assert requests() == {"cpu": "3361m", "memory": "12843Mi"}
    assert requests(**{"nodes.user.instance.types": ["m6i.4xlarge", "m6i.xlarge"]}) == requests()


def test_what_is_kept_gives_way_to_all_and_has_nodes_started() -> None:
    """Cluster Autoscaler starts none for pods below -10."""
    assert placeholder_priority()["value"] == -10
    assert placeholder_priority()["metadata"]["name"] == pod()["spec"]["priorityClassName"]


def test_the_autoscaler_may_move_it() -> None:
    assert pod()["metadata"]["annotations"] == {"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"}
