"""The kinds of machines that users' servers run on: the usual one, and those that sizes of profiles ask for."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from blueprint.config.facts.instances import (
    ALL_OF,
    Architecture,
    InstanceType,
    accelerated,
    architecture,
    family,
    known,
)
from blueprint.config.facts.nodes import DEVICE_PLUGIN, Amounts, room
from blueprint.config.settings import Config
from blueprint.config.types import sizes
from blueprint.config.types.profiles import Size

USUAL = "user"
"""The name of the kind that `nodes.user.*` describes."""
_LONGEST = 50
"""Of a name, to which Karpenter adds some letters for each machine."""


@dataclass(frozen=True)
class Machines:
    """Machines of one kind, of which any may be started, and the most that are."""

    name: str
    types: tuple[str, ...]
    spot: bool
    most: int

    @property
    def architecture(self) -> Architecture:
        """Of all types."""
        return architecture(self.types[0])

    @property
    def has_gpus(self) -> bool:
        """Whether they need an image with drivers, and are for servers with GPUs alone."""
        return any(accelerated(each) for each in self.types)

    @property
    def cpus(self) -> int:
        """What the largest number of the largest of them has."""
        return self.most * max((known()[each].cpus for each in self.types if each in known()), default=0)


def usual(config: Config) -> Machines:
    """The kind that `nodes.user.*` describes."""
    spot = config.nodes_user_capacity == "spot"
    return Machines(USUAL, tuple(config.nodes_user_instance_types), spot, config.nodes_user_max)


def of(size: Size, config: Config) -> Machines:
    """The kind that servers of a size run on."""
    of_all = usual(config)
    types = tuple(sorted(_named(size, config) if size.instance_types else of_all.types))
    spot = size.capacity == "spot" if size.capacity else of_all.spot
    if spot == of_all.spot and types == tuple(sorted(of_all.types)):
        return of_all
    # Named by what they are: machines of another name are other ones, however the file is changed around them.
    name = "-".join([*(each.replace(".", "-") for each in types), *(["spot"] if spot else [])])
    if len(name) > _LONGEST:
        name = f"{name[:40].rstrip('-')}-{sha256(name.encode()).hexdigest()[:8]}"
    gpus = any(accelerated(each) for each in types)
    return Machines(name, types, spot, config.nodes_gpu_max if gpus else config.nodes_user_max)


def _named(size: Size, config: Config) -> set[str]:
    """The types of a size, and of a family the smallest that has what it asks for, if any has."""
    found = set()
    for name in size.instance_types or ():
        if name.endswith(ALL_OF):
            fit = [kind for kind in family(name.removesuffix(ALL_OF)) if _suffices(kind, size, config)]
            found |= {kind.name for kind in sorted(fit, key=lambda kind: (kind.memory, kind.cpus))[:1]}
        else:
            found.add(name)
    return found


def _suffices(kind: InstanceType, size: Size, config: Config) -> bool:
    cpu, memory = size.cpu or 0, size.memory or "0M"
    if size.share is None:
        cpu, memory = size.cpu or config.singleuser_cpu_guarantee, size.memory or config.singleuser_memory_guarantee
    wanted = Amounts(math.ceil(1000 * cpu), sizes.memory(memory), sizes.quantity(size.disk or "1M"))
    has = room(kind, config.nodes_disk_size) - (DEVICE_PLUGIN if kind.gpus else Amounts(pods=0))
    return min(has.cpu, has.memory) > 0 and has.holds(wanted) > 0 and kind.gpus >= (size.gpus or 0)


def machines(config: Config) -> Iterator[Machines]:
    """Every kind once, the usual one first."""
    profiles = config.singleuser_profiles.by_id.values() if config.singleuser_profiles else ()
    asked = (size for profile in profiles for size in (profile.sizes or {}).values())
    yield from dict.fromkeys([usual(config), *(of(size, config) for size in asked)])


def all_types(config: Config) -> list[str]:
    """The instance types of all kinds."""
    return [*dict.fromkeys(name for kind in machines(config) for name in kind.types)]


def needs_spot(config: Config) -> bool:
    """Whether any kind is of spot instances."""
    return any(each.spot for each in machines(config))
