"""What there is in an account: to be looked through when everything was destroyed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.common_models import BaseModel

from rehearsal.aws import Server, moto_settings

_NO_RESOURCES = {
    "AccountSummary",
    "AccessKey",  # of sessions, and of the rehearsal's own people
    "AssumedRole",
    "AWSManagedPolicy",
    "DelegationSet",
    "FakeKey",  # what lies in buckets
    "LogStream",
}
_GONE = {"deleted", "pendingdeletion", "terminated"}
_PERSON = "rehearsal"


def leftovers(server: Server, account: str, before: Collection[str] = ()) -> list[str]:
    """Everything of an account, but what every account has from its beginning, and what there was before.

    Each in words: service, type, and ARN, id or name. What belongs to something named is not named with it.
    """
    found = inventory(server, account) - set(before)
    return sorted(each for each in found if not any(each.startswith(f"{other} > ") for other in found))


def inventory(server: Server, account: str) -> set[str]:
    """All that belongs to an account, in all services and regions, with what belongs to that in turn."""
    found: set[str] = set()
    regions = {"us-east-1"}
    with moto_settings.LOCK:
        for services in _services():
            for region, backend in list(services.get(account, {}).items()):
                regions.update([region] if "-" in region and not region.startswith("aws") else [])
                found.update(_Walk(services.service_name, backend).found())
    for region in sorted(regions):
        found.update(_ours(server, account, region))
    return found


def _services() -> list[Any]:
    """moto's services that were asked anything: for each, the accounts' regions' backends."""
    held: Any = BackendDict
    return list(held._instances)


def _ours(server: Server, account: str, region: str) -> Iterator[str]:
    """What the stand-in's own APIs hold rather than moto."""
    cloud = server.cloud(account, region)
    eks, backup = cloud.client("eks"), cloud.client("backup")
    for name in eks.list_clusters()["clusters"]:
        yield f"eks Cluster {eks.describe_cluster(name=name)['cluster']['arn']}"
    for stack in cloud.client("cloudformation").list_stacks()["StackSummaries"]:
        if stack["StackStatus"] != "DELETE_COMPLETE":
            yield f"cloudformation Stack {stack['StackId']}"
    for plan in backup.list_backup_plans()["BackupPlansList"]:
        for each in backup.list_backup_selections(BackupPlanId=plan["BackupPlanId"])["BackupSelectionsList"]:
            yield f"backup Plan {plan['BackupPlanArn']} > Selection {each['SelectionName']}"


class _Walk:
    """Goes through all that a service holds in an account and region, whatever it is."""

    def __init__(self, service: str, backend: Any) -> None:
        self._service = service
        self._backend = backend
        self._seen: set[int] = set()
        vpcs = getattr(backend, "vpcs", None) or {}
        self._from_the_beginning = {id for id, vpc in vpcs.items() if getattr(vpc, "is_default", False)}

    def found(self) -> Iterator[str]:
        """Each thing in words."""
        return self._in(vars(self._backend), "")

    def _in(self, value: Any, of: str) -> Iterator[str]:
        if id(value) in self._seen or isinstance(value, BaseBackend):
            return
        if type(value).__name__ == "EventBus" and value.name == "default":  # every account has it, but not its rules
            value = vars(value)
        if isinstance(value, BaseModel):
            if not self._counts(value):
                return
            self._seen.add(id(value))
            of = f"{of} > {_named(value)}" if of else f"{self._service} {_named(value)}"
            yield of
            value = vars(value)
        elif type(value).__module__.startswith("moto.") and not isinstance(value, dict) and hasattr(value, "__dict__"):
            self._seen.add(id(value))
            value = vars(value)
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, (list, tuple, set, frozenset)):
            for each in list(value):
                yield from self._in(each, of)

    def _counts(self, thing: Any) -> bool:
        kind = type(thing).__name__
        if kind in _NO_RESOURCES or (kind == "User" and thing.name == _PERSON):
            return False
        states = (getattr(thing, name, None) for name in ("state", "status", "key_state"))
        if any(str(state).lower() in _GONE for state in states) or any(
            getattr(thing, name, None) for name in ("deleted_date", "deletion_date")
        ):
            return False
        if kind == "ManagedPrefixList" and thing.owner_id != thing.ec2_backend.account_id:
            return False
        of = getattr(thing, "vpc_id", None) or (getattr(thing, "id", None) if kind == "VPC" else None)
        return of not in self._from_the_beginning


def _named(thing: Any) -> str:
    """A thing's type, and what it is known by."""
    kind = type(thing).__name__.removeprefix("Fake")
    if kind == "RecordSet":
        return f"{kind} {thing.name} {thing.type}"
    own = re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()
    last = own.rpartition("_")[2]
    names = ["arn", *(f"{stem}_{end}" for end in ("arn", "id", "name") for stem in (own, f"backup_{last}", last))]
    for name in [*names, "resource_arn", "id", "physical_resource_id", "name", "resource_id"]:
        value = getattr(thing, name, None)
        if isinstance(value, str) and value:
            return f"{kind} {value}"
    return kind
