"""A line of a bill: what is paid for, and the product that it comes to."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Line:
    """Factors with their units; a unit that is empty is a number of things, or the price of one."""

    name: str
    factors: tuple[tuple[float, str], ...]

    @cached_property  # of what is there at rest, it is asked for with each number of people
    def dollars(self) -> float:
        """US dollars a month, in cents: so the lines that are shown come to the sum that is shown."""
        return round(math.prod(number for number, _ in self.factors), 2)

    @property
    def arithmetic(self) -> str:
        """The product in words."""
        return " \N{MULTIPLICATION SIGN} ".join(_factor(number, unit) for number, unit in self.factors)


def total(lines: Iterable[Line]) -> float:
    """US dollars a month."""
    return round(sum(line.dollars for line in lines), 2)


def _factor(number: float, unit: str) -> str:
    """Prices, which have no unit, in cents at least."""
    text = f"{number:,.6f}".rstrip("0").rstrip(".") if number != int(number) else f"{int(number):,}"
    if isinstance(number, float) and not unit:
        whole, _, part = text.partition(".")
        text = f"{whole}.{part:0<2}"
    return f"{text} {unit}".rstrip()
