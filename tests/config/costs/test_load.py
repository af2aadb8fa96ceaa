"""The reckoning of a month's nodes agrees with the week that is drawn person by person."""

import pytest

from benchmarks import week
from blueprint.config.costs.load import Load, node_hours, servers
from blueprint.config.costs.tariff import Tariff
from blueprint.config.facts.prices import prices
from blueprint.config.types.profiles import Size
from tests.config.seed import config

WEEKS = 52 / 12


@pytest.mark.parametrize("people", [10, 20, 50, 100, 200, 300])
@pytest.mark.parametrize("scaling", ["managed", "karpenter"])
def test_nodes_are_those_of_the_week(people: int, scaling: str) -> None:
    sessions = week.week([week.SMALL] * people)
    drawn = week.on_nodes(sessions, scaling, {week.SMALL: "m6i.xlarge"})
    hours = sum(each.end - each.begin for each in sessions) / 3600 / people * WEEKS
    settings = config({"nodes.user.scaling": scaling, "nodes.user.min": 0})
    load, of = Load(people, hours, 10), servers(settings, Size(), Tariff(prices("us-east-1")))
    dollars = 0.192 + week.DISK_HOUR
    assert of.nodes(load) * node_hours(load, settings) * dollars == pytest.approx(drawn.dollars * WEEKS, rel=0.12)


def test_default_of_hours_is_that_of_the_week() -> None:
    sessions = week.week([week.SMALL] * 50)
    assert sum(each.end - each.begin for each in sessions) / 3600 / 50 * WEEKS == pytest.approx(120, rel=0.05)


@pytest.mark.parametrize(
    ("people", "hours", "peak"),
    [(50, 120, 50), (50, 88, 50), (50, 44, 25), (50, 8.8, 5), (1, 1, 1), (50, 730, 50)],
)
def test_who_works_little_does_not_come_every_day(people: int, hours: float, peak: int) -> None:
    assert Load(people, hours, 10).peak == peak


def test_no_node_runs_longer_than_a_month() -> None:
    assert node_hours(Load(50, 730, 10), config()) == 730
