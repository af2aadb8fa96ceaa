"""The whole answer, in the forms that it is given in: tables for people, JSON for scripts."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from blueprint.config import Config
from blueprint.config.costs.bill import at_rest, of_people
from blueprint.config.costs.line import Line, total
from blueprint.config.costs.load import Load, Servers
from blueprint.config.costs.remarks import remarks
from blueprint.config.costs.tariff import Tariff
from blueprint.config.costs.ways import MOST_PEOPLE, Way, cheaper_from, ways

QUARTER: Final = 3
"""Months."""


@dataclass(frozen=True)
class Report:
    """What it was reckoned from; the rest follows."""

    config: Config
    tariff: Tariff
    load: Load
    servers: Servers
    today: date
    told: tuple[str, ...] = ()
    """What there was to say before it was reckoned."""

    @cached_property
    def fixed(self) -> list[Line]:
        """What is paid for though nobody signs in."""
        return [*at_rest(self.config, self.tariff, self.today)]

    @cached_property
    def people(self) -> list[Line]:
        """What all people add."""
        return [*of_people(self.config, self.tariff, self.load, self.servers)]

    @cached_property
    def ways(self) -> list[Way]:
        """The hub, and the others."""
        return ways(self.config, self.tariff, self.servers, self.today)

    @cached_property
    def cheaper_from(self) -> dict[str, int | None]:
        """By the other ways' ids, from how many people on the hub costs no more."""
        hub, *others = self.ways
        return {each.id: cheaper_from(hub, each, self.load) for each in others}

    @cached_property
    def remarks(self) -> list[str]:
        """What there is to say of it."""
        return [*self.told, *remarks(self.config, self.tariff, self.load, self.servers)]

    @property
    def ages(self) -> str:
        """How old the prices are, in words."""
        instances, services = self.tariff.instances, self.tariff.services
        return (
            f"Prices: EC2's instances in {instances.region} of {instances.date} ({self._age(instances.date)}), "
            f"other services' of {services.date} ({self._age(services.date)})."
        )

    def _age(self, day: date) -> str:
        days = max(0, (self.today - day).days)
        return "today" if not days else f"{days} day{'s' if days > 1 else ''} old"

    def as_json(self) -> dict[str, Any]:
        """US dollars a month, unless something else is said."""
        instances, services = self.tariff.instances, self.tariff.services
        load, sums = self.load, {"fixed": total(self.fixed), "people": total(self.people)}
        return {
            "load": {
                "people": load.people,
                "hours": load.hours,
                "gigabytes": load.gigabytes,
                "servers_at_a_time": load.peak,
                "compute": "fargate" if self.servers.on_nodes else "nodes",
                "nodes_at_a_time": self.servers.nodes(load),
                "servers_on_a_node": self.servers.on_a_node,
                "node": None if self.servers.on_nodes else self.servers.type,
            },
            "prices": {
                "region": instances.region,
                "instances": {"date": str(instances.date), "days_old": (self.today - instances.date).days},
                "services": {"date": str(services.date), "days_old": (self.today - services.date).days},
            },
            "fixed": [_as_json(line) for line in self.fixed],
            "people": [_as_json(line) for line in self.people],
            "month": {**sums, "each": round(sums["people"] / load.people, 2), "total": round(sum(sums.values()), 2)},
            "three_months": {"total": round(QUARTER * sum(sums.values()), 2)},
            "ways": [
                {
                    "id": way.id,
                    "name": way.name,
                    "remark": way.remark,
                    "month": way.dollars(load),
                    **({"hub_is_cheaper_from": self.cheaper_from[way.id]} if way.id in self.cheaper_from else {}),
                }
                for way in self.ways
            ],
            "remarks": self.remarks,
        }

    def show(self, console: Console) -> None:
        """Print it."""
        load = self.load
        console.print(
            f"{_people(load.people)}, whose servers run {_counted(load.hours, 'hour')} a month each, with "
            f"{load.gigabytes:g} GB at home: {_counted(load.peak, 'server')} at a time on {self._nodes()}."
        )
        console.print(self._bill())
        console.print(self._ways())
        console.print(self.ages)
        for remark in self.remarks:
            console.print(Padding(Text(f"- {remark}"), (0, 0, 0, 0)))

    def _nodes(self) -> str:
        if self.servers.on_nodes:
            return "Fargate"
        return (
            f"{_counted(self.servers.nodes(self.load), 'node')} ({self.servers.on_a_node} on each {self.servers.type})"
        )

    def _bill(self) -> Table:
        table = Table(title="US dollars", title_justify="left", title_style="bold")
        table.add_column("This hub", ratio=3)
        table.add_column("Arithmetic", ratio=3)
        table.add_column("A month", justify="right", no_wrap=True)
        table.add_column("Three months", justify="right", no_wrap=True)
        for lines, words in ((self.fixed, "Whoever signs in"), (self.people, f"For {_people(self.load.people)}")):
            for line in lines:
                table.add_row(line.name, line.arithmetic, *_money(line.dollars))
            table.add_row(words, "", *_money(total(lines)), style="bold", end_section=True)
        both = total([*self.fixed, *self.people])
        table.add_row("Together", "", *_money(both), style="bold")
        for words, dollars in (("What each of them adds", total(self.people)), ("All of it, for each", both)):
            table.add_row(words, f"/ {self.load.people}", *_money(dollars / self.load.people))
        return table

    def _ways(self) -> Table:
        table = Table(title="The same people", title_justify="left", title_style="bold")
        table.add_column("Way", ratio=3)
        table.add_column("How", ratio=3)
        table.add_column("A month", justify="right", no_wrap=True)
        table.add_column("The hub costs less", ratio=2)
        for way in self.ways:
            dollars = way.dollars(self.load)
            month = "not to be had" if dollars is None else f"{dollars:,.2f}"
            table.add_row(way.name, way.remark, month, self._break_even(way))
        return table

    def _break_even(self, way: Way) -> str:
        if way.id not in self.cheaper_from or way.dollars(self.load) is None:
            return ""
        found = self.cheaper_from[way.id]
        return f"not up to {MOST_PEOPLE:,} people" if found is None else f"from {found} people on"


def _as_json(line: Line) -> dict[str, Any]:
    return {"name": line.name, "arithmetic": line.arithmetic, "month": line.dollars}


def _counted(number: float, thing: str) -> str:
    return f"{number:g} {thing}{'' if number == 1 else 's'}"


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _money(dollars: float) -> tuple[str, str]:
    return f"{dollars:,.2f}", f"{QUARTER * dollars:,.2f}"
