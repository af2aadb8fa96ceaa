"""A bill shared by people: each by the time of their servers, and what these asked for."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from blueprint.cli.cost.actual.audit import Run

CPU: Final = 0.9
GIBIBYTE: Final = 0.1
GPU: Final = 9.0
"""What each counts for, as AWS splits costs of EKS: https://docs.aws.amazon.com/cur/latest/userguide/example-accelerated-instances.html"""


@dataclass(frozen=True)
class Share:
    """One person's."""

    person: str
    servers: int
    hours: float
    cpu_hours: float
    gibibyte_hours: float
    gpu_hours: float
    part: float
    """Of all."""
    amount: float


def shares(runs: Iterable[Run], total: float) -> list[Share]:
    """The largest first. Cents that rounding leaves are the largest's: so the parts come to the sum."""
    by_person: defaultdict[str, list[Run]] = defaultdict(list)
    for run in runs:
        by_person[run.person].append(run)
    weights = {person: sum(map(_weight, of)) for person, of in by_person.items()}
    whole = sum(weights.values())
    found = [
        Share(
            person,
            len(of),
            round(sum(run.hours for run in of), 2),
            round(sum(run.hours * run.cpus for run in of), 2),
            round(sum(run.hours * run.gibibytes for run in of), 2),
            round(sum(run.hours * run.gpus for run in of), 2),
            weights[person] / whole if whole else 0.0,
            round(total * weights[person] / whole, 2) if whole else 0.0,
        )
        for person, of in by_person.items()
    ]
    found.sort(key=lambda each: (-each.part, each.person))
    if found and whole:
        first = found[0]
        rest = round(total - sum(each.amount for each in found[1:]), 2)
        found[0] = Share(**{**first.__dict__, "amount": rest})
    return found


def _weight(run: Run) -> float:
    return run.hours * (CPU * run.cpus + GIBIBYTE * run.gibibytes + GPU * run.gpus)
