"""The values that a call has for the condition keys of policies."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rehearsal.iam import holdings
from rehearsal.iam.calls import Call
from rehearsal.iam.principals import Principal
from rehearsal.iam.reference import GLOBAL_KEYS, UnknownError, supports

Values = Sequence[str] | None


@dataclass(frozen=True)
class RequestContext:
    """The condition keys of one ask: `keys` are those that AWS knows for its action and type of resource.

    `extra` are values that only who asks knows. As in AWS, a request has no key that its action does not know.
    """

    call: Call
    who: Principal
    resource: str
    keys: frozenset[str]
    tags: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Sequence[str]] = field(default_factory=dict)
    new: bool = False

    def values(self, key: str) -> Values:
        """The values of a key in small letters; None if there are none. Raises UnknownError."""
        if key.startswith("aws:principaltag/"):
            return _tag(self.who.tags, key)
        if key not in GLOBAL_KEYS - {"aws:tagkeys"} and not supports(self.keys, key):
            return None
        if key in self.extra:
            return self.extra[key]
        if key.startswith("aws:requesttag/"):
            return _tag(self.tags, key)
        if key == "aws:tagkeys":
            return list(self.tags) or None
        if key.partition(":")[2].startswith("resourcetag/"):
            return self._resource_tag(key)
        if key.startswith("kms:encryptioncontext:"):
            return _tag(self.call.input.get("EncryptionContext") or {}, key, ":", 2)
        if key in _KEYS:
            return _KEYS[key](self)
        raise UnknownError(f"The rehearsal does not know the value of the condition key {key} for {self.call}")

    def _resource_tag(self, key: str) -> Values:
        if self.new:
            return None
        found = holdings.tags(self.resource)
        return _tag(found, key) if found else None


def normalized(name: str) -> str:
    """A record's name as Route 53 compares it: small letters, no dot at the end, what else is special as octal."""
    small = name.lower().removesuffix(".")
    return re.sub(r"[^a-z0-9_.\\-]", lambda found: f"\\{ord(found[0]):03o}", small)


def _tag(tags: Mapping[str, str], key: str, separator: str = "/", parts: int = 1) -> Values:
    """The value of the tag that a key names, in any case of letters."""
    name = key.split(separator, parts)[parts]
    return next(([value] for each, value in tags.items() if each.lower() == name), None)


def _changes(member: Callable[[Mapping[str, Mapping[str, str]]], str]) -> Callable[[RequestContext], Values]:
    def values(context: RequestContext) -> Values:
        batch = context.call.input.get("ChangeBatch", {})
        return sorted({member(each) for each in batch.get("Changes", [])})

    return values


def _given(parameter: str) -> Callable[[RequestContext], Values]:
    """A parameter of the call."""

    def values(context: RequestContext) -> Values:
        found = context.call.input.get(parameter)
        return [str(found)] if found is not None else None

    return values


def _maybe(value: str | None) -> Values:
    return [value] if value else None


def _source(context: RequestContext) -> Values:
    """What an AWS service makes the call for; nobody else's call has it."""
    if context.who.is_service and context.call.source is None:
        raise UnknownError(f"The rehearsal does not know for what {context.who.name} makes {context.call}")
    return _maybe(context.call.source)


_KEYS: Mapping[str, Callable[[RequestContext], Values]] = {
    "aws:principalaccount": lambda context: [context.who.account],
    "aws:principalarn": lambda context: None if context.who.is_service else [context.who.name],
    "aws:principalisawsservice": lambda context: [str(context.who.is_service).lower()],
    "aws:principalorgid": lambda context: _maybe(holdings.organization(context.who.account)),
    "aws:principalservicename": lambda context: [context.who.name] if context.who.is_service else None,
    "aws:requestedregion": lambda context: [context.call.region],
    "aws:resourceaccount": lambda context: [holdings.owner(context.resource) or context.who.account],
    # The rehearsal's connections are not encrypted, those to AWS always are.
    "aws:securetransport": lambda context: ["true"],
    "aws:sourcearn": _source,
    "ec2:vpc": lambda context: None if context.new else _maybe(holdings.vpc(context.resource)),
    "iam:awsservicename": _given("AWSServiceName"),
    "kms:calleraccount": lambda context: [context.who.account],
    "kms:encryptioncontextkeys": lambda context: list(context.call.input.get("EncryptionContext") or {}) or None,
    "kms:grantisforawsresource": lambda context: ["false"],
    "kms:viaservice": lambda context: None,
    "route53:changeresourcerecordsetsactions": _changes(lambda each: str(each["Action"])),
    "route53:changeresourcerecordsetsnormalizedrecordnames": _changes(
        lambda each: normalized(each["ResourceRecordSet"]["Name"])
    ),
    "route53:changeresourcerecordsetsrecordtypes": _changes(lambda each: each["ResourceRecordSet"]["Type"]),
    "s3:prefix": _given("prefix"),
    "s3:resourceaccount": lambda context: _maybe(holdings.owner(context.resource)),
    "sts:externalid": _given("ExternalId"),
    "sts:rolesessionname": _given("RoleSessionName"),
    "sts:sourceidentity": _given("SourceIdentity"),
    **dict.fromkeys(
        ("ec2:createaction", "elasticfilesystem:createaction", "elasticloadbalancing:createaction"),
        lambda context: None,  # only what a call makes is tagged by way of its creation, which who asks knows
    ),
}
