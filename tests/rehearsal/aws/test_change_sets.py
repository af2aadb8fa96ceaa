"""Change sets, as the CDK CLI makes them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws import Cloud
from tests.rehearsal.stacks import Resources, Stacks, parameter


@pytest.fixture
def api(cloud: Cloud) -> Any:
    return cloud.client("cloudformation")


def proposed(api: Any, stacks: Stacks, resources: Resources, kind: str = "UPDATE") -> dict[str, Any]:
    """A change set for a stack."""
    made = api.create_change_set(
        StackName=stacks.name,
        ChangeSetName="changes",
        ChangeSetType=kind,
        TemplateBody=json.dumps({"Resources": resources}),
    )
    described: dict[str, Any] = api.describe_change_set(StackName=stacks.name, ChangeSetName=made["Id"])
    return described


def test_a_change_set_of_a_new_stack_makes_nothing(api: Any, stacks: Stacks) -> None:
    proposed(api, stacks, {"Parameter": parameter()}, "CREATE")
    assert (stacks.described()["StackStatus"], stacks.refs()) == ("REVIEW_IN_PROGRESS", {})


def test_an_executed_change_set_makes_the_stack(api: Any, stacks: Stacks) -> None:
    changes = proposed(api, stacks, {"Parameter": parameter()}, "CREATE")
    api.execute_change_set(StackName=stacks.name, ChangeSetName=changes["ChangeSetName"])
    assert stacks.wait(changes["StackId"]) == "CREATE_COMPLETE"


def test_a_change_set_tells_what_is_added_changed_and_removed(api: Any, stacks: Stacks) -> None:
    stacks.create({"Changing": parameter("old"), "Gone": parameter(), "Same": parameter()})
    changes = proposed(api, stacks, {"Changing": parameter("new"), "New": parameter(), "Same": parameter()})["Changes"]
    found = {each["ResourceChange"]["LogicalResourceId"]: each["ResourceChange"]["Action"] for each in changes}
    assert found == {"Changing": "Modify", "Gone": "Remove", "New": "Add"}


def test_a_change_set_without_changes_has_failed(api: Any, stacks: Stacks) -> None:
    stacks.create({"Same": parameter()})
    changes = proposed(api, stacks, {"Same": parameter()})
    assert (changes["Status"], changes["StatusReason"].partition(".")[0]) == (
        "FAILED",
        "The submitted information didn't contain changes",
    )


def test_a_deleted_change_set_is_gone(api: Any, stacks: Stacks) -> None:
    stacks.create({"Same": parameter()})
    proposed(api, stacks, {"Same": parameter("new")})
    api.delete_change_set(StackName=stacks.name, ChangeSetName="changes")
    with pytest.raises(ClientError, match="does not exist"):
        api.describe_change_set(StackName=stacks.name, ChangeSetName="changes")
