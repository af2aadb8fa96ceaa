"""The kinds of machines that users' servers run on: the usual one, and those that sizes of profiles ask for."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from blueprint.config.facts.instances import Architecture, accelerated, architecture, known
from blueprint.config.settings import Config
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
    types = tuple(sorted(size.instance_types or of_all.types))
    spot = size.capacity == "spot" if size.capacity else of_all.spot
    if spot == of_all.spot and types == tuple(sorted(of_all.types)):
        return of_all
    # Named by what they are: machines of another name are other ones, however the file is changed around them.
    name = "-".join([*(each.replace(".", "-") for each in types), *(["spot"] if spot else [])])
    if len(name) > _LONGEST:
        name = f"{name[:40].rstrip('-')}-{sha256(name.encode()).hexdigest()[:8]}"
    gpus = any(accelerated(each) for each in types)
    return Machines(name, types, spot, config.nodes_gpu_max if gpus else config.nodes_user_max)


def machines(config: Config) -> Iterator[Machines]:
    """Every kind once, the usual one first."""
    profiles = config.singleuser_profiles.by_id.values() if config.singleuser_profiles else ()
    sizes = (size for profile in profiles for size in (profile.sizes or {}).values())
    yield from dict.fromkeys([usual(config), *(of(size, config) for size in sizes)])


def all_types(config: Config) -> list[str]:
    """The instance types of all kinds."""
    return [*dict.fromkeys(name for kind in machines(config) for name in kind.types)]


def needs_spot(config: Config) -> bool:
    """Whether any kind is of spot instances."""
    return any(each.spot for each in machines(config))
