"""What ELB holds of all accounts' load balancers, as a picture of one moment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.acm.models import acm_backends
from moto.elbv2.models import ELBv2Backend, FakeListener, FakeLoadBalancer, FakeTargetGroup, elbv2_backends

from rehearsal.aws import moto_settings

Attributes = Mapping[str, str]


@dataclass(frozen=True)
class Target:
    """Where a request may go."""

    address: str
    port: int


@dataclass(frozen=True)
class TargetGroup:
    """Targets, and how it is found out which of them are healthy."""

    arn: str
    protocol: str
    targets: tuple[Target, ...]
    check_protocol: str
    check_port: str
    check_path: str
    codes: str
    healthy_after: int
    unhealthy_after: int


@dataclass(frozen=True)
class Rule:
    """What is done with requests that meet all conditions; both in ELB's words."""

    conditions: tuple[Mapping[str, Any], ...]
    actions: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Certificate:
    """A certificate with its chain, and its private key, all PEM."""

    names: tuple[str, ...]
    chain: bytes
    key: bytes


@dataclass(frozen=True)
class Listener:
    """A port of a load balancer. Rules are in the order in which they are tried; the last one has no conditions."""

    arn: str
    port: int
    protocol: str
    policy: str
    certificates: tuple[Certificate, ...]
    rules: tuple[Rule, ...]
    attributes: Attributes
    """Those of its load balancer."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """What its own attributes put into every answer of a target."""


@dataclass(frozen=True)
class Picture:
    """All accounts' listeners by their load balancers' DNS names, and the target groups that these use, by ARN."""

    listeners: Mapping[str, tuple[Listener, ...]]
    groups: Mapping[str, TargetGroup]


def taken() -> Picture:
    """How it is now."""
    listeners: dict[str, tuple[Listener, ...]] = {}
    groups: dict[str, TargetGroup] = {}
    with moto_settings.LOCK:
        for account in list(elbv2_backends):
            for backend in list(elbv2_backends[account].values()):
                for balancer in backend.load_balancers.values():
                    found = tuple(_listener(backend, balancer, each) for each in balancer.listeners.values())
                    listeners[balancer.dns_name.lower()] = found
                used = {arn for arn, group in backend.target_groups.items() if balancers_of(backend, group)}
                groups.update({arn: _group(backend.target_groups[arn]) for arn in used})
    return Picture(listeners, groups)


def forwarded_to(action: Mapping[str, Any]) -> dict[str, int]:
    """The target groups of an action, with their weights."""
    config = action.get("ForwardConfig", {}).get("TargetGroups")
    if config:
        return {each["TargetGroupArn"]: int(each.get("Weight", 1)) for each in config}
    return {action["TargetGroupArn"]: 1} if "TargetGroupArn" in action else {}


def balancers_of(backend: ELBv2Backend, group: FakeTargetGroup) -> list[str]:
    """The ARNs of the load balancers that send requests to a target group."""
    return [
        arn
        for arn, balancer in backend.load_balancers.items()
        if any(
            group.arn in forwarded_to(action.data)
            for listener in balancer.listeners.values()
            for rule in listener.rules.values()
            for action in rule.actions
        )
    ]


def balancers_with(certificate: str) -> list[str]:
    """The ARNs of the load balancers that have a certificate of ACM."""
    region, account = certificate.split(":")[3:5]
    with moto_settings.LOCK:
        return [
            arn
            for arn, balancer in elbv2_backends[account][region].load_balancers.items()
            if any(certificate in listener.certificates for listener in balancer.listeners.values())
        ]


def _listener(backend: ELBv2Backend, balancer: FakeLoadBalancer, listener: FakeListener) -> Listener:
    last = 10**6
    ordered = sorted(listener.rules.values(), key=lambda rule: last if rule.is_default else int(rule.priority))
    return Listener(
        arn=listener.arn,
        port=int(listener.port),
        protocol=listener.protocol,
        policy=listener.ssl_policy,
        certificates=tuple(_certificate(backend, arn) for arn in dict.fromkeys(listener.certificates)),
        rules=tuple(
            Rule(tuple(rule.conditions), tuple(dict(action.data) for action in rule.actions)) for rule in ordered
        ),
        attributes={key: str(value) for key, value in balancer.attrs.items()},
        headers=dict(_headers(listener.attributes)),
    )


def _headers(attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, value in attributes.items():
        found = re.fullmatch(r"routing\.http\.response\.(\w+)\.header_value", key)
        if found and value:
            yield found[1].replace("_", "-").title(), value


def _certificate(backend: ELBv2Backend, arn: str) -> Certificate:
    found = acm_backends[backend.account_id][backend.region_name]._certificates[arn]
    return Certificate(tuple(found.sans) or (str(found.common_name),), found.cert, found.key)


def _group(group: FakeTargetGroup) -> TargetGroup:
    return TargetGroup(
        arn=group.arn,
        protocol=group.protocol or "HTTP",
        targets=tuple(Target(each["Id"], int(each["Port"])) for each in group.targets.values()),
        check_protocol=group.health_check_protocol or "HTTP",
        check_port=str(group.health_check_port),
        check_path=group.health_check_path or "/",
        codes=group.matcher["HttpCode"],
        healthy_after=int(group.healthy_threshold_count),
        unhealthy_after=int(group.unhealthy_threshold_count),
    )
