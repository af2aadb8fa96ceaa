"""Policy documents: their statements, and which calls these speak of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from rehearsal.iam import reference
from rehearsal.iam.conditions import Context, check_operator, holds, like, strings
from rehearsal.iam.reference import UnknownError

_ELEMENTS = {
    *("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource"),
    *("Principal", "NotPrincipal", "Condition"),
}


@dataclass(frozen=True)
class Ask:
    """One thing that a call has to be allowed: an action on a resource, with the values of the condition keys."""

    action: str
    resource: str
    context: Context = field(compare=False, repr=False)


@dataclass(frozen=True)
class Caller:
    """Whom the principals of trust and resource policies are compared with.

    `names` are its ARNs: of its role or user, and of its session; of a service its name, such as `ec2.amazonaws.com`.
    """

    account: str
    names: tuple[str, ...]
    service: bool = False


@dataclass(frozen=True)
class Statement:
    """One statement; `holder` and `policy` say where it stands, `label` is its Sid, or its number from 1."""

    holder: str
    policy: str
    label: str
    body: Mapping[str, Any] = field(hash=False, compare=False, repr=False)

    @property
    def denies(self) -> bool:
        """Whether it forbids."""
        return bool(self.body["Effect"] == "Deny")

    def speaks_of(self, ask: Ask) -> bool:
        """Whether it decides about an ask, whoever makes it. Raises UnknownError."""
        return (
            self._names("Action", lambda each: like(each.lower(), ask.action.lower()))
            and self._names("Resource", lambda each: like(each, ask.resource, ask.context))
            and holds(self.body.get("Condition", {}), ask.context)
        )

    def delegates_to(self, caller: Caller) -> bool:
        """Whether its principal is the caller's whole account, whose own policies then have to allow."""
        return not caller.service and any(
            each == caller.account or each.endswith(f":iam::{caller.account}:root") for each in self._principals("AWS")
        )

    def names(self, caller: Caller) -> bool:
        """Whether its principal is the caller itself, or anybody."""
        if self.body.get("Principal") == "*":
            return True
        given = self._principals("Service" if caller.service else "AWS")
        return bool(set(given) & {"*", *caller.names} if not caller.service else set(given) & set(caller.names))

    def _principals(self, kind: str) -> Sequence[str]:
        principal = self.body.get("Principal", {})
        return strings(principal.get(kind, [])) if isinstance(principal, Mapping) else []

    def _names(self, element: str, fits: Any) -> bool:
        if f"Not{element}" in self.body:
            return not any(map(fits, strings(self.body[f"Not{element}"])))
        # Trust policies, and some of resources, speak of the resource that they are of.
        return element not in self.body or any(map(fits, strings(self.body[element])))


@dataclass(frozen=True)
class Document:
    """A policy document."""

    statements: tuple[Statement, ...]

    def about(self, ask: Ask, *, denying: bool) -> list[Statement]:
        """The statements that decide about an ask, of one effect."""
        return [each for each in self.statements if each.denies == denying and each.speaks_of(ask)]


def document(text: str, holder: str, policy: str) -> Document:
    """A document of a holder, which is a role's, user's or resource's ARN. Raises UnknownError."""
    return Document(
        tuple(
            Statement(holder, policy, str(body.get("Sid") or number), body)
            for number, body in enumerate(_statements(text), 1)
        )
    )


@cache
def _statements(text: str) -> Sequence[Mapping[str, Any]]:
    given = json.loads(text)["Statement"]
    statements = given if isinstance(given, list) else [given]
    for each in statements:
        check(each)
    return statements


def check(statement: Mapping[str, Any]) -> None:
    """Raises UnknownError for what a statement has and the rehearsal does not know: elements, operators, keys."""
    if unknown := statement.keys() - _ELEMENTS:
        raise UnknownError(f"A policy statement has no {', '.join(sorted(unknown))}")
    if "NotPrincipal" in statement:
        raise UnknownError("The rehearsal cannot judge NotPrincipal")
    for operator, keys in statement.get("Condition", {}).items():
        check_operator(operator)
        for key in keys:
            if not reference.known_key(key) and not _of_a_token(statement, key):
                raise UnknownError(f"AWS documents no condition key {key}")


def _of_a_token(statement: Mapping[str, Any], key: str) -> bool:
    """Whether a key is what the tokens say of an issuer that the statement trusts."""
    issuer, _, claim = key.rpartition(":")
    principal = statement.get("Principal")
    provider = principal.get("Federated", "") if isinstance(principal, Mapping) else ""
    return claim in ("aud", "sub") and str(provider).endswith(f":oidc-provider/{issuer}")


def check_actions(statement: Mapping[str, Any]) -> None:
    """Raises UnknownError for an action that AWS does not document; with wildcards, if it stands for none."""
    for name in strings(statement.get("Action", [])) + strings(statement.get("NotAction", [])):
        service, _, operation = name.partition(":")
        if name != "*" and not any(like(operation.lower(), each) for each in reference.actions(service)):
            raise UnknownError(f"AWS documents no action {name}")
