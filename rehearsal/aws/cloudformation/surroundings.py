"""What the expressions of a stack's template take from outside it: the stack, other stacks, AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rehearsal.aws.cloud import Cloud
from rehearsal.aws.cloudformation.stack import Resource, Stack, Stacks
from rehearsal.aws.cloudformation.template import TemplateError


@dataclass
class Surroundings:
    """A stack's side of `template.Surroundings`."""

    stack: Stack
    stacks: Stacks
    cloud: Cloud

    def pseudo(self, name: str) -> Any:
        """A pseudo parameter."""
        stack = self.stack
        values = {
            "AWS::Region": stack.region,
            "AWS::AccountId": stack.account,
            "AWS::Partition": self.cloud.partition,
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": stack.name,
            "AWS::StackId": stack.id,
            "AWS::NotificationARNs": [],
        }
        if name not in values:
            raise TemplateError(f"Template format error: Unresolved resource dependencies [{name}]")
        return values[name]

    def imported(self, name: str) -> str:
        """Another stack's export, of which note is taken."""
        value = self.stacks.exported(self.stack.account, self.stack.region, name)
        self.stack.imports.add(name)
        return value

    def zones(self, region: str) -> list[str]:
        """The zones of a region, in order."""
        answer = self.cloud.client("ec2").describe_availability_zones(
            Filters=[{"Name": "region-name", "Values": [region]}]
        )
        return sorted(zone["ZoneName"] for zone in answer["AvailabilityZones"])

    def ref(self, logical_id: str) -> Any:
        """A resource's name or id."""
        return self._resource(logical_id).ref

    def attribute(self, logical_id: str, name: str) -> Any:
        """An attribute of a resource."""
        resource = self._resource(logical_id)
        if name not in resource.attributes:
            raise TemplateError(f"Attribute {name} of {logical_id} ({resource.type}) is not known to the stand-in")
        return resource.attributes[name]

    def _resource(self, logical_id: str) -> Resource:
        if logical_id not in self.stack.resources:
            raise TemplateError(f"Template format error: Unresolved resource dependencies [{logical_id}]")
        return self.stack.resources[logical_id]
