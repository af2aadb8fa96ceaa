"""CloudFormation's API: change sets."""

from __future__ import annotations

from rehearsal.aws.api import ApiError, Input, Output
from rehearsal.aws.cloudformation.accounts import ChangeSet
from rehearsal.aws.cloudformation.descriptions import describe_changes, describe_parameters
from rehearsal.aws.cloudformation.requests import Requests
from rehearsal.aws.cloudformation.stack import Stack

_NO_CHANGE = "The submitted information didn't contain changes. Submit different information to create a change set."


class ChangeSets(Requests):
    """The operations on change sets."""

    def create_change_set(self, wanted: Input) -> Output:
        """Say what an update would do."""
        new = wanted.get("ChangeSetType", "UPDATE") == "CREATE"
        stack = self._find(wanted["StackName"])
        if new and stack is None:
            stack = Stack(wanted["StackName"], self.current_account, self.region)
            self._accounts.stacks.add(stack)
            stack.becomes("REVIEW_IN_PROGRESS", "User Initiated")
        stack = stack or self._existing(wanted["StackName"])
        if not new:
            self._must_be_at_rest(stack)
        template = self._template(wanted, stack)
        self._check(self._engine(stack, wanted), template)
        name = wanted["ChangeSetName"]
        id = stack.id.replace(":stack/", ":changeSet/").replace(f"/{stack.name}/", f"/{name}/")
        changes = describe_changes(stack.template, template)
        self._accounts.change_sets.append(ChangeSet(id, name, stack, template, wanted, changes, new))
        return {"Id": id, "StackId": stack.id}

    def describe_change_set(self, wanted: Input) -> Output:
        """A change set."""
        change_set = self._change_set(wanted)
        failed = not change_set.changes and not change_set.new
        return {
            "ChangeSetId": change_set.id,
            "ChangeSetName": change_set.name,
            "StackId": change_set.stack.id,
            "StackName": change_set.stack.name,
            "CreationTime": change_set.created,
            "Status": "FAILED" if failed else "CREATE_COMPLETE",
            "StatusReason": _NO_CHANGE if failed else None,
            "ExecutionStatus": "UNAVAILABLE" if failed else "AVAILABLE",
            "Changes": change_set.changes,
            "Parameters": describe_parameters(change_set.template),
            "Capabilities": change_set.given.get("Capabilities", []),
            "Tags": change_set.given.get("Tags", []),
        }

    def execute_change_set(self, wanted: Input) -> Output:
        """Begin what a change set says."""
        change_set = self._change_set(wanted)
        stack, template, given = change_set.stack, change_set.template, change_set.given
        engine = self._engine(stack, given)
        self._accounts.change_sets.remove(change_set)
        if stack.status == "REVIEW_IN_PROGRESS":
            self._note(stack, given)
            keep = wanted.get("DisableRollback", False)
            self._accounts.work(stack, "CREATE_IN_PROGRESS", lambda: engine.create(template, roll_back=not keep))
        else:
            self._must_be_at_rest(stack)
            self._begin_update(stack, engine, template, given)
        return {}

    def delete_change_set(self, wanted: Input) -> Output:
        """Forget a change set."""
        found = self._change_sets(wanted)
        if found:
            self._accounts.change_sets.remove(found[0])
        return {}

    def _change_sets(self, wanted: Input) -> list[ChangeSet]:
        stack = self._find(wanted["StackName"]) if wanted.get("StackName") else None
        name = wanted["ChangeSetName"]
        return [
            each
            for each in self._accounts.change_sets
            if each.id == name or (each.name == name and each.stack is stack)
        ]

    def _change_set(self, wanted: Input) -> ChangeSet:
        found = self._change_sets(wanted)
        if not found:
            raise ApiError("ChangeSetNotFound", f"ChangeSet [{wanted['ChangeSetName']}] does not exist")
        return found[0]
