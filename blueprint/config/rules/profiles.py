"""Contradictions between profiles and the rest: who may choose, and what fits the nodes."""

from collections.abc import Callable, Iterator
from functools import partial

from blueprint.config.facts.instances import known, known_on
from blueprint.config.facts.nodes import disk_room
from blueprint.config.offers import rooms, server_size
from blueprint.config.problems import Problem, shown, within
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
        if size.share is not None and both:
            fix = f"remove share, or {', '.join(both)}"
            yield Problem(_at(f"{place}.share"), shown(size.share), "a share or amounts, not both", fix)


def shares_are_of_known_types(config: Config, _: Surroundings) -> Iterator[Problem]:
    """What nobody knows the size of cannot be divided."""
    unknown = [name for name in config.nodes_user_instance_types if name not in known()]
    for place, size in _sizes(config):
        if size.share is not None and unknown:
            allowed = f"a share of types that EC2 knew on {known_on()}, and {unknown[0]} is none of them"
            fix = "correct nodes.user.instance.types, or give cpu and memory in place of share"
            yield Problem(_at(f"{place}.share"), shown(size.share), allowed, fix)


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
            room = {kind: getattr(amounts, name) for kind, amounts in rooms(config).items()}
            smallest = min(room, key=room.__getitem__, default=None)
            if smallest and getattr(has, name) > room[smallest] and getattr(size, name) is not None:
                allowed = f"at most {show(room[smallest])}, which a node of the type {smallest} has for servers"
                fix = "lower it, take share: 1 for a whole node, or set nodes.user.instance.types to larger ones"
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
    """The sizes of all profiles, with their places in the file."""
    for id, profile in (config.singleuser_profiles.by_id if config.singleuser_profiles else {}).items():
        yield from ((f"{id}.sizes.{name}", size) for name, size in (profile.sizes or {}).items())


def _problem(place: str, size: Size, name: str, allowed: str, fix: str) -> Problem:
    given = getattr(size, name)
    got = shown(given) if given is not None else f"nothing, which means singleuser.{name}.guarantee"
    return Problem(_at(f"{place}.{name}"), got, allowed, fix)


RULES: tuple[Rule, ...] = (
    groups_come_in_a_claim,
    sizes_are_shares_or_amounts,
    shares_are_of_known_types,
    limits_hold_their_guarantees,
    every_type_holds_each_size,
    disk_holds_each_size,
)
