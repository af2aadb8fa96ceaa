"""Other ways to serve the same people, and from how many people on the hub costs less than each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from blueprint.config.costs.bill import at_rest, homes, of_people, without_user_nodes
from blueprint.config.costs.line import Line, total
from blueprint.config.costs.load import Load, Servers
from blueprint.config.costs.tariff import Tariff
from blueprint.config.facts import fargate
from blueprint.config.facts.instances import InstanceType, known
from blueprint.config.facts.nodes import HUB, Amounts
from blueprint.config.facts.services import HOURS
from blueprint.config.offers import held, rooms
from blueprint.config.settings import Config

OWN_DISK: Final = 30
"""GiB of a machine of one's own besides the home: its system, and an environment."""
MOST_PEOPLE: Final = 1000
"""Up to which is looked for a number from which on the hub costs less."""

_NONE: Final = "none is large enough"
_PULLS: Final = "each start waits for its image"

Lines = Callable[[Load], "list[Line] | None"]
"""A month of a load; None where it cannot be served so."""


@dataclass(frozen=True)
class Way:
    """One way to serve people, in words, with its bill."""

    id: str
    name: str
    remark: str
    lines: Lines

    def dollars(self, load: Load) -> float | None:
        """Of a month."""
        lines = self.lines(load)
        return None if lines is None else total(lines)


def ways(config: Config, tariff: Tariff, servers: Servers, today: date) -> list[Way]:
    """This hub first."""
    services, size = tariff.services, servers.size
    rest = [*at_rest(config, tariff, today)]
    alike = _alike(servers, tariff)
    alone = _first(alike, Amounts(size.cpu_limit, size.memory_limit), size.gpus)

    @cache  # which is held against each of the others
    def hub(load: Load) -> list[Line]:
        return [*rest, *of_people(config, tariff, load, servers)]

    def own(hours: Callable[[Load], float]) -> Lines:
        def lines(load: Load) -> list[Line] | None:
            if alone is None:
                return None
            time = (load.people, ""), (hours(load), "h")
            return [
                Line(f"Machines, {alone}", (*time, (tariff.instance(alone), ""))),
                Line("Public addresses", (*time, (services.public_address_hour, ""))),
                *_own_disks(config, tariff, load, load.people),
            ]

        return lines

    def together(load: Load) -> list[Line] | None:
        name = _first(alike, size.sure * load.peak + HUB, size.gpus * load.peak)
        if name is None:
            return None
        return [
            Line(f"Machine, {name}", ((HOURS, "h"), (tariff.instance(name), ""))),
            Line("Public address", ((HOURS, "h"), (services.public_address_hour, ""))),
            *_own_disks(config, tariff, load, 1),
        ]

    kind = alone or _NONE
    return [
        Way("hub", "This hub", _PULLS if servers.on_nodes else _shares(servers), hub),
        Way("own", "An EC2 machine each, stopped when idle", kind, own(lambda load: load.hours)),
        Way("own-always", "An EC2 machine each, never stopped", kind, own(lambda load: HOURS)),
        _elsewhere(config, tariff, servers, today),
        Way("one", "One big machine", "never stopped; no other takes over", together),
    ]


def _elsewhere(config: Config, tariff: Tariff, servers: Servers, today: date) -> Way:
    """The same hub with all servers on Fargate; on nodes, where they are on Fargate."""
    if on_nodes := servers.on_nodes:
        fits = all(held(*each, on_nodes.size) for each in rooms(config).items())
        rest = [*at_rest(config, tariff, today)]

        def shared(load: Load) -> list[Line] | None:
            return [*rest, *of_people(config, tariff, load, on_nodes)] if fits else None

        return Way("nodes", "This hub, servers on nodes", _shares(on_nodes) if fits else _NONE, shared)
    size = servers.size
    hour = None if size.gpus else fargate.hour(size.sure, tariff.services)
    bare = [*without_user_nodes(config, tariff, today)]

    def alone(load: Load) -> list[Line] | None:
        if hour is None:
            return None
        served = Line("Servers", ((load.people, ""), (load.hours, "h"), (hour, "")))
        return [*bare, served, *homes(config, tariff, load, "efs")]

    return Way("fargate", "This hub, servers on Fargate", _PULLS, alone)


def _shares(servers: Servers) -> str:
    return f"{servers.on_a_node} servers on a {servers.type}"


def cheaper_from(hub: Way, other: Way, load: Load) -> int | None:
    """The least number of people from which on, up to `MOST_PEOPLE`, the hub costs no more than another way."""
    found = None
    for people in range(MOST_PEOPLE, 0, -1):
        with_people = Load(people, load.hours, load.gigabytes)
        theirs = other.dollars(with_people)
        if theirs is not None and (ours := hub.dollars(with_people)) is not None and ours > theirs:
            break
        found = people
    return found


def _own_disks(config: Config, tariff: Tariff, load: Load, machines: int) -> Iterator[Line]:
    services = tariff.services
    yield Line("Disks, gp3", ((machines, ""), (OWN_DISK, "GiB"), (services.volume_gb, "")))
    yield Line("Homes on them", ((load.people, ""), (load.gigabytes, "GB"), (services.volume_gb, "")))
    if config.storage_backup_days:
        yield Line("Their backups", ((load.people, ""), (load.gigabytes, "GB"), (services.snapshot_gb, "")))


def _alike(servers: Servers, tariff: Tariff) -> list[InstanceType]:
    """The types that could stand for the servers' nodes, the cheapest first: of the same families, then of others.

    Without those that have no more of anything than one that comes before them.
    """
    machines = servers.machines
    architecture, gpus = machines.architecture, machines.has_gpus
    families = {known()[name].family for name in machines.types if name in known()}
    like = [kind for kind in known().values() if kind.architecture == architecture and bool(kind.gpus) == gpus]
    priced = [kind for kind in like if tariff.has(kind.name)]
    alike: list[InstanceType] = []
    for kind in sorted(priced, key=lambda kind: (kind.family not in families, tariff.instance(kind.name), kind.name)):
        if not any(each.cpus >= kind.cpus and each.memory >= kind.memory and each.gpus >= kind.gpus for each in alike):
            alike.append(kind)
    return alike


def _first(alike: list[InstanceType], wanted: Amounts, gpus: int) -> str | None:
    """The name of the first type that has as much."""
    enough = (
        kind.name
        for kind in alike
        if 1000 * kind.cpus >= wanted.cpu and kind.memory * 2**20 >= wanted.memory and kind.gpus >= gpus
    )
    return next(enough, None)
