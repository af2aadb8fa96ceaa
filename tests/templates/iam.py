"""The IAM roles of a template: who may assume them, and what they may do with what."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.templates import kinds
from tests.templates.template import Template, plain, references


@dataclass(frozen=True)
class Statement:
    """One statement of an identity policy; `role` is the place of its role in the construct tree."""

    role: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: dict[str, Any]


def statements(template: Template) -> list[Statement]:
    """All statements of all roles, their own and those attached to them."""
    return [
        Statement(
            template.path(role),
            statement["Effect"],
            tuple(listed(statement["Action"])),
            tuple(plain(listed(statement["Resource"]))),
            plain(statement.get("Condition", {})),
        )
        for role, document in documents(template)
        for statement in document["Statement"]
    ]


def listed(value: Any) -> list[Any]:
    """A list, of which IAM lets one be written without the brackets."""
    return value if isinstance(value, list) else [value]


def trust(role: dict[str, Any]) -> list[dict[str, Any]]:
    """The statements by which a role is assumed; one whose keys CloudFormation fills in is written as text."""
    document = role["Properties"]["AssumeRolePolicyDocument"]
    found: list[dict[str, Any]] = (json.loads(document["Fn::Sub"][0]) if "Fn::Sub" in document else document)[
        "Statement"
    ]
    return found


def documents(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """The identity policies of all roles, by the roles' logical ids."""
    for role in template.ids(kinds.ROLE):
        for policy in template.resources[role]["Properties"].get("Policies", []):
            yield role, policy["PolicyDocument"]
    for policy in template.all(kinds.POLICY):
        for role in references(policy["Properties"]["Roles"]):
            yield role, policy["Properties"]["PolicyDocument"]
