"""The whole answer, beside what the model reckons, in the forms that it is given in."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from blueprint.cli.cost.actual.audit import Run
from blueprint.cli.cost.actual.explorer import Bill
from blueprint.cli.cost.actual.month import Month
from blueprint.cli.cost.actual.shares import Share
from blueprint.config import Config
from blueprint.config.costs.bill import at_rest, of_people
from blueprint.config.costs.line import total
from blueprint.config.costs.load import Load, servers, unknown_types
from blueprint.config.costs.tariff import Tariff
from blueprint.config.facts.prices import prices
from blueprint.config.facts.services import HOURS
from blueprint.config.problems import plain
from blueprint.config.settings import DEPLOYMENT_TAG
from blueprint.config.types.profiles import Size


@dataclass(frozen=True)
class Reckoned:
    """What the model says of the same time, and of which people; no dollars where it knows a type of machine not."""

    people: int
    hours: float
    """Of each one's server, in a whole month."""
    gigabytes: float
    measured: bool
    """Whether people and hours are those that the audit log tells of."""
    dollars: float | None


def reckoned(
    config: Config, load: Load, size: Size, month: Month, runs: Sequence[Run] | None, *, on_fargate: bool = False
) -> Reckoned:
    """The model's figure for people as they were, where that is known, else for those of the options."""
    people = len({run.person for run in runs or ()})
    if people:
        hours = sum(run.hours for run in runs or ()) / people / month.part
        load = Load(people, min(float(HOURS), max(1.0, round(hours, 1))), load.gigabytes)
    tariff = Tariff(prices(config.workload_region))
    dollars = None
    if not unknown_types(config, size, tariff):
        started = servers(config, size, tariff, on_fargate=on_fargate)
        lines = [
            *at_rest(config, tariff, month.first),
            # Of a month in which nobody came, only what is there at rest is left.
            *(of_people(config, tariff, load, started) if people or runs is None else ()),
        ]
        dollars = round(total(lines) * month.part, 2)
    return Reckoned(load.people if people or runs is None else 0, load.hours, load.gigabytes, runs is not None, dollars)


@dataclass(frozen=True)
class ActualReport:
    """A bill, who took how much of it, and the model's figure."""

    name: str
    month: Month
    bill: Bill
    shares: list[Share] | None
    reckoned: Reckoned
    told: str = ""

    def remarks(self) -> Iterator[str]:
        """Each in a sentence or two."""
        if self.told:
            yield self.told
        yield from self._of_the_bill()
        if self.shares:
            yield (
                "Shared is all of it, machines that wait and storage too, by the time of each one's servers and what "
                "these asked for: a GPU counts 9, a CPU 0.9, a GiB of memory 0.1, as AWS splits costs itself. A server "
                "that neither started nor ended in the month is not seen."
            )
        elif self.shares is not None:
            yield "Nobody's server started or ended in the month, so nothing is shared."
        if self.bill.currency != "USD":
            yield f"The bill is in {self.bill.currency} and the model in US dollars, so they are not compared."
        elif self.reckoned.dollars is None:
            yield "The model knows no price of a machine of these settings, so nothing is compared."

    def _of_the_bill(self) -> Iterator[str]:
        if self.month.part < 1:
            yield f"The month is not over: this is up to {self.month.until}, and Cost Explorer is up to a day behind."
        if self.bill.estimated:
            yield "AWS calls the amounts estimated: they change until the bill is made, some days into the next month."
        yield (
            f"Counted is what carries the tag {DEPLOYMENT_TAG} = {self.name}, from the day on which it was activated. "
            "Not in it: what AWS makes without tags, such as a load balancer's public addresses, support, and most tax."
        )
        if self.bill.apart:
            yield "Credits, refunds and tax are no use of services: they are not shared by people, and not compared."
        if self.bill.committed:
            yield (
                "Savings Plans or reserved instances cover some of it: their fee is not in here, so that machines cost "
                "more than these amounts say."
            )

    @property
    def difference(self) -> float | None:
        """What was used beyond the model's figure, in its parts; None where they cannot be compared."""
        if self.bill.currency != "USD" or not self.reckoned.dollars:
            return None
        return round(self.bill.used / self.reckoned.dollars - 1, 4)

    def as_json(self) -> dict[str, Any]:
        """Amounts in the bill's currency; the model's in US dollars."""
        return {
            "deployment": self.name,
            "month": self.month.name,
            "until": str(self.month.until),
            "currency": self.bill.currency,
            "estimated": self.bill.estimated,
            "services": [{"name": name, "amount": amount} for name, amount in self.bill.services.items()],
            "used": self.bill.used,
            "apart": self.bill.apart,
            "paid": self.bill.paid,
            "people": None if self.shares is None else [asdict(each) for each in self.shares],
            "model": {**asdict(self.reckoned), "difference": self.difference},
            "requests": self.bill.requests,
            "remarks": [*self.remarks()],
        }

    def show(self, console: Console) -> None:
        """Print it."""
        console.print(self._services())
        if self.shares:
            console.print(self._people())
        for remark in self.remarks():
            console.print(Padding(Text(f"- {remark}"), (0, 0, 0, 0)))

    def _services(self) -> Table:
        title = f"{self.name} in {self.month.name}, {self.bill.currency}"
        table = Table(title=title, title_justify="left", title_style="bold")
        table.add_column("Service", ratio=3)
        table.add_column("Amount", justify="right", no_wrap=True)
        for name, amount in self.bill.services.items():
            table.add_row(Text(plain(name)), f"{amount:,.2f}")
        table.add_row("Used", f"{self.bill.used:,.2f}", style="bold", end_section=True)
        for name, amount in self.bill.apart.items():
            table.add_row(name, f"{amount:,.2f}")
        if self.bill.apart:
            table.add_row("Paid", f"{self.bill.paid:,.2f}", style="bold", end_section=True)
        if self.difference is not None:
            model = self.reckoned
            words = f"The model, for {_people(model.people)}"
            if model.people:
                words += f" with {model.hours:g} hours a month and {model.gigabytes:g} GB each"
            table.add_row(words, f"{model.dollars:,.2f}")
            table.add_row("Used, beside the model", f"{self.difference:+.0%}")
        return table

    def _people(self) -> Table:
        table = Table(title="By people", title_justify="left", title_style="bold")
        table.add_column("Person", ratio=3)
        titles = ("Servers", "Hours", "CPU h", "GiB h", "GPU h", "Part", "Amount")
        for title in titles:
            table.add_column(title, justify="right", no_wrap=True)
        for each in self.shares or ():
            hours = (each.hours, each.cpu_hours, each.gibibyte_hours, each.gpu_hours)
            numbers = (
                str(each.servers),
                *(f"{number:,.1f}" for number in hours),
                f"{each.part:.1%}",
                f"{each.amount:,.2f}",
            )
            table.add_row(Text(plain(each.person)), *numbers)
        return table


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number or 'no'} people"
