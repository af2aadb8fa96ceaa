"""Contradictions in what servers may do in AWS: whom it is meant for, and what of it would not count."""

from collections.abc import Iterator
from functools import partial
from itertools import combinations

from blueprint.config.facts.kubernetes import MINORS, MOUNTPOINT_FROM
from blueprint.config.problems import NOTHING, Problem, shown, within
from blueprint.config.rules.rule import Rule, Surroundings
from blueprint.config.settings import Config
from blueprint.config.types.access import OWN, Data, Rights

_MINORS = list(MINORS)
_at = partial(within, "aws.access")


def groups_come_in_a_claim(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Without the claim nobody is in any group, and nobody would have it."""
    for id, rights in _rights(config):
        if rights.groups and config.groups_claim is None:
            allowed = "groups only with groups.claim: without it nobody is known to be in any"
            fix = 'set "groups.claim" to the claim that lists a user\'s groups'
            yield Problem(_at(f"{id}.groups"), shown(rights.groups), allowed, fix)


def each_group_has_one_entry(config: Config, _: Surroundings) -> Iterator[Problem]:
    """People have the first that they are meant by: what comes later for the same would count for nobody."""
    seen: dict[str, str] = {}
    everybodys: str | None = None
    for id, rights in _rights(config):
        if everybodys:
            allowed = f"nothing after {everybodys}, which is everybody's"
            yield Problem(_at(id), "more rights", allowed, f"put it before {everybodys}, or give that groups")
        elif rights.groups is None:
            everybodys = id
        for group in rights.groups or ():
            if group in seen:
                allowed = f"each group once; {group} is in {seen[group]}, which comes first"
                yield Problem(_at(f"{id}.groups"), shown(rights.groups), allowed, f"take {group} out of one of them")
            seen.setdefault(group, id)


def rights_are_data_or_a_role(config: Config, _: Surroundings) -> Iterator[Problem]:
    """One of the two would not count."""
    for id, rights in _rights(config):
        if rights.data is None and rights.role is None:
            yield Problem(_at(id), NOTHING, "data, or a role", "add data, a mapping of names to parts of buckets")
        elif rights.data is not None and rights.role is not None:
            fix = "remove role, or give the role these rights and remove data"
            yield Problem(_at(f"{id}.role"), shown(rights.role), "data or a role, not both", fix)


def roles_are_of_the_account(config: Config, surroundings: Surroundings) -> Iterator[Problem]:
    """EKS gives pods roles of its own account."""
    account = config.workload_account or surroundings.account
    for id, rights in _rights(config):
        if rights.role is not None and account is not None and rights.role.split(":")[4] != account:
            fix = "take one of that account, and let it assume the other one or use the other account's buckets"
            yield Problem(_at(f"{id}.role"), shown(rights.role), f"a role of the account {account}", fix)


def keys_are_of_the_region(config: Config, surroundings: Surroundings) -> Iterator[Problem]:
    """S3 encrypts with keys of the bucket's region, and buckets are in the cluster's."""
    region = config.workload_region or surroundings.region
    for place, data in _parts(config):
        if data.kms_key_arn is not None and region is not None and data.kms_key_arn.split(":")[3] != region:
            allowed = f"a key of the region {region}"
            yield Problem(_at(f"{place}.kms_key_arn"), shown(data.kms_key_arn), allowed, "name the bucket's key")


def parts_do_not_overlap(config: Config, _: Surroundings) -> Iterator[Problem]:
    """What one allows the other would seem to withhold."""
    for id, rights in _rights(config):
        for (first, one), (second, two) in combinations((rights.data or {}).items(), 2):
            if one.overlaps(two):
                got = shown(two.prefix) if two.prefix else f"nothing, which means all of {two.bucket}"
                allowed = f"a part that {id}.data.{first} ({one.prefix or f'all of {one.bucket}'}) does not reach into"
                fix = "remove one of them, or give them folders beside each other"
                yield Problem(_at(f"{id}.data.{second}.prefix"), got, allowed, fix)


def folders_can_be_mounted(config: Config, _: Surroundings) -> Iterator[Problem]:
    """A volume is made with the deployment, when nobody knows who will come, by a driver that knows newer minors."""
    old = _MINORS.index(config.kubernetes_version) < _MINORS.index(MOUNTPOINT_FROM)
    for place, data in _parts(config):
        if data.folder and data.is_own:
            allowed = f"a folder only without {OWN} in the prefix: volumes are made before people come"
            yield Problem(_at(f"{place}.folder"), shown(True), allowed, "remove it: programs find S3_… in the server")
        if data.folder and old:
            allowed = f"a folder only from kubernetes.version {MOUNTPOINT_FROM} on, as the driver knows no older one"
            yield Problem(_at(f"{place}.folder"), shown(True), allowed, "upgrade, or remove it")


def _rights(config: Config) -> Iterator[tuple[str, Rights]]:
    yield from config.aws_access.by_id.items() if config.aws_access else ()


def _parts(config: Config) -> Iterator[tuple[str, Data]]:
    yield from config.aws_access.parts() if config.aws_access else ()


RULES: tuple[Rule, ...] = (
    groups_come_in_a_claim,
    each_group_has_one_entry,
    rights_are_data_or_a_role,
    roles_are_of_the_account,
    keys_are_of_the_region,
    parts_do_not_overlap,
    folders_can_be_mounted,
)
