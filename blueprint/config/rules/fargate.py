"""Contradictions in profiles whose servers are on Fargate: what it does not have, and what nobody has on nodes."""

from collections.abc import Iterator
from functools import partial

from blueprint.config.facts import fargate
from blueprint.config.offers import server_size
from blueprint.config.problems import Problem, shown, within
from blueprint.config.rules.rule import Rule, Surroundings
from blueprint.config.rules.sizes import memory
from blueprint.config.settings import Config
from blueprint.config.types.profiles import Size

_at = partial(within, "singleuser.profiles")
_REMOVE = "remove it, or compute"
_WITHOUT = {
    "share": ("there is no node to have a part of", "give cpu and memory in place of it"),
    "cpu_limit": ("a server has the CPUs that are paid for", "remove it"),
    "memory_limit": ("a server has the memory that is paid for", "remove it"),
    "instance_types": ("AWS chooses the machine, and none of ARM", _REMOVE),
    "capacity": ("EKS has no spot there", _REMOVE),
    "gpus": ("it has none", _REMOVE),
}
"""What sizes cannot say: why, and what to do."""


def homes_are_on_efs(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Fargate mounts no volume of EBS."""
    if config.storage_home == "ebs":
        for id, profile in config.without_machines.items():
            allowed = "nodes with storage.home ebs: Fargate mounts no volume of EBS"
            yield Problem(
                _at(f"{id}.compute"), shown(profile.compute), allowed, 'remove it, or set "storage.home": "efs"'
            )


def sizes_are_amounts(config: Config, _: Surroundings) -> Iterator[Problem]:
    """All else is of nodes."""
    for place, size in _sizes(config):
        for name, (why, fix) in _WITHOUT.items():
            if (given := getattr(size, name)) is not None:
                yield Problem(_at(f"{place}.{name}"), shown(given), f"nothing with compute: fargate: {why}", fix)


def sizes_are_not_too_large(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Nobody would ever run such a server."""
    most = fargate.largest()
    limits = {
        "cpu": (most.room.cpu, f"{most.cpus:g}"),
        "memory": (most.room.memory, memory(most.room.memory)),
        "disk": (fargate.MOST_DISK * 2**30, f"{fargate.MOST_DISK}Gi"),
    }
    for place, size in _sizes(config):
        if size.share is not None:
            continue
        wanted = server_size(size, config)
        for name, (limit, words) in limits.items():
            if getattr(wanted, name) > limit:
                given = getattr(size, name)
                got = shown(given) if given is not None else f"nothing, which means singleuser.{name}.guarantee"
                allowed = f"at most {words}, the most that Fargate has"
                fix = "lower it" if given is not None else f"lower that, or give {name} here"
                yield Problem(_at(f"{place}.{name}"), got, allowed, fix)


def policies_are_of_servers_without_machines(config: Config, _: Surroundings) -> Iterator[Problem]:
    """On nodes no server has a role by its profile."""
    for id, profile in (config.singleuser_profiles.by_id if config.singleuser_profiles else {}).items():
        if profile.policies and profile.compute != "fargate":
            allowed = "policies only with compute: fargate, where each profile has a role"
            yield Problem(_at(f"{id}.policies"), shown(profile.policies), allowed, "remove them")


def policies_are_this_accounts(config: Config, surroundings: Surroundings) -> Iterator[Problem]:
    """A role takes none of another account's."""
    account = config.workload_account or surroundings.account
    for id, profile in config.without_machines.items():
        for arn in profile.policies or ():
            if account is not None and arn.split(":")[4] not in ("aws", account):
                allowed = f"policies of AWS's or of the workload account, {account}"
                yield Problem(_at(f"{id}.policies"), shown(arn), allowed, "make a policy there that says the same")


def _sizes(config: Config) -> Iterator[tuple[str, Size]]:
    """The sizes of these profiles, with their places in the file; without any, the usual one."""
    for id, profile in config.without_machines.items():
        yield from ((f"{id}.sizes.{name}", size) for name, size in (profile.sizes or {"default": Size()}).items())


RULES: tuple[Rule, ...] = (
    homes_are_on_efs,
    sizes_are_amounts,
    sizes_are_not_too_large,
    policies_are_of_servers_without_machines,
    policies_are_this_accounts,
)
