"""CloudFormation's API, as far as the CDK CLI and people with boto3 use it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rehearsal.aws.api import ApiError, Input, Output
from rehearsal.aws.cloudformation.change_sets import ChangeSets
from rehearsal.aws.cloudformation.descriptions import describe_resources, describe_stack
from rehearsal.aws.cloudformation.stack import Stack

_PATIENCE = 50
"""For how many seconds an answer is kept back: whoever asks again and again would learn of the end seconds late."""


class CloudFormation(ChangeSets):
    """CloudFormation's API. The work on a stack goes on after the answer, as in AWS."""

    def create_stack(self, wanted: Input) -> Output:
        """Begin to make a stack."""
        if self._find(wanted["StackName"]):
            raise ApiError("AlreadyExistsException", f"Stack [{wanted['StackName']}] already exists")
        template = self._template(wanted, None)
        stack = Stack(wanted["StackName"], self.current_account, self.region)
        engine = self._engine(stack, wanted)
        self._check(engine, template)
        self._accounts.stacks.add(stack)
        keep = wanted.get("DisableRollback") or wanted.get("OnFailure") == "DO_NOTHING"
        self._note(stack, wanted)
        self._accounts.work(stack, "CREATE_IN_PROGRESS", lambda: engine.create(template, roll_back=not keep))
        return {"StackId": stack.id}

    def update_stack(self, wanted: Input) -> Output:
        """Begin to change a stack."""
        stack = self._existing(wanted["StackName"])
        self._must_be_at_rest(stack)
        template = self._template(wanted, stack)
        same = (template.body, template.parameters) == (stack.template.body, stack.template.parameters)
        if same and wanted.get("Tags", stack.described.get("Tags")) == stack.described.get("Tags"):
            raise ApiError("ValidationError", "No updates are to be performed.")
        engine = self._engine(stack, wanted)
        self._check(engine, template)
        self._begin_update(stack, engine, template, wanted)
        return {"StackId": stack.id}

    def delete_stack(self, wanted: Input) -> Output:
        """Begin to unmake a stack."""
        stack = self._find(wanted["StackName"])
        if stack is None or stack.deleted:
            return {}
        if stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
            raise ApiError("ValidationError", f"The stand-in cannot delete {stack.name} in {stack.status} state.")
        if stack.described.get("EnableTerminationProtection"):
            raise ApiError(
                "ValidationError", f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            )
        engine = self._engine(stack, {**stack.described, **wanted})

        def delete() -> None:
            engine.delete()
            if stack.status == "DELETE_COMPLETE":
                stack.deleted = datetime.now(UTC)

        self._accounts.work(stack, "DELETE_IN_PROGRESS", delete)
        return {}

    def describe_stacks(self, wanted: Input) -> Output:
        """One stack, as soon as it is at rest; or all that are not gone."""
        if wanted.get("StackName"):
            stack = self._existing(wanted["StackName"])
            self._accounts.wait(stack, _PATIENCE)
            return {"Stacks": [describe_stack(stack)]}
        return {"Stacks": [describe_stack(stack) for stack in self._all() if stack.deleted is None]}

    def list_stacks(self, wanted: Input) -> Output:
        """All stacks of some statuses."""
        statuses = wanted.get("StackStatusFilter")
        chosen = [stack for stack in self._all() if not statuses or stack.status in statuses]
        names = ("StackId", "StackName", "CreationTime", "LastUpdatedTime", "DeletionTime", "StackStatus")
        return {"StackSummaries": [{name: describe_stack(stack).get(name) for name in names} for stack in chosen]}

    def describe_stack_events(self, wanted: Input) -> Output:
        """What happened to a stack, the last first."""
        return {"StackEvents": list(reversed(self._existing(wanted["StackName"]).events))}

    def describe_stack_resources(self, wanted: Input) -> Output:
        """A stack's resources."""
        stack = self._existing(wanted["StackName"])
        return {"StackResources": [each for each in describe_resources(stack) if _asked(each, wanted)]}

    def list_stack_resources(self, wanted: Input) -> Output:
        """A stack's resources."""
        return {"StackResourceSummaries": describe_resources(self._existing(wanted["StackName"]))}

    def get_template(self, wanted: Input) -> Output:
        """The template that a stack was given."""
        body = self._existing(wanted["StackName"]).template.body
        return {"TemplateBody": json.dumps(body), "StagesAvailable": ["Original", "Processed"]}

    def list_exports(self, wanted: Input) -> Output:
        """What stacks export."""
        exports = [
            {"ExportingStackId": stack.id, "Name": name, "Value": value}
            for stack in self._all()
            if stack.deleted is None
            for name, value in stack.exports().items()
        ]
        return {"Exports": exports}

    def list_imports(self, wanted: Input) -> Output:
        """Who uses an export."""
        users = [stack.name for stack in self._all() if stack.deleted is None and wanted["ExportName"] in stack.imports]
        if not users:
            raise ApiError("ValidationError", f"Export '{wanted['ExportName']}' is not imported by any stack.")
        return {"Imports": users}

    def update_termination_protection(self, wanted: Input) -> Output:
        """Guard a stack against deletion, or no more."""
        stack = self._existing(wanted["StackName"])
        stack.described["EnableTerminationProtection"] = wanted["EnableTerminationProtection"]
        return {"StackId": stack.id}

    def get_template_summary(self, wanted: Input) -> Output:
        """What a template declares."""
        body = self._template_text(wanted, None).body
        kinds = sorted({resource["Type"] for resource in body.get("Resources", {}).values()})
        declared = [
            {"ParameterKey": name, "ParameterType": each.get("Type", "String"), "DefaultValue": each.get("Default")}
            for name, each in body.get("Parameters", {}).items()
        ]
        return {"ResourceTypes": kinds, "Parameters": declared}


def _asked(resource: Mapping[str, Any], wanted: Input) -> bool:
    return wanted.get("LogicalResourceId") in {None, resource["LogicalResourceId"]}
