"""Queues hand out what EC2 says through rules, as far as the queue's policy lets EventBridge send."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rehearsal.aws import Cloud, Server
from tests.rehearsal.rights import allow
from tests.rehearsal.stacks import ACCOUNT, REGION, Stacks

WARNING = "EC2 Spot Instance Interruption Warning"
DETAIL = {"instance-id": "i-0123456789abcdef0", "instance-action": "terminate"}


def _resources(principal: str = "events.amazonaws.com", kind: str = WARNING) -> dict[str, Any]:
    queue, rule = {"Fn::GetAtt": ["Queue", "Arn"]}, {"Fn::GetAtt": ["Rule", "Arn"]}
    sending = {
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    return {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 300}},
        "Policy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [{"Ref": "Queue"}],
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [sending]},
            },
        },
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {"source": ["aws.ec2"], "detail-type": [kind]},
                "Targets": [{"Id": "queue", "Arn": queue}],
            },
        },
    }


@pytest.fixture
def sqs(cloud: Cloud) -> Any:
    return cloud.client("sqs")


def _messages(sqs: Any, url: str, seconds: int = 0) -> list[dict[str, Any]]:
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=seconds).get("Messages", [])
    return [json.loads(each["Body"]) for each in found]


def test_what_ec2_says_comes_to_the_queue(server: Server, stacks: Stacks, sqs: Any) -> None:
    stacks.create(_resources())
    server.notices.tell(ACCOUNT, REGION, WARNING, DETAIL)
    (event,) = _messages(sqs, stacks.refs()["Queue"])
    assert (event["detail-type"], event["detail"], event["source"]) == (WARNING, DETAIL, "aws.ec2")
    assert event["resources"] == [f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{DETAIL['instance-id']}"]
    assert stacks.delete() == "DELETE_COMPLETE"


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param(_resources(kind="EC2 Instance Rebalance Recommendation"), id="another pattern"),
        pytest.param(_resources("sns.amazonaws.com"), id="a policy that lets others send"),
        pytest.param({key: value for key, value in _resources().items() if key != "Policy"}, id="no policy"),
    ],
)
def test_what_is_not_to_come_does_not(server: Server, stacks: Stacks, sqs: Any, resources: dict[str, Any]) -> None:
    stacks.create(resources)
    server.notices.tell(ACCOUNT, REGION, WARNING, DETAIL)
    assert _messages(sqs, stacks.refs()["Queue"]) == []
    assert stacks.delete() == "DELETE_COMPLETE"


def test_who_waits_is_answered_as_soon_as_something_comes_and_holds_up_nobody(
    server: Server, stacks: Stacks, sqs: Any, cloud: Cloud
) -> None:
    stacks.create(_resources())
    url = stacks.refs()["Queue"]
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(_messages, sqs, url, 20)
        cloud.client("ec2").describe_vpcs()
        server.notices.tell(ACCOUNT, REGION, WARNING, DETAIL)
        assert [each["detail"] for each in waiting.result(timeout=10)] == [DETAIL]


def test_rules_and_queues_change_in_place(server: Server, stacks: Stacks, sqs: Any) -> None:
    stacks.create(_resources(kind="another"))
    url = stacks.refs()["Queue"]
    changed = _resources()
    changed["Queue"]["Properties"]["MessageRetentionPeriod"] = 600
    changed["Policy"]["Properties"]["PolicyDocument"]["Statement"].append(allow("sqs:ReceiveMessage"))
    changed["Policy"]["Properties"]["PolicyDocument"]["Statement"][1]["Principal"] = "*"
    assert stacks.update(changed) == "UPDATE_COMPLETE"
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    server.notices.tell(ACCOUNT, REGION, WARNING, DETAIL)
    assert (stacks.refs()["Queue"], attributes["MessageRetentionPeriod"]) == (url, "600")
    assert len(json.loads(attributes["Policy"])["Statement"]) == 2
    assert len(_messages(sqs, url)) == 1
