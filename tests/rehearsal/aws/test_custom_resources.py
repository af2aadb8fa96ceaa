"""Custom resources: made, changed and unmade by functions that answer to an address."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.aws import Cloud
from tests.rehearsal.functions import answering, python
from tests.rehearsal.stacks import FAULTY, Stacks

GOOD = "{ Status: 'SUCCESS', PhysicalResourceId: 'thing', Data: { Said: event.ResourceProperties } }"


def thing(token: str, **properties: Any) -> dict[str, Any]:
    return {"Type": "Custom::Thing", "Properties": {"ServiceToken": token, **properties}}


@pytest.fixture
def good(cloud: Cloud, stacks: Stacks) -> str:
    return answering(cloud, stacks.name, GOOD)


def test_the_answer_gives_name_and_attributes(stacks: Stacks, good: str) -> None:
    stacks.create(
        {"It": thing(good, Colour="red")}, Outputs={"Colour": {"Value": {"Fn::GetAtt": ["It", "Said.Colour"]}}}
    )
    assert (stacks.refs(), stacks.outputs()) == ({"It": "thing"}, {"Colour": "red"})


def test_a_function_is_told_strings(stacks: Stacks, good: str) -> None:
    said = {"Fn::Join": ["|", [{"Fn::GetAtt": ["It", "Said.Number"]}, {"Fn::GetAtt": ["It", "Said.Flag"]}]]}
    stacks.create({"It": thing(good, Number=3, Flag=True)}, Outputs={"Said": {"Value": said}})
    assert stacks.outputs() == {"Said": "3|true"}


def test_a_change_is_told_with_what_was(stacks: Stacks, cloud: Cloud) -> None:
    token = answering(
        cloud,
        stacks.name,
        "{ Status: 'SUCCESS', PhysicalResourceId: 'thing', "
        "Data: { Was: event.RequestType + ' ' + (event.OldResourceProperties || {}).Colour } }",
    )
    output = {"Was": {"Value": {"Fn::GetAtt": ["It", "Was"]}}}
    stacks.create({"It": thing(token, Colour="red")}, Outputs=output)
    stacks.update({"It": thing(token, Colour="blue")}, Outputs=output)
    assert stacks.outputs() == {"Was": "Update red"}


def test_a_new_name_has_the_old_thing_unmade(stacks: Stacks, cloud: Cloud) -> None:
    token = answering(cloud, stacks.name, "{ Status: 'SUCCESS', PhysicalResourceId: event.ResourceProperties.Name }")
    stacks.create({"It": thing(token, Name="old")})
    stacks.update({"It": thing(token, Name="new")})
    assert (stacks.refs(), stacks.events("DELETE_COMPLETE")) == ({"It": "new"}, ["It"])


def test_a_refusal_fails_the_stack_with_its_reason(stacks: Stacks, cloud: Cloud) -> None:
    token = answering(
        cloud,
        stacks.name,
        "{ Status: event.RequestType === 'Create' ? 'FAILED' : 'SUCCESS', Reason: 'no room', PhysicalResourceId: 'x' }",
    )
    status = stacks.create({"It": thing(token)})
    assert (status, stacks.reasons("CREATE_FAILED")) == (
        "ROLLBACK_COMPLETE",
        ["Received response status [FAILED] from custom resource. Message returned: no room"],
    )


def test_what_was_refused_is_unmade(stacks: Stacks, cloud: Cloud) -> None:
    token = answering(
        cloud,
        stacks.name,
        "{ Status: event.RequestType === 'Create' ? 'FAILED' : 'SUCCESS', Reason: 'no', PhysicalResourceId: 'half' }",
    )
    stacks.create({"It": thing(token)})
    assert stacks.events("DELETE_COMPLETE") == ["It"]


def test_a_refused_replacement_leaves_the_old_thing_in_its_place(stacks: Stacks, cloud: Cloud, good: str) -> None:
    answer = (
        "{ Status: event.RequestType === 'Create' ? 'FAILED' : 'SUCCESS', Reason: 'no', PhysicalResourceId: 'new' }"
    )
    bad = answering(cloud, f"{stacks.name}-bad", answer)
    stacks.create({"It": thing(good)})
    status = stacks.update({"It": thing(bad)})
    assert (status, stacks.refs(), len(stacks.events("DELETE_COMPLETE"))) == (
        "UPDATE_ROLLBACK_COMPLETE",
        {"It": "thing"},
        1,
    )


def test_a_thing_is_unmade_when_another_fails(stacks: Stacks, good: str) -> None:
    stacks.create({"It": thing(good), "Route": {**FAULTY, "DependsOn": "It"}})
    assert stacks.events("DELETE_COMPLETE") == ["It"]


def test_a_function_that_does_not_answer_fails_the_stack_at_once(stacks: Stacks, cloud: Cloud) -> None:
    token = python(cloud, stacks.name, "def handler(event, context):\n    raise ValueError('broken')\n")
    stacks.create({"It": thing(token)})
    (reason,) = stacks.reasons("CREATE_FAILED")
    assert reason == (
        f"{token} ended without an answer to CloudFormation: {{'errorType': 'ValueError', 'errorMessage': 'broken'}}"
    )
