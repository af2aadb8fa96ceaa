"""The people and their servers: how many are there at a time, on how many nodes, and for how long in a month.

All work on the same days and at the same time, as people of one place do. benchmarks/week.py draws their sessions one
by one, and a test holds this to it.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from blueprint.config.costs.tariff import Tariff
from blueprint.config.facts.instances import known
from blueprint.config.facts.services import HOURS
from blueprint.config.machines import USUAL, Machines, of
from blueprint.config.offers import ServerSize, held, keeps_others_away, rooms, server_size, without_machine
from blueprint.config.settings import Config
from blueprint.config.types.profiles import Size

DAYS: Final = 22
"""On which people work, in a month."""
LEAST_DAY: Final = 4
"""Hours that a server runs on a day on which its person comes, at least, the hour in which it waits idle among them."""
APART: Final = 2.5
"""Hours between the first and the last who come to the same node, and go from it."""
EMPTY: Final = {"managed": 1 / 6, "karpenter": 1 / 2}
"""Hours after which a node without servers goes: Cluster Autoscaler's default, and that of the pools of Karpenter."""


@dataclass(frozen=True)
class Load:
    """How many people there are; the hours that each one's server runs in a month; GB that each has at home."""

    people: int
    hours: float
    gigabytes: float

    @property
    def day(self) -> float:
        """Hours that a server runs on a day on which its person comes."""
        return max(LEAST_DAY, self.hours / DAYS)

    @property
    def peak(self) -> int:
        """Servers that run at a time, on a day of work."""
        return math.ceil(round(self.people * self.hours / (self.day * DAYS), 6))


@dataclass(frozen=True)
class Servers:
    """What a person starts, and the node that holds fewest of it for its price."""

    size: ServerSize
    machines: Machines
    type: str
    on_a_node: int
    on_nodes: "Servers | None" = None
    """What they would be on nodes, where they are on Fargate."""

    def nodes(self, load: Load) -> int:
        """How many nodes there are at the peak."""
        return 0 if self.on_nodes else math.ceil(load.peak / self.on_a_node)

    def more_nodes(self, load: Load, config: Config) -> int:
        """Those of them that are not kept anyway."""
        kept = config.nodes_user_min if self.machines.name == USUAL else 0
        return max(0, self.nodes(load) - kept)


def node_hours(load: Load, config: Config) -> float:
    """For how long such a node runs in a month."""
    return min(float(HOURS), round(DAYS * (load.day + APART + EMPTY[config.nodes_user_scaling]), 1))


def servers(config: Config, size: Size, tariff: Tariff, *, on_fargate: bool = False) -> Servers:
    """Servers of a size. Any type may start: the dearest for each server counts, for whole ones the least."""
    if on_fargate and (rounded := without_machine(size, config)):
        on_nodes = servers(config, size, tariff)
        return replace(on_nodes, size=rounded, on_a_node=1, on_nodes=on_nodes)
    wanted = server_size(size, config)
    whole = keeps_others_away(size, config)
    fit = {name: 1 if whole else held(name, room, wanted) for name, room in rooms(config, size).items()}
    type = (min if whole else max)(fit, key=lambda name: tariff.instance(name) / max(1, fit[name]))
    return Servers(wanted, of(size, config), type, max(1, fit[type]))


def unknown_types(config: Config, size: Size, tariff: Tariff) -> list[str]:
    """Types without a price, or of which it is not known how many servers they hold."""
    users, core = of(size, config).types, config.nodes_core_instance_types
    kept = config.nodes_user_instance_types if config.nodes_user_min or config.nodes_user_warm else ()
    unpriced = [name for name in (*core, *kept, *users) if not tariff.has(name)]
    return [*dict.fromkeys([*unpriced, *(name for name in users if name not in known())])]
