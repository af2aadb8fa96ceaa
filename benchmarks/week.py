"""What a week of fifty people costs and how long they wait, by who makes their nodes: `python benchmarks/week.py`.

A model, not a measurement: the same sessions, drawn once, under Cluster Autoscaler with managed groups, Karpenter,
Fargate and a machine each; with servers of one size, of many, and with GPUs. Prices are those of the dated table of
us-east-1. Each server has the same image and is sure of 1 GiB beside it: on the disk of 100 GiB that the blueprint
gives to each node and machine, and on Fargate on one as large as these need. Nodes wait empty as long as the blueprint
has them; none is kept ready.
"""

import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from blueprint.config.facts.fargate import hour
from blueprint.config.facts.instances import known
from blueprint.config.facts.nodes import Amounts, room
from blueprint.config.facts.prices import prices
from blueprint.config.facts.services import HOURS, SERVICES

PEOPLE, DAYS, CULLED = 50, 5, 3600
DISK = 100
DISK_HOUR = DISK * SERVICES.volume_gb / HOURS
"""Dollars."""
HERE, MACHINE, PULL = 8, 40, 121
"""Seconds to a notebook where a node runs, until a machine is ready, and for 11.6 GB of image (docs/start-times.md)."""
IMAGE = 2 * 11_600_000_000
"""Bytes of it on a disk, at the least that docs/fargate.md has."""
NOTICED = {"managed": 10, "karpenter": 1}
"""Seconds until a machine is asked for."""
EMPTY = {"managed": 600, "karpenter": 1800}
"""Seconds after which an empty node goes."""
GIB = 2**30


@dataclass(frozen=True)
class Kind:
    """Servers of a size: amounts, the smallest type that each may have for itself, and one that it shares."""

    sure: Amounts
    alone: str
    shared: str = ""
    gpus: int = 0


SHARED = "m6i.xlarge"
SMALL = Kind(Amounts(500, 10**9, GIB), "m6i.large", SHARED)
HALF = Kind(Amounts(1800, 6 * GIB, GIB), "m6i.xlarge", SHARED)
WHOLE = Kind(Amounts(15000, 50 * GIB, GIB), "m6i.4xlarge")
GPU = Kind(Amounts(3000, 12 * GIB, GIB), "g4dn.xlarge", gpus=1)
MIXES = {
    "one size": [SMALL] * 50,
    "many sizes": [SMALL] * 35 + [HALF] * 10 + [WHOLE] * 5,
    "with GPUs": [SMALL] * 30 + [HALF] * 10 + [WHOLE] * 5 + [GPU] * 5,
}


@dataclass(frozen=True)
class Session:
    """From the click until the server has stopped, in seconds of the week."""

    begin: float
    end: float
    kind: Kind


@dataclass
class Node:
    """A machine, and the servers on it."""

    type: str
    asked: float
    ready: float
    busy: list[Session] = field(default_factory=list)

    def at(self, time: float) -> list[Session]:
        """The servers that are there at a time."""
        return [each for each in self.busy if each.end > time]

    def gone(self, patience: float) -> float:
        """When it goes, if nobody else comes."""
        return max([self.ready, *(each.end for each in self.busy)]) + patience

    def free(self, time: float) -> Amounts:
        """What it has for others."""
        return sum((each.kind.sure * -1 for each in self.at(time)), _whole(self.type))

    def takes(self, kind: Kind, time: float) -> bool:
        """Whether there is room for one more server."""
        gpus = known()[self.type].gpus - sum(each.kind.gpus for each in self.at(time))
        return self.free(time).holds(kind.sure) > 0 and gpus >= kind.gpus


@cache
def _whole(type_: str) -> Amounts:
    """What an empty machine of a type has for servers."""
    return room(known()[type_], DISK) - Amounts(disk=IMAGE, pods=0)


@dataclass(frozen=True)
class Result:
    """Dollars a week, and the seconds that each start took."""

    dollars: float
    waits: list[float]

    def __str__(self) -> str:
        long = sum(each > HERE for each in self.waits) / len(self.waits)
        return f"{self.dollars:.0f} | {median(self.waits):.0f} s | {long:.0%}"


