"""The ARNs of the resources that a call acts on, from its parameters and the forms of ARNs that AWS documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from rehearsal.iam import holdings
from rehearsal.iam.calls import Call
from rehearsal.iam.reference import Action, Type, UnknownError

ANY = "*"
"""The resource of actions that know none, and what stands in an ARN for a part that is not known before it is made."""


@dataclass(frozen=True)
class Target:
    """A resource of a call; `type` is None if the action knows no resources."""

    arn: str
    type: Type | None = None
    new: bool = False


_MAKING = re.compile(r"(Create|Register|Request|Allocate|Copy|Put|Start|Run|Import|Add)[A-Z]")

_PARAMETERS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "backup": {
        "BackupVaultName": ["BackupVaultName"],
        "BackupPlanId": ["BackupPlanId"],
    },
    "cloudformation": {"StackName": ["StackName"]},
    "cognito-idp": {"UserPoolId": ["UserPoolId"]},
    "ecr": {"RepositoryName": ["repositoryName", "repositoryNames"]},
    "eks": {
        "ClusterName": ["clusterName", "name"],
        "NodegroupName": ["nodegroupName"],
        "AddonName": ["addonName"],
    },
    "eks-auth": {"ClusterName": ["clusterName"]},
    "elasticfilesystem": {"FileSystemId": ["FileSystemId"], "AccessPointId": ["AccessPointId"]},
    "elasticloadbalancing": {"TargetGroupName": ["Name"]},
    "iam": {"InstanceProfileNameWithPath": ["InstanceProfileName"]},
    "lambda": {"FunctionName": ["FunctionName"], "LayerName": ["LayerName"], "LayerVersion": ["VersionNumber"]},
    "logs": {"LogGroupName": ["logGroupName"], "LogStreamName": ["logStreamName"]},
    "route53": {"Id": ["HostedZoneId", "Id", "ResourceId"]},
    "s3": {"BucketName": ["Bucket"], "ObjectName": ["Key"]},
    "sqs": {"QueueName": ["QueueUrl", "QueueName"]},
    "ssm": {"ParameterNameWithoutLeadingSlash": ["Name", "Names", "Path"]},
    "wafv2": {"Name": ["Name"], "Id": ["Id"], "Scope": ["Scope"]},
}
"""Which parameters fill the variable parts of a service's ARNs."""

