"""Contradictions between profiles and the rest: who may choose, and what fits the nodes."""

from collections.abc import Callable, Iterator
from functools import partial

from blueprint.config.facts.instances import ALL_OF, accelerated, family, known, known_on
from blueprint.config.facts.nodes import disk_room
from blueprint.config.machines import of
from blueprint.config.offers import rooms, server_size
from blueprint.config.problems import NOTHING, Problem, shown, within
from blueprint.config.rules.rule import Rule, Surroundings
from blueprint.config.rules.sizes import cpus, memory
from blueprint.config.settings import Config
from blueprint.config.types import sizes
from blueprint.config.types.profiles import Size

_AMOUNTS = ("cpu", "cpu_limit", "memory", "memory_limit")
_at = partial(within, "singleuser.profiles")


def groups_come_in_a_claim(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Without the claim nobody is in any group, and nobody could choose it."""
    if config.singleuser_profiles is None or config.groups_claim is not None:
        return
    for place, choice in config.singleuser_profiles.choices():
        if choice.allowed_groups:
            allowed = "groups only with groups.claim: without it nobody is known to be in any"
            fix = 'set "groups.claim" to the claim that lists a user\'s groups, or name people with allowed_users'
            yield Problem(_at(f"{place}.allowed_groups"), shown(choice.allowed_groups), allowed, fix)


def sizes_are_shares_or_amounts(config: Config, _: Surroundings) -> Iterator[Problem]:
    """One of the two would not count."""
    for place, size in _sizes(config):
        both = [name for name in _AMOUNTS if getattr(size, name) is not None]
        if size.share == "1" and any(each.endswith(ALL_OF) for each in size.instance_types or ()):
            both = [name for name in both if name not in ("cpu", "memory")]  # what a machine of a family has to have
        if size.share is not None and both:
            fix = f"remove share, or {', '.join(both)}"
            yield Problem(_at(f"{place}.share"), shown(size.share), "a share or amounts, not both", fix)


def shares_are_of_known_types(config: Config, _: Surroundings) -> Iterator[Problem]:
    """What nobody knows the size of cannot be divided."""
    unknown = [name for name in config.nodes_user_instance_types if name not in known()]
    for place, size in _sizes(config):
        if size.share is not None and size.instance_types is None and unknown:
            allowed = f"a share of types that EC2 knew on {known_on()}, and {unknown[0]} is none of them"
            fix = "correct nodes.user.instance.types, or give cpu and memory in place of share"
            yield Problem(_at(f"{place}.share"), shown(size.share), allowed, fix)


def machines_are_karpenters(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Managed groups are of one kind."""
    if config.nodes_user_scaling == "karpenter":
        return
    fix = 'remove it, or set "nodes.user.scaling": "karpenter"'
    for place, size in _sizes(config):
        for name in ("instance_types", "capacity", "gpus"):
            if (given := getattr(size, name)) is not None:
                allowed = "nothing with nodes.user.scaling managed: all users' nodes are then of one kind"
                yield Problem(_at(f"{place}.{name}"), shown(given), allowed, fix)


def machines_are_known(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Of a type that does not exist, or that nobody knows the size of, no node ever comes."""
    for place, size in _sizes(config):
        at, got, types = _at(f"{place}.instance_types"), shown(size.instance_types), size.instance_types or []
        families = [each.removesuffix(ALL_OF) for each in types if each.endswith(ALL_OF)]
        unknown = [each for each in types if not each.endswith(ALL_OF) and each not in known()]
        unknown += [f"{each}{ALL_OF}" for each in families if not family(each)]
        if unknown:
            allowed = f"types that EC2 knew on {known_on()}; {', '.join(unknown)} is not among them"
            yield Problem(at, got, allowed, "correct it")
        elif types and not of(size, config).types:
            largest = max((kind for each in families for kind in family(each)), key=lambda kind: kind.memory)
            allowed = f"families with a machine that has what the size asks for; {largest.name} has it not"
            yield Problem(at, got, allowed, "ask for less, or take another family")


def machines_hold_a_server(config: Config, _: Surroundings) -> Iterator[Problem]:
    """The smallest types have nothing left beside a node's own pods, not even an address."""
    for place, size in _sizes(config):
        has = rooms(config, size) if size.instance_types else {}
        if cramped := [name for name, room in has.items() if min(room.pods, room.memory, room.cpu) < 1]:
            allowed = f"types that have room for a server; {', '.join(cramped)} has it for a node's own pods only"
            yield Problem(_at(f"{place}.instance_types"), shown(size.instance_types), allowed, "take larger ones")


def gpus_are_where_they_are_asked_for(config: Config, _: Surroundings) -> Iterator[Problem]:
    """A server that asks for more GPUs than a node has waits for ever, one that asks for none wastes them."""
    for place, size in _sizes(config):
        types = of(size, config).types
        at, got = _at(f"{place}.gpus"), shown(size.gpus)
        if size.gpus is None:
            if idle := [each for each in types if accelerated(each)]:
                allowed = f"with {idle[0]}, the number of GPUs that a server has for itself"
                yield Problem(at, NOTHING, allowed, "for example gpus: 1, or take types without GPUs")
            continue
        if config.nodes_gpu_max == 0:
            fix = 'for example "nodes.gpu.max": 2'
            yield Problem(at, got, "only with nodes.gpu.max above 0: else there are no nodes with GPUs", fix)
        has = {each: known()[each].gpus if _is_of_nvidia(each) else 0 for each in types if each in known()}
        least = min(has, key=has.__getitem__, default=None)
        if least and has[least] < size.gpus:
            of_nvidia = f"at most {has[least]}" if has[least] else "on types with whole GPUs of NVIDIA's"
            fix = "name such types in instance_types, for example g4dn.xlarge" if not has[least] else "lower it"
            yield Problem(at, got, f"{of_nvidia}; {least} has {has[least] or 'none'}", fix)


def _is_of_nvidia(name: str) -> bool:
    return known()[name].gpu.startswith("NVIDIA")


def limits_hold_their_guarantees(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Kubernetes takes no pod that is sure to get more than it gets at most."""
    for place, size in _sizes(config):
        has = server_size(size, config)
        for name, limit, show in (("cpu", "cpu_limit", cpus), ("memory", "memory_limit", memory)):
            most = getattr(has, limit)
            if getattr(has, name) > most:
                source = limit if getattr(size, limit) is not None else f"singleuser.{name}.limit"
                allowed = f"at most {show(most)}, the limit ({source})"
                yield _problem(place, size, name, allowed, f"lower it, or raise {limit}")


def every_type_holds_each_size(config: Config, _: Surroundings) -> Iterator[Problem]:
    """A server that is too large for a node waits for ever."""
    for place, size in _sizes(config):
        if size.share is not None:
            continue
        has = server_size(size, config)
        for name, show in _SHOWN:
            room = {kind: getattr(amounts, name) for kind, amounts in rooms(config, size).items()}
            smallest = min(room, key=room.__getitem__, default=None)
            # What is not the size's own is told of the settings, as far as the usual nodes go.
            own = getattr(size, name) is not None or size.instance_types is not None
            if smallest and getattr(has, name) > room[smallest] and own:
                allowed = f"at most {show(room[smallest])}, which a node of the type {smallest} has for servers"
                types = "instance_types" if size.instance_types else "nodes.user.instance.types"
                fix = f"lower it, take share: 1 for a whole node, or set {types} to larger ones"
                yield _problem(place, size, name, allowed, fix)


def disk_holds_each_size(config: Config, _: Surroundings) -> Iterator[Problem]:
    """A server that is sure of more than the disk has waits for ever."""
    has = disk_room(config.nodes_disk_size)
    for place, size in _sizes(config):
        if size.disk is not None and sizes.quantity(size.disk) > has:
            allowed = f"at most {has // 2**30}Gi, which a disk of {config.nodes_disk_size} GiB has for servers"
            yield _problem(place, size, "disk", allowed, "lower it, or raise nodes.disk.size")


_SHOWN: tuple[tuple[str, Callable[[int], str]], ...] = (("cpu", cpus), ("memory", memory))


def _sizes(config: Config) -> Iterator[tuple[str, Size]]:
    """The sizes of all profiles whose servers are on nodes, with their places in the file."""
    for id, profile in (config.singleuser_profiles.by_id if config.singleuser_profiles else {}).items():
        if profile.compute == "fargate":
            continue  # blueprint/config/rules/fargate.py
        yield from ((f"{id}.sizes.{name}", size) for name, size in (profile.sizes or {}).items())


def _problem(place: str, size: Size, name: str, allowed: str, fix: str) -> Problem:
    given = getattr(size, name)
    got = shown(given) if given is not None else f"nothing, which means singleuser.{name}.guarantee"
    return Problem(_at(f"{place}.{name}"), got, allowed, fix)


RULES: tuple[Rule, ...] = (
    groups_come_in_a_claim,
    sizes_are_shares_or_amounts,
    machines_are_karpenters,
    machines_are_known,
    machines_hold_a_server,
    gpus_are_where_they_are_asked_for,
    shares_are_of_known_types,
    limits_hold_their_guarantees,
    every_type_holds_each_size,
    disk_holds_each_size,
)
