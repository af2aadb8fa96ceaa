"""The role in the DNS account can be assumed from the workload account, does what it must, and may do no more."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

from botocore.exceptions import ClientError

from blueprint.cli.checks.aws import Account, code, denied
from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.findings import Finding, fault, listed, ok, unknown, warning
from blueprint.cli.checks.world import World
from blueprint.cli.doctor.zones import zones_called

_CHANGE = "route53:ChangeResourceRecordSets"


def trust(world: World) -> Iterator[Finding]:
    """Somebody of the workload account may assume it, with the external id of the settings."""
    config = world.config
    arn = config.domain_operator_role_arn
    external = {"ExternalId": config.parent_dns_external_id} if config.parent_dns_external_id else {}
    role = _role(world.dns, config.parent_dns_role) if world.dns else None
    if world.dns and role is None:
        yield fault(f"The role {arn} does not exist.", f"cdk deploy ParentDns{world.dns.option}")
        return
    if role is not None:
        yield from _owner(world, role)
        refusal = _refusal(role["AssumeRolePolicyDocument"], world)
        if refusal:
            yield fault(f"The role {arn} {refusal}.", f"cdk deploy ParentDns{world.dns.option if world.dns else ''}")
            return
    try:
        sts = world.workload.client("sts")
        sts.assume_role(RoleArn=arn, RoleSessionName="blueprint-doctor", DurationSeconds=900, **external)
    except ClientError as error:
        if not denied(error):
            raise
        if role is not None:
            text = f"The role {arn} trusts the workload account; whether it can be assumed is not known."
            yield unknown(text, "These credentials may not call sts:AssumeRole on it; the deployment's own role may")
        else:
            text = (
                f"The role {arn} cannot be assumed: it is not there, does not trust the account, or wants another id."
            )
            fix = "cdk deploy ParentDns, in the DNS account; with --dns-profile doctor says which of these it is"
            yield fault(text, fix)
        return
    yield ok(f"The role {arn} can be assumed.")


def _role(account: Account, name: str) -> dict[str, Any] | None:
    try:
        role: dict[str, Any] = account.client("iam").get_role(RoleName=name)["Role"]
    except ClientError as error:
        if code(error) != "NoSuchEntity":
            raise
        return None
    return role


def _owner(world: World, role: Mapping[str, Any]) -> Iterator[Finding]:
    """Two deployments that use one role take each other's rights away."""
    tags = {each["Key"]: each["Value"] for each in role.get("Tags", [])}
    stack = tags.get("aws:cloudformation:stack-name", world.stack("ParentDns"))
    if stack != world.stack("ParentDns"):
        text = f"The role {world.config.parent_dns_role} belongs to the stack {stack}: two hubs would meet on it."
        yield fault(text, "Name another role in parent.dns.role, or use the name of that deployment")


def _refusal(document: Mapping[str, Any] | str, world: World) -> str:
    """Why a trust policy keeps the workload account out; empty where it does not."""
    policy = json.loads(unquote(document)) if isinstance(document, str) else document
    account, external = world.config.workload_account, world.config.parent_dns_external_id
    allowing = [each for each in _list(policy["Statement"]) if each["Effect"] == "Allow" and _assumes(each)]
    trusted = [each for each in allowing if account is None or _names(each.get("Principal"), account)]
    if not trusted:
        return f"does not trust the account {account}"
    wanted = [_conditions(each).get("sts:externalid") for each in trusted]
    if all(each is not None and external not in each for each in wanted):
        return "wants another external id than parent.dns.external.id" if external else "wants an external id"
    return ""


def _assumes(statement: Mapping[str, Any]) -> bool:
    return any(each.lower() in ("sts:assumerole", "sts:*", "*") for each in _list(statement.get("Action", [])))


def _names(principal: Any, account: str) -> bool:
    if principal == "*":
        return True
    named = _list(principal.get("AWS", [])) if isinstance(principal, Mapping) else []
    return any(each in ("*", account) or each.startswith(f"arn:aws:iam::{account}:") for each in named)


def _conditions(statement: Mapping[str, Any]) -> dict[str, list[str]]:
    """What keys have to be, whatever the operator."""
    return {
        key.lower(): _list(value)
        for operator in statement.get("Condition", {}).values()
        for key, value in operator.items()
    }


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


class Ask(NamedTuple):
    """Something that the role may do or may not, with the values of Route 53's condition keys."""

    words: str
    action: str
    resource: str
    records: tuple[str, str, str] | None = None
    """Of a change: type, action, and name."""


