"""A stack: its resources as they are, its outputs, and what happened to it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rehearsal.aws.cloudformation.template import Template, TemplateError


@dataclass(frozen=True)
class Resource:
    """A resource that exists, or whose making failed half-way."""

    logical_id: str
    type: str
    ref: str
    """What `Ref` gives: its name or id."""
    attributes: Mapping[str, Any]
    properties: Mapping[str, Any]
    waits_for: frozenset[str] = frozenset()
    keep: str = "Delete"
    """Its DeletionPolicy: what becomes of it when it leaves the stack."""
    keep_replaced: bool = False
    """Whether it stays when another takes its place."""
    complete: bool = True
    """Whether it is as its properties say."""

    def differs(self, other: Resource) -> bool:
        """Whether the other is not the same thing out there."""
        return (self.type, self.ref) != (other.type, other.ref)


@dataclass
class Stack:
    """One stack of one account in one region."""

    name: str
    account: str
    region: str
    template: Template = field(default_factory=lambda: Template({}))
    status: str = "REVIEW_IN_PROGRESS"
    reason: str = ""
    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    events: list[dict[str, Any]] = field(default_factory=list)
    described: dict[str, Any] = field(default_factory=dict)
    """What its maker said of it: tags, capabilities, role and so on, as `DescribeStacks` gives them back."""
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime | None = None
    deleted: datetime | None = None
    id: str = ""

    @property
    def tags(self) -> dict[str, str]:
        """What all of its resources carry that can."""
        return {each["Key"]: each["Value"] for each in self.described.get("Tags") or ()}

    def __post_init__(self) -> None:
        unique = secrets.token_hex(16)
        unique = "-".join([unique[:8], unique[8:12], unique[12:16], unique[16:20], unique[20:]])
        self.id = f"arn:aws:cloudformation:{self.region}:{self.account}:stack/{self.name}/{unique}"

    def exports(self) -> dict[str, str]:
        """What it exports, by name."""
        return {
            output["Export"]["Name"]: str(output["Value"]) for output in self.outputs.values() if "Export" in output
        }

    def becomes(self, status: str, reason: str = "") -> None:
        """Change the stack's status, and tell so."""
        self.status, self.reason = status, reason
        self.tell(self.name, self.id, "AWS::CloudFormation::Stack", status, reason)

    def tell(self, logical_id: str, ref: str, kind: str, status: str, reason: str = "") -> None:
        """Add an event, the last one of all."""
        self.events.append(
            {
                "StackId": self.id,
                "StackName": self.name,
                "EventId": f"{logical_id}-{len(self.events)}-{secrets.token_hex(4)}",
                "LogicalResourceId": logical_id,
                "PhysicalResourceId": ref,
                "ResourceType": kind,
                "ResourceStatus": status,
                "ResourceStatusReason": reason or None,
                "Timestamp": datetime.now(UTC),
            }
        )


class Stacks:
    """All stacks of all accounts, those included that are gone."""

    def __init__(self) -> None:
        self._all: list[Stack] = []

    def add(self, stack: Stack) -> None:
        """Remember a stack."""
        self._all.append(stack)

    def at(self, account: str, region: str) -> list[Stack]:
        """The stacks of one account in one region."""
        return [stack for stack in self._all if (stack.account, stack.region) == (account, region)]

    def find(self, account: str, region: str, name: str) -> Stack | None:
        """A stack by its id, or by its name if it is not gone."""
        for stack in self.at(account, region):
            if name == stack.id or (name == stack.name and stack.deleted is None):
                return stack
        return None

    def exported(self, account: str, region: str, name: str) -> str:
        """The value of an export. Raises TemplateError."""
        for stack in self.at(account, region):
            if stack.deleted is None and name in stack.exports():
                return stack.exports()[name]
        raise TemplateError(f"No export named {name} found.")

    def importers(self, stack: Stack, name: str) -> list[str]:
        """The stacks that use an export of a stack."""
        place = self.at(stack.account, stack.region)
        return [other.name for other in place if other.deleted is None and name in other.imports]
