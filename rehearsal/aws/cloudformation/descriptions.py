"""Stacks as CloudFormation's API describes them."""

from __future__ import annotations

from typing import Any

from rehearsal.aws.cloudformation.stack import Stack
from rehearsal.aws.cloudformation.template import Template


def describe_stack(stack: Stack) -> dict[str, Any]:
    """A stack."""
    outputs = [
        {
            "OutputKey": name,
            "OutputValue": str(output["Value"]),
            "Description": output.get("Description"),
            "ExportName": output.get("Export", {}).get("Name"),
        }
        for name, output in stack.outputs.items()
    ]
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "Description": stack.template.body.get("Description"),
        "Parameters": describe_parameters(stack.template),
        "CreationTime": stack.created,
        "LastUpdatedTime": stack.updated,
        "DeletionTime": stack.deleted,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason or None,
        "Outputs": outputs,
        "DisableRollback": False,
        "NotificationARNs": [],
        "Capabilities": [],
        "Tags": [],
        "EnableTerminationProtection": False,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        **stack.described,
    }


def describe_parameters(template: Template) -> list[dict[str, str]]:
    """A template's parameters."""
    return [
        {"ParameterKey": name, "ParameterValue": text}
        | ({"ResolvedValue": str(template.parameters[name])} if template.parameters[name] != text else {})
        for name, text in template.given.items()
    ]


def describe_resources(stack: Stack) -> list[dict[str, Any]]:
    """A stack's resources."""
    last = {event["LogicalResourceId"]: event for event in stack.events}
    return [
        {
            "StackName": stack.name,
            "StackId": stack.id,
            "LogicalResourceId": name,
            "PhysicalResourceId": resource.ref,
            "ResourceType": resource.type,
            "Timestamp": last[name]["Timestamp"],
            "LastUpdatedTimestamp": last[name]["Timestamp"],
            "ResourceStatus": last[name]["ResourceStatus"],
            "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
        }
        for name, resource in stack.resources.items()
    ]


def describe_changes(old: Template, new: Template) -> list[dict[str, Any]]:
    """What differs between two templates, as change sets say it."""
    before, after = old.body.get("Resources", {}), new.body.get("Resources", {})
    found = []
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) == after.get(name) and old.parameters == new.parameters:
            continue
        action = "Modify" if name in before and name in after else "Add" if name in after else "Remove"
        kind = (after.get(name) or before[name])["Type"]
        change = {"Action": action, "LogicalResourceId": name, "ResourceType": kind}
        found.append({"Type": "Resource", "ResourceChange": change})
    if not found and old.body.get("Outputs") != new.body.get("Outputs"):
        kind = "AWS::CloudFormation::Stack"
        return [
            {
                "Type": "Resource",
                "ResourceChange": {"Action": "Modify", "LogicalResourceId": "Outputs", "ResourceType": kind},
            }
        ]
    return found