def week(kinds: Sequence[Kind]) -> list[Session]:
    """The sessions of everybody, in their order: a morning, and mostly an afternoon, five days a week."""
    chance = random.Random(50)
    found = []
    for kind in kinds:
        for day in range(DAYS):
            if chance.random() < 0.1:
                continue
            begin = day * 86400 + chance.gauss(9.25, 0.5) * 3600
            end = begin + chance.uniform(2, 4) * 3600
            later = day * 86400 + chance.gauss(13.75, 0.75) * 3600
            if chance.random() < 0.7:
                until = later + chance.uniform(1, 3) * 3600
                if later < end + CULLED:
                    end = max(end, until)
                else:
                    found.append(Session(later, until + CULLED, kind))
            found.append(Session(begin, end + CULLED, kind))
    return sorted(found, key=lambda each: each.begin)


def on_nodes(sessions: Sequence[Session], scaling: str, types: Mapping[Kind, str]) -> Result:
    """Servers share nodes, each on the emptiest, as Kubernetes' scheduler has it."""
    nodes: list[Node] = []
    here: list[Node] = []
    waits = []
    for session in sessions:
        now, wanted = session.begin, types[session.kind]
        here = [each for each in here if each.gone(EMPTY[scaling]) > now]
        fit = [each for each in here if each.type == wanted and each.takes(session.kind, now)]
        node = max(fit, key=lambda each: (each.ready <= now, each.free(now).cpu), default=None)
        if node is None:
            node = Node(wanted, now, now + NOTICED[scaling] + MACHINE + PULL)
            nodes.append(node)
            here.append(node)
        node.busy.append(session)
        waits.append(max(0, node.ready - now) + HERE)
    hours = [(each.type, (each.gone(EMPTY[scaling]) - each.asked) / 3600) for each in nodes]
    return Result(sum(time * (_dollars(name) + DISK_HOUR) for name, time in hours), waits)


def a_machine_each(sessions: Sequence[Session]) -> Result:
    """Each server has a machine, which goes with it."""
    hours = [(each.kind.alone, (each.end - each.begin) / 3600) for each in sessions]
    dollars = sum(time * (_dollars(name) + DISK_HOUR) for name, time in hours)
    return Result(dollars, [NOTICED["karpenter"] + MACHINE + PULL + HERE] * len(sessions))


def fargate(sessions: Sequence[Session]) -> Result | None:
    """Each server is billed by itself, rounded up, and pulls its image to its own disk; there are no GPUs."""
    if any(each.kind.gpus for each in sessions):
        return None
    hours = {each.kind: hour(each.kind.sure + Amounts(disk=IMAGE), SERVICES) for each in sessions}
    found = [price for each in sessions if (price := hours[each.kind]) is not None]
    if len(found) < len(sessions):
        return None
    dollars = sum((each.end - each.begin) / 3600 * price for each, price in zip(sessions, found, strict=True))
    return Result(dollars, [MACHINE + PULL + HERE] * len(sessions))


def _dollars(name: str) -> float:
    return prices("us-east-1").by_type[name]


def rows() -> Iterator[str]:
    """A line of a table for each mix and way."""
    for mix, kinds in MIXES.items():
        sessions = week(kinds)
        # Managed groups are of one type, which holds the largest size; those of this blueprint have no GPUs.
        one = SHARED if mix == "one size" else WHOLE.alone
        with_gpus = any(each.gpus for each in kinds)
        results = {
            "managed": None if with_gpus else on_nodes(sessions, "managed", dict.fromkeys(kinds, one)),
            "Karpenter": on_nodes(sessions, "karpenter", {each: each.shared or each.alone for each in kinds}),
            "Fargate": fargate(sessions),
            "a machine each": a_machine_each(sessions),
        }
        yield from (f"| {mix} | {way} | {result or 'not to be had | |'} |" for way, result in results.items())


def main() -> None:
    """Print the table."""
    table = prices("us-east-1")
    print(f"{PEOPLE} people, prices of {table.region} of {table.date}\n")
    print("| Servers | Nodes | Dollars a week | Median start | Starts that wait for a machine |\n|---|---|---|---|---|")
    print("\n".join(rows()))


if __name__ == "__main__":
    main()
