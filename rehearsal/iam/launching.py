"""What has to be allowed to start machines: on all that they are made of, not on the request's own things alone.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-runinstances
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rehearsal.iam import holdings
from rehearsal.iam.calls import Call
from rehearsal.iam.reference import action
from rehearsal.iam.resources import ANY, Target

LAUNCHING = {"ec2:CreateFleet", "ec2:RunInstances"}
_MADE = {"instance", "volume", "network-interface", "fleet", "spot-instances-request"}

Tags = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Need:
    """One thing that has to be allowed."""

    action: str
    target: Target
    tags: Mapping[str, str] = field(default_factory=dict)
    created_by: str | None = None


@dataclass
class Machines:
    """What a call would start."""

    role: str | None = None
    keys: set[str] = field(default_factory=set)
    needs: list[Need] = field(default_factory=list)


def machines(call: Call, account: str) -> Machines:
    """What a call needs beside the rights on keys and roles, which are told. Raises UnknownError."""
    region = call.region
    requested = _by_type(call.input.get("TagSpecifications") or [])
    things: dict[tuple[str, str], Mapping[str, str]] = {}
    found = Machines()
    for template, data in _templates(call, account):
        own = _by_type(data.get("TagSpecifications") or [])
        profile = data.get("IamInstanceProfile") or {}
        if name := profile.get("Name") or (profile.get("Arn") or "").rpartition("/")[2]:
            found.role = holdings.profile_role(account, name)
        disks = [each["Ebs"] for each in data.get("BlockDeviceMappings") or [] if "Ebs" in each]
        found.keys |= {holdings.key(account, region, each["KmsKeyId"]) for each in disks if each.get("KmsKeyId")}
        for kind, id in [("launch-template", template), *_used(data), *_made(call)]:
            if id:
                things[kind, id] = {**own.get(kind, {}), **requested.get(kind, {})}
    for (kind, id), tags in things.items():
        for asked in ("CreateFleet", "RunInstances") if call.operation == "CreateFleet" else ("RunInstances",):
            type = next((each for each in action(f"ec2:{asked}").types if each.name == kind), None)
            if type is None:
                continue
            owner = "" if kind in {"image", "snapshot"} else account
            target = Target(f"arn:aws:ec2:{region}:{owner}:{kind}/{id}", type, new=kind in _MADE)
            found.needs.append(Need(f"ec2:{asked}", target, tags))
        if tags and kind in _MADE:
            type = next(each for each in action("ec2:CreateTags").types if each.name == kind)
            target = Target(f"arn:aws:ec2:{region}:{account}:{kind}/{ANY}", type, new=True)
            by = call.operation if kind in requested else "RunInstances"
            found.needs.append(Need("ec2:CreateTags", target, tags, by))
    return found


def _templates(call: Call, account: str) -> Iterator[tuple[str | None, Mapping[str, Any]]]:
    """The launch templates of a call by their ids, with what is put over what they hold, each time."""
    if call.operation == "RunInstances":
        template, data = holdings.launch_template(account, call.region, call.input.get("LaunchTemplate") or {})
        yield template, {**data, **call.input}
        return
    for config in call.input.get("LaunchTemplateConfigs") or []:
        template, data = holdings.launch_template(account, call.region, config["LaunchTemplateSpecification"])
        for override in config.get("Overrides") or [{}]:
            yield template, {**data, **override}


def _used(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is there already."""
    interfaces: Sequence[Mapping[str, Any]] = data.get("NetworkInterfaces") or []
    yield "image", data.get("ImageId", "")
    for each in (data, *interfaces):
        yield "subnet", each.get("SubnetId", "")
    for group in [
        *(data.get("SecurityGroupIds") or []),
        *(id for each in interfaces for id in each.get("Groups") or []),
    ]:
        yield "security-group", group


def _made(call: Call) -> Iterator[tuple[str, str]]:
    """What is made."""
    yield from ((kind, ANY) for kind in ("instance", "volume", "network-interface"))
    if call.operation == "CreateFleet":
        yield "fleet", ANY
    capacity = call.input.get("TargetCapacitySpecification") or {}
    if capacity.get("DefaultTargetCapacityType") == "spot":
        yield "spot-instances-request", ANY


def _by_type(specifications: Sequence[Mapping[str, Any]]) -> Tags:
    return {
        each["ResourceType"]: {tag["Key"]: tag.get("Value", "") for tag in each.get("Tags") or []}
        for each in specifications
    }