_PREFIXES = {
    "acl": "network-acl",
    "ami": "image",
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "fsap": "access-point",
    "fs": "file-system",
    "i": "instance",
    "igw": "internet-gateway",
    "lt": "launch-template",
    "nat": "natgateway",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "snap": "snapshot",
    "subnet": "subnet",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
"""The types of what has ids such as `sg-0123`."""


def targets(call: Call, action: Action, account: str) -> list[Target]:
    """What a call acts on, as far as an action is concerned, for a caller of an account. Raises UnknownError."""
    if not action.types:
        return [Target(ANY)]
    own = _OWN.get(call.service)
    found = list(own(call, action, account)) if own else []
    found = found or [*_named(call, action, account), *_by_arn(call, action)]
    if call.service == "ec2" and _MAKING.match(call.operation):
        known = {each.type for each in found}
        made = _made(action, account, call.region)
        found += [each for each in made if each.type and each.type.required and each.type not in known]
    if found:
        return list(dict.fromkeys(found))
    if not any(each.required for each in action.types):
        return [Target(ANY)]
    if _MAKING.match(call.operation):
        return _made(action, account, call.region)
    raise UnknownError(f"The rehearsal cannot tell what {call} acts on: rehearsal/iam/resources.py")


def strings(value: Any) -> Iterator[str]:
    """All texts in a call's parameters."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)


def _by_arn(call: Call, action: Action) -> Iterator[Target]:
    """What the parameters name by its ARN."""
    for text in strings(call.input):
        if text.startswith("arn:"):
            yield from (Target(text, each) for each in action.types if _pattern(each.arn).fullmatch(text))


def _named(call: Call, action: Action, account: str) -> Iterator[Target]:
    """What the parameters name by what its ARN is made of; of what is made, its end need not be known."""
    making = _MAKING.match(call.operation) is not None
    for type in action.types:
        names = _parts(type.arn)
        given = {name: _given(call, name) for name in names}
        # A type is meant if its own name is given, which is the first part, or the last but the id that AWS makes.
        own = [name for name in names if name not in _IDS or call.service in {"route53", "backup"}]
        if not own or not all(given[name] for name in own):
            continue
        for value in given[own[-1]]:
            filled = {name: (values or [ANY])[0] for name, values in given.items()} | {own[-1]: value}
            new = making and not all(given.values())
            public = call.service == "ssm" and value.startswith("aws/service/")  # AWS's own, which no account has
            yield Target(_fill(type.arn, call.region, "" if public else account, filled), type, new)


_IDS = {"Id", "UUID", "LoadBalancerId", "TargetGroupId", "ListenerId", "ListenerRuleId"}
"""Parts of ARNs that AWS makes, which no parameter tells."""


def _given(call: Call, part: str) -> list[str]:
    for parameter in _PARAMETERS.get(call.service, {}).get(part, ()):
        value = call.input.get(parameter)
        if value:
            return [_bare(call.service, str(each)) for each in (value if isinstance(value, list) else [value])]
    return []


def _bare(service: str, name: str) -> str:
    """A name without what ARNs do not have of it."""
    if name.startswith("arn:"):
        name = name.split(":", 5)[5].partition("/")[2] or name.rpartition(":")[2]
        return name.partition("/")[0] if service == "cloudformation" else name
    if service == "route53":
        return name.rpartition("/")[2]
    if service == "wafv2" and name in {"REGIONAL", "CLOUDFRONT"}:
        return {"REGIONAL": "regional", "CLOUDFRONT": "global"}[name]
    if service == "sqs":
        return name.rpartition("/")[2]
    return name.removeprefix("/") if service == "ssm" else name


def _made(action: Action, account: str, region: str) -> list[Target]:
    """Something new of each type."""
    return [
        Target(_fill(each.arn, region, account, dict.fromkeys(_parts(each.arn), ANY)), each, new=True)
        for each in action.types
    ]


def _by_id(call: Call, action: Action, account: str) -> Iterator[Target]:
    """What has an id of its own kind in the call's parameters, but not in what these hold in turn."""
    types = {each.name: each for each in action.types}
    for value in call.input.values():
        for text in value if isinstance(value, list) else [value]:
            found = re.fullmatch(r"([a-z]+)-[0-9a-f]{8,}", str(text))
            type = types.get(_PREFIXES.get(found[1], "")) if found else None
            if type:
                yield Target(_fill(type.arn, call.region, account, dict.fromkeys(_parts(type.arn), str(text))), type)


def _ec2(call: Call, action: Action, account: str) -> Iterator[Target]:
    """What has an id, and launch templates that are there by their names."""
    yield from _by_id(call, action, account)
    name = call.input.get("LaunchTemplateName")
    id, _ = holdings.launch_template(account, call.region, {"LaunchTemplateName": name}) if name else (None, {})
    type = next((each for each in action.types if each.name == "launch-template"), None)
    if id and type:
        yield Target(_fill(type.arn, call.region, account, dict.fromkeys(_parts(type.arn), id)), type)


def _secret(call: Call, action: Action, account: str) -> Iterator[Target]:
    ids = [call.input[name] for name in ("SecretId",) if call.input.get(name)]
    for each in [*ids, *(call.input.get("SecretIdList") or [])]:
        yield Target(holdings.secret(account, call.region, each), action.types[0])


def _key(call: Call, action: Action, account: str) -> Iterator[Target]:
    id = call.input.get("KeyId") or call.input.get("TargetKeyId")
    if id:
        type = next(each for each in action.types if each.name == "key")
        yield Target(holdings.key(account, call.region, id), type)


def _function(call: Call, action: Action, account: str) -> Iterator[Target]:
    name = call.input.get("FunctionName", "")
    if name.startswith("arn:"):
        yield Target(name, next(each for each in action.types if each.name == "function"))


def _scaling_group(call: Call, action: Action, account: str) -> Iterator[Target]:
    arn = holdings.scaling_group(
        account, call.region, call.input.get("AutoScalingGroupName"), call.input.get("InstanceId")
    )
    if arn:
        yield Target(arn, action.types[0])


def _load_balancer(call: Call, action: Action, account: str) -> Iterator[Target]:
    if call.operation == "CreateLoadBalancer":
        kind = {"network": "net", "gateway": "gwy"}.get(call.input.get("Type", ""), "app")
        type = next(each for each in action.types if each.name == f"loadbalancer/{kind}/")
        names = {"LoadBalancerName": call.input["Name"], "LoadBalancerId": ANY}
        yield Target(_fill(type.arn, call.region, account, names), type, new=True)


def _backup(call: Call, action: Action, account: str) -> Iterator[Target]:
    arn = call.input.get("RecoveryPointArn")  # of the service whose data was backed up, in that service's form
    type = next((each for each in action.types if each.name == "recoverypoint"), None)
    if arn and type:
        yield Target(arn, type)


def _role(call: Call, action: Action, account: str) -> Iterator[Target]:
    name = call.input.get("RoleArn") or call.input.get("RoleName")
    types = [each for each in action.types if each.name == "role"]
    if call.operation == "CreateServiceLinkedRole":
        service = call.input["AWSServiceName"]
        known = _LINKED.get(service)
        if known is None:
            raise UnknownError(f"The rehearsal does not know the name of the service-linked role of {service}")
        yield Target(f"arn:aws:iam::{account}:role/aws-service-role/{service}/{known}", types[0])
    elif name and types:
        yield Target(holdings.role(account, name), types[0])


_LINKED = {"elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing"}

_OWN: Mapping[str, Callable[[Call, Action, str], Iterator[Target]]] = {
    "autoscaling": _scaling_group,
    "backup": _backup,
    "ec2": _ec2,
    "elasticfilesystem": _by_id,
    "elasticloadbalancing": _load_balancer,
    "iam": _role,
    "kms": _key,
    "lambda": _function,
    "secretsmanager": _secret,
    "sts": _role,
}
"""How to find the resources of services that name them in ways of their own."""


@cache
def _parts(arn: str) -> list[str]:
    return [each for each in re.findall(r"\$\{(\w+)\}", arn) if each not in {"Partition", "Region", "Account"}]


@cache
def _pattern(arn: str) -> re.Pattern[str]:
    """What ARNs of a form look like. AWS's own name of a thing may hold anything, other parts no `/` and `:`."""
    pieces = re.split(r"(\$\{\w+\})", arn)
    last = max(number for number, piece in enumerate(pieces) if piece.startswith("${"))
    return re.compile(
        "".join(
            (r".+" if number == last and "Name" in piece else r"[^/:]*") if piece.startswith("${") else re.escape(piece)
            for number, piece in enumerate(pieces)
        ).replace(r"\*", "[^:]*")
    )


def _fill(arn: str, region: str, account: str, parts: Mapping[str, str]) -> str:
    values = {"Partition": "aws", "Region": region, "Account": account, **parts}
    return re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], arn)
