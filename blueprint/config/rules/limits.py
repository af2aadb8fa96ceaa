"""Contradictions between limits and the rest: who is counted, and which limit nobody could ever reach."""

from collections.abc import Iterator
from functools import partial

from blueprint.config.problems import Problem, shown, within
from blueprint.config.rules.rule import Rule, Surroundings, problem
from blueprint.config.settings import Config
from blueprint.config.types import sizes
from blueprint.config.types.limits import Room, Share

_at = partial(within, "singleuser.limits")


def limited_groups_come_in_a_claim(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Without the claim nobody is in any group, and all are counted as others."""
    if config.singleuser_limits is None or config.groups_claim is not None:
        return
    for name in sorted(config.singleuser_limits.groups()):
        allowed = "groups only with groups.claim: without it nobody is known to be in any"
        fix = 'set "groups.claim" to the claim that lists a user\'s groups, or write others in place of groups'
        yield Problem(_at(f"groups.{name}"), shown(name), allowed, fix)


def limits_can_be_reached(config: Config, _: Surroundings) -> Iterator[Problem]:
    """What one person may have is no more than what all of them may, and that no more than the hub has."""
    for place, share in config.singleuser_limits.shares() if config.singleuser_limits else ():
        most = config.singleuser_servers_max
        if most and (share.servers or 0) > most:
            allowed = f"at most singleuser.servers.max ({most}), which is for the whole hub"
            yield Problem(_at(f"{place}.servers"), shown(share.servers), allowed, "lower it, or raise that")
        for key in Room.model_fields:
            own, together = _amount(share.each, key), _amount(share, key)
            if own is not None and together is not None and own > together:
                given = getattr(share.each, key)
                allowed = f"at most what all of them may together ({shown(getattr(share, key))})"
                yield Problem(_at(f"{place}.each.{key}"), shown(given), allowed, "lower it, or raise that")


def _amount(room: Room | Share | None, key: str) -> float | None:
    given = getattr(room, key, None)
    return sizes.memory(given) if isinstance(given, str) else given


def servers_of_a_person_have_names(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Nobody has more servers than one and those with names."""
    named = config.singleuser_servers_named
    if config.singleuser_servers_person > named + 1:
        allowed = f"at most {named + 1}, which is singleuser.servers.named ({named}) and the usual one"
        yield problem(config, "singleuser_servers_person", allowed, "lower it, or raise singleuser.servers.named")


RULES: tuple[Rule, ...] = (limited_groups_come_in_a_claim, limits_can_be_reached, servers_of_a_person_have_names)