def rights(world: World) -> Iterator[Finding]:
    """What it must, asked of IAM's own judge, which counts boundaries and the organisation's policies as well."""
    account, config = world.dns, world.config
    assert account is not None
    if _role(account, config.parent_dns_role) is None:
        return
    must, must_not = (_delegating if config.dns_subzone_account == "workload" else _writing)(world, account)
    lacking = [ask.words for ask in must if not _allowed(account, config.domain_operator_role_arn, ask)]
    excess = [ask.words for ask in must_not if _allowed(account, config.domain_operator_role_arn, ask)]
    if lacking:
        fix = f"cdk deploy ParentDns{account.option}, with these settings; or ask who limits the account"
        yield fault(f"The role {config.parent_dns_role} may not {listed(lacking)}.", fix)
    if excess:
        text = f"The role {config.parent_dns_role} may do more than it needs: {listed(excess)}."
        yield warning(text, "Take the other policies off it: it is for this subzone alone")
    if not lacking and not excess:
        yield ok(f"The role {config.parent_dns_role} may do what it must, and no more.")


def _delegating(world: World, account: Account) -> tuple[Sequence[Ask], Sequence[Ask]]:
    parent, subzone = world.config.parent_hostedzone_name, world.config.dev_subzone_name
    zone = _arn(world.config.parent_hostedzone_id or next(iter(zones_called(account.client("route53"), parent)), "*"))
    must = [
        Ask(f"delegate {subzone}", _CHANGE, zone, ("NS", "UPSERT", subzone)),
        Ask(f"take the delegation of {subzone} back", _CHANGE, zone, ("NS", "DELETE", subzone)),
    ]
    if world.config.parent_hostedzone_id is None:
        must.append(Ask("find the parent zone by its name", "route53:ListHostedZonesByName", "*"))
    must_not = [
        Ask(f"write addresses into {parent}", _CHANGE, zone, ("A", "UPSERT", f"www.{parent}")),
        Ask(f"delegate other names of {parent}", _CHANGE, zone, ("NS", "UPSERT", f"another.{parent}")),
        *_ELSEWHERE,
    ]
    return must, must_not


def _writing(world: World, account: Account) -> tuple[Sequence[Ask], Sequence[Ask]]:
    subzone, host = world.config.dev_subzone_name, world.config.jupyterhub_subzone_name
    zone = _arn(next(iter(zones_called(account.client("route53"), subzone)), "*"))
    must = [
        *(
            Ask(f"write {kind} records of {host}", _CHANGE, zone, (kind, "UPSERT", host))
            for kind in ("A", "TXT", "CNAME")
        ),
        Ask(f"read the records of {subzone}", "route53:ListResourceRecordSets", zone),
        Ask("find the zone", "route53:ListHostedZones", "*"),
        Ask("find the zone by its name", "route53:ListHostedZonesByName", "*"),
    ]
    must_not = [
        Ask(f"delegate parts of {subzone}", _CHANGE, zone, ("NS", "UPSERT", f"another.{subzone}")),
        Ask("write into other zones", _CHANGE, _arn("Z00000000000000000000"), ("A", "UPSERT", "www.example.com")),
        *_ELSEWHERE,
    ]
    return must, must_not


_ELSEWHERE = (
    Ask("delete hosted zones", "route53:DeleteHostedZone", "*"),
    Ask("change IAM", "iam:CreateRole", "*"),
    Ask("read buckets", "s3:ListAllMyBuckets", "*"),
    Ask("start machines", "ec2:RunInstances", "*"),
)


def _arn(zone_id: str) -> str:
    return f"arn:aws:route53:::hostedzone/{zone_id}"


def _allowed(account: Account, role: str, ask: Ask) -> bool:
    kind, action, name = ask.records or ("", "", "")
    values = {"RecordTypes": kind, "Actions": action, "NormalizedRecordNames": name} if ask.records else {}
    context = [
        {
            "ContextKeyName": f"route53:ChangeResourceRecordSets{key}",
            "ContextKeyValues": [value],
            "ContextKeyType": "stringList",
        }
        for key, value in values.items()
    ]
    answer = account.client("iam").simulate_principal_policy(
        PolicySourceArn=role, ActionNames=[ask.action], ResourceArns=[ask.resource], ContextEntries=context
    )
    return bool(answer["EvaluationResults"][0]["EvalDecision"] == "allowed")


CHECKS = (Check("DNS role", trust, workload=True), Check("DNS role", rights, dns=True))
