"""Short words for stacks: made, changed, unmade, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.aws import Cloud

REGION = "eu-central-1"
# Not the account that moto takes for those whom it does not know.
ACCOUNT = "123412341234"

Resources = Mapping[str, Mapping[str, Any]]


class Stacks:
    """The stacks of one test."""

    def __init__(self, cloud: Cloud, name: str, settle: Callable[[], None]) -> None:
        self.name = name
        self.tags: dict[str, str] = {}
        self._settle = settle
        self._api = cloud.client("cloudformation")

    def create(self, resources: Resources, name: str = "", **template: Any) -> str:
        """The status that a new stack comes to."""
        return self._run("create_stack", resources, name, template)

    def update(self, resources: Resources, name: str = "", **template: Any) -> str:
        """The status that a changed stack comes to."""
        return self._run("update_stack", resources, name, template)

    def delete(self, name: str = "") -> str:
        """The status that an unmade stack comes to."""
        id = self.described(name)["StackId"]
        self._api.delete_stack(StackName=id)
        return self.wait(id)

    def wait(self, id: str) -> str:
        """The status that a stack comes to."""
        self._settle()
        return str(self.described(id)["StackStatus"])

    def described(self, name: str = "") -> dict[str, Any]:
        """A stack, by its id or by the last part of its name."""
        found = self._api.describe_stacks(StackName=name if name.startswith("arn:") else self.name + name)
        described: dict[str, Any] = found["Stacks"][0]
        return described

    def outputs(self, name: str = "") -> dict[str, str]:
        """A stack's outputs."""
        return {each["OutputKey"]: each["OutputValue"] for each in self.described(name)["Outputs"]}

    def refs(self, name: str = "") -> dict[str, str]:
        """A stack's resources by their logical ids."""
        found = self._api.describe_stack_resources(StackName=self.name + name)["StackResources"]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}

    def events(self, status: str, name: str = "") -> list[str]:
        """The logical ids of the resources that reached a status, in that order."""
        events = reversed(self._api.describe_stack_events(StackName=self.described(name)["StackId"])["StackEvents"])
        kind = "AWS::CloudFormation::Stack"
        return [
            event["LogicalResourceId"]
            for event in events
            if event["ResourceStatus"] == status and event["ResourceType"] != kind
        ]

    def reasons(self, status: str, name: str = "") -> list[str]:
        """Why resources, or the stack, have a status."""
        events = self._api.describe_stack_events(StackName=self.described(name)["StackId"])["StackEvents"]
        return [event.get("ResourceStatusReason", "") for event in events if event["ResourceStatus"] == status]

    def _run(self, operation: str, resources: Resources, name: str, template: Mapping[str, Any]) -> str:
        body = json.dumps({"Resources": resources, **template})
        tags = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        answer = getattr(self._api, operation)(StackName=self.name + name, TemplateBody=body, Tags=tags)
        return self.wait(answer["StackId"])


def parameter(value: Any = "x", **more: Any) -> dict[str, Any]:
    """A resource that is made in no time, and changed in place."""
    properties = {"Type": "String", "Value": value}
    return {"Type": "AWS::SSM::Parameter", "Properties": properties | more.pop("Properties", {}), **more}


def vpc(cidr: str = "10.0.0.0/16", **more: Any) -> dict[str, Any]:
    """A resource that another CIDR block replaces."""
    return {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": cidr}, **more}


FAULTY = {"Type": "AWS::EC2::Route", "Properties": {"RouteTableId": "rtb-none", "DestinationCidrBlock": "0.0.0.0/0"}}
"""A resource that AWS refuses to make."""
