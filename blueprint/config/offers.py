"""What the sizes of profiles come to with the rest of the configuration: amounts, and what they cost an hour."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from blueprint.config.facts import fargate
from blueprint.config.facts.instances import InstanceType, known
from blueprint.config.facts.nodes import DEVICE_PLUGIN, Amounts, kept_attachments, room
from blueprint.config.facts.prices import prices
from blueprint.config.facts.services import SERVICES
from blueprint.config.machines import all_types, of
from blueprint.config.settings import Config
from blueprint.config.types import sizes
from blueprint.config.types.profiles import Size


@dataclass(frozen=True)
class ServerSize:
    """What a server is sure to get and gets at most: thousandths of a CPU, bytes of memory and of the node's disk."""

    cpu: int
    cpu_limit: int
    memory: int
    memory_limit: int
    disk: int
    gpus: int = 0

    @property
    def sure(self) -> Amounts:
        """What it takes from others."""
        return Amounts(self.cpu, self.memory, self.disk)


def in_table(names: Iterable[str]) -> list[InstanceType]:
    """The instance types whose sizes are known."""
    return [known()[name] for name in names if name in known()]


def room_for_servers(kind: InstanceType, config: Config) -> Amounts:
    """What a node of a type has for servers, of which each attaches a volume where homes are on EBS."""
    has = room(kind, config.nodes_disk_size)
    if kind.gpus:
        has -= DEVICE_PLUGIN
    if config.storage_home == "efs":
        return has
    attachable = kind.attachments - kept_attachments(in_table(all_types(config)))
    # The driver never says "none", which Kubernetes takes for "any number".
    return replace(has, pods=min(has.pods, max(attachable, 1)))


def rooms(config: Config, size: Size | None = None) -> dict[str, Amounts]:
    """What a node has for servers, by the types whose sizes are known: of the usual ones, or those of a size."""
    return {kind.name: room_for_servers(kind, config) for kind in in_table(of(size or Size(), config).types)}


def server_size(size: Size, config: Config) -> ServerSize:
    """The amounts of a size. A share is one of the smallest node: any type may be what Auto Scaling starts."""
    disk = sizes.quantity(size.disk or config.singleuser_disk_guarantee)
    gpus = size.gpus or 0
    if size.share is not None:
        parts = int(size.share.rpartition("/")[2])
        has = rooms(config, size).values()
        cpu = min((each.cpu for each in has), default=0)
        memory = min((each.memory for each in has), default=0) // parts // 2**20 * 2**20
        return ServerSize(cpu // parts, cpu, memory, memory, disk, gpus)
    limit = size.memory_limit or size.memory or config.singleuser_memory_limit
    return ServerSize(
        math.ceil(1000 * (size.cpu or config.singleuser_cpu_guarantee)),
        math.ceil(1000 * (size.cpu_limit or config.singleuser_cpu_limit)),
        sizes.memory(size.memory or config.singleuser_memory_guarantee),
        sizes.memory(limit),
        disk,
        gpus,
    )


def without_machine(size: Size, config: Config) -> ServerSize | None:
    """The amounts of a size on Fargate: all that is paid for, no less than is asked; None where none is so large."""
    wanted = server_size(size, config)
    found = fargate.machine(wanted.sure)
    if found is None:
        return None
    has = found.room
    return ServerSize(has.cpu, has.cpu, has.memory, has.memory, wanted.disk)


def price_without_machine(size: Size, config: Config) -> float | None:
    """US dollars an hour on Fargate."""
    return fargate.hour(server_size(size, config).sure, SERVICES)


def keeps_others_away(size: Size, config: Config) -> bool:
    """Whether a whole node is a server's though it leaves room there: of machines that are not all as large."""
    types = in_table(of(size, config).types)
    return size.share == "1" and len({(each.cpus, each.memory) for each in types}) > 1


def held(name: str, room: Amounts, size: ServerSize) -> int:
    """How many servers of a size a node of a type holds that has as much room."""
    fit = room.holds(size.sure)
    return min(fit, known()[name].gpus // size.gpus) if size.gpus else fit


def price(size: Size, config: Config) -> float | None:
    """US dollars an hour for the part of the dearest node that is taken from others; None for types without a price.

    A whole one of nodes that differ in size costs no less than the cheapest, and with spot no more than the dearest.
    """
    listed = prices(config.workload_region).by_type
    has, wants = rooms(config, size), server_size(size, config)
    if any(name not in listed or name not in has for name in of(size, config).types):
        return None
    if keeps_others_away(size, config):
        return (max if of(size, config).spot else min)(listed[name] for name in has)
    parts = {
        name: max(
            wants.cpu / room.cpu,
            wants.memory / room.memory,
            wants.disk / room.disk,
            wants.gpus / max(1, known()[name].gpus),
        )
        for name, room in has.items()
    }
    return max(listed[name] * part for name, part in parts.items())
