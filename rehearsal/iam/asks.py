"""All that has to be allowed for a call: its own actions, those that tag what it makes, and those of keys it uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rehearsal.iam import holdings
from rehearsal.iam.actions import TAGGING, actions, passed_role
from rehearsal.iam.calls import Call
from rehearsal.iam.context import RequestContext
from rehearsal.iam.documents import Ask
from rehearsal.iam.launching import LAUNCHING, machines
from rehearsal.iam.principals import Principal
from rehearsal.iam.reference import Action, UnknownError, action
from rehearsal.iam.resources import ANY, Target, targets

Extra = Mapping[str, Sequence[str]]


def asks(call: Call, who: Principal) -> Iterator[Ask]:
    """What somebody has to be allowed for a call. Raises UnknownError."""
    if str(call) in LAUNCHING:
        yield from _launching(call, who)
        return
    tagging = TAGGING.get(call.service)
    for each in actions(call):
        for target in targets(call, each, who.account):
            tags = _tags_of(call, target)
            yield _ask(call, who, each, target, tags)
            # The tags that a session hands on are put on the next one, though nobody says so.
            handed_on = str(call) == "sts:AssumeRole" and who.session and who.session.inherited
            if (tags or handed_on) and tagging and _makes(call, target):
                yield from _tagged(call, who, action(tagging), target, tags)
    if passed := passed_role(call):
        yield _passing(call, who, *passed)
    yield from _of_keys(call, who)
    if str(call) in {"wafv2:AssociateWebACL", "wafv2:DisassociateWebACL"}:
        yield from _guarded(call, who)


def _ask(
    call: Call, who: Principal, asked: Action, target: Target, tags: Mapping[str, str], extra: Extra | None = None
) -> Ask:
    keys = asked.keys | (target.type.keys if target.type else frozenset())
    return Ask(asked.name, target.arn, RequestContext(call, who, target.arn, keys, tags, extra or {}, target.new))


def _makes(call: Call, target: Target) -> bool:
    """Whether a call, if it carries tags, puts them on something new."""
    if str(call) == "sts:AssumeRole":
        return True
    tags = {name.partition(":")[2] for name in TAGGING.values()} | {"AddTags", "TagResource", "TagRole", "TagUser"}
    return call.operation not in tags and (call.service != "ec2" or target.new)


def _tagged(call: Call, who: Principal, tagging: Action, target: Target, tags: Mapping[str, str]) -> Iterator[Ask]:
    """That the call puts tags on what it makes, which is not always what the call itself is about."""
    arn, name = _made(call, target)
    type = next((each for each in tagging.types if each.name == name), None)
    created = {f"{call.service}:createaction": [call.operation]}
    yield _ask(call, who, tagging, Target(arn, type, new=True), tags, created)


def _made(call: Call, target: Target) -> tuple[str, str]:
    """The ARN and the type of what a call makes."""
    parts = target.arn.split(":", 5)
    inside = {
        "elasticfilesystem:CreateAccessPoint": "access-point",
        "elasticloadbalancing:CreateListener": "listener",
        "elasticloadbalancing:CreateRule": "listener-rule",
    }.get(str(call))
    if inside is None:
        return target.arn, target.type.name if target.type else ""
    path = parts[5].split("/")[1:] if call.service == "elasticloadbalancing" else []
    return ":".join([*parts[:5], "/".join([inside, *path, ANY])]), "/".join([inside, *path[:1]])


def _passing(call: Call, who: Principal, role: str, service: str) -> Ask:
    passing = action("iam:PassRole")
    target = Target(holdings.role(who.account, role), passing.types[0])
    return _ask(call, who, passing, target, {}, {"iam:passedtoservice": [service]})


def _launching(call: Call, who: Principal) -> Iterator[Ask]:
    """That the call starts machines, with a role, and disks that are encrypted."""
    found = machines(call, who.account)
    for each in found.needs:
        created = {"ec2:createaction": [each.created_by]} if each.created_by else {}
        yield _ask(call, who, action(each.action), each.target, each.tags, created)
    if found.role:
        yield _passing(call, who, found.role, "ec2.amazonaws.com")
    for key in sorted(found.keys):
        for name in ("kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"):
            yield _of_key(call, who, name, key, "ec2")
        yield _of_key(call, who, "kms:CreateGrant", key, "ec2", {"kms:grantisforawsresource": ["true"]})


def _guarded(call: Call, who: Principal) -> Iterator[Ask]:
    """What AWS WAF asks of the service whose resource it guards."""
    arn = call.input["ResourceArn"]
    if ":loadbalancer/" not in arn:
        raise UnknownError(f"The rehearsal does not know what {call} needs for {arn}")
    setting = action("elasticloadbalancing:SetWebAcl")
    yield _ask(call, who, setting, Target(arn, setting.types[0]), {})


def _of_keys(call: Call, who: Principal) -> Iterator[Ask]:
    """What a service does with a key of the customer's, with the rights of who called the service."""
    region, account = call.region, who.account
    if str(call) == "secretsmanager:GetSecretValue":
        arn = holdings.secret(account, region, call.input["SecretId"])
        if key := holdings.secret_key(arn):
            yield _of_key(call, who, "kms:Decrypt", key, "secretsmanager", {"kms:encryptioncontext:secretarn": [arn]})
    elif str(call) == "ec2:CreateVolume" and call.input.get("KmsKeyId"):
        key = holdings.key(account, region, call.input["KmsKeyId"])
        for name in ("kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"):
            yield _of_key(call, who, name, key, "ec2")
    elif str(call) == "ec2:AttachVolume":
        volume = f"arn:aws:ec2:{region}:{account}:volume/{call.input['VolumeId']}"
        if key := holdings.volume_key(volume):
            yield _of_key(call, who, "kms:CreateGrant", key, "ec2", {"kms:grantisforawsresource": ["true"]})


def _of_key(call: Call, who: Principal, name: str, key: str, service: str, more: Extra | None = None) -> Ask:
    asked = action(name)
    type = next(each for each in asked.types if each.name == "key")
    via = {"kms:viaservice": [f"{service}.{call.region}.amazonaws.com"]}
    return _ask(call, who, asked, Target(key, type), {}, {**via, **(more or {})})


def _tags_of(call: Call, target: Target) -> Mapping[str, str]:
    """The tags that a call carries, of EC2's those for a resource of the target's type."""
    if call.service == "ec2" and "TagSpecifications" in call.input:
        kind = target.type.name if target.type else ""
        listed = [
            tag
            for each in call.input["TagSpecifications"]
            if each.get("ResourceType") == kind and target.new
            for tag in each.get("Tags", [])
        ]
        return _pairs(listed)
    found = dict(_pairs(call.input.get("Tags") or call.input.get("tags") or []))
    if call.service == "elasticloadbalancing" or "TagKeys" in call.input:
        found |= dict.fromkeys(call.input.get("TagKeys") or [], "")
    return found


def _pairs(tags: Any) -> Mapping[str, str]:
    if isinstance(tags, Mapping):
        return {str(key): str(value) for key, value in tags.items()}
    return {
        each.get("Key") or each.get("key") or each.get("TagKey"): each.get("Value") or each.get("value") or ""
        for each in tags
    }
