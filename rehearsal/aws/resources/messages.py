"""Queues, and rules that lead events to them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rehearsal.aws.cloud import Properties
from rehearsal.aws.resources.kind import Kind, Made, Place, kind
from rehearsal.aws.resources.properties import allow_changes, change_tags, listed, only, pairs, without


@kind("AWS::SQS::Queue")
class Queue(Kind):
    """A queue."""

    def create(self, place: Place, wanted: Properties) -> Made:
        name = wanted.get("QueueName") or place.name(80)
        attributes = _attributes(without(wanted, "QueueName", "Tags"))
        sqs = place.cloud.client("sqs")
        url = sqs.create_queue(QueueName=name, Attributes=attributes, tags=pairs(wanted.get("Tags")))["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return Made(url, {"Arn": arn, "QueueName": name, "QueueUrl": url})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        sqs = place.cloud.client("sqs")
        changeable = ("MessageRetentionPeriod", "SqsManagedSseEnabled", "VisibilityTimeout")
        names = allow_changes(place.type, old, new, "Tags", *changeable)
        if attributes := _attributes(only(new, *(names - {"Tags"}))):
            sqs.set_queue_attributes(QueueUrl=made.ref, Attributes=attributes)
        change_tags(
            old,
            new,
            add=lambda tags: sqs.tag_queue(QueueUrl=made.ref, Tags=tags),
            remove=lambda keys: sqs.untag_queue(QueueUrl=made.ref, TagKeys=keys),
        )
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("sqs").delete_queue(QueueUrl=made.ref)


def _attributes(properties: Properties) -> dict[str, str]:
    """As SQS takes them: all in texts."""
    return {
        name: str(value).lower()
        if isinstance(value, bool)
        else json.dumps(value)
        if isinstance(value, Mapping)
        else str(value)
        for name, value in properties.items()
    }


@kind("AWS::SQS::QueuePolicy")
class QueuePolicy(Kind):
    """Who may do what with queues."""

    def create(self, place: Place, wanted: Properties) -> Made:
        self._put(place, wanted["Queues"], json.dumps(wanted["PolicyDocument"]))
        name = place.name(100)
        return Made(name, {"Id": name})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        self._put(place, [each for each in old["Queues"] if each not in new["Queues"]], "")
        self._put(place, new["Queues"], json.dumps(new["PolicyDocument"]))
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        self._put(place, properties["Queues"], "")

    def _put(self, place: Place, queues: list[str], text: str) -> None:
        for url in queues:
            place.cloud.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": text})


@kind("AWS::Events::Rule")
class Rule(Kind):
    """Where events of a pattern go."""

    _SETTINGS = ("EventPattern", "Description", "State", "ScheduleExpression", "RoleArn")

    def create(self, place: Place, wanted: Properties) -> Made:
        name = wanted.get("Name") or place.name(64)
        arn = self._put(place, name, wanted, Tags=listed(pairs(wanted.get("Tags"))))
        return Made(name, {"Arn": arn})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        allow_changes(place.type, old, new, "Targets", *self._SETTINGS)
        kept = {each["Id"] for each in new.get("Targets", [])}
        if gone := [each["Id"] for each in old.get("Targets", []) if each["Id"] not in kept]:
            place.cloud.client("events").remove_targets(Rule=made.ref, Ids=gone)
        self._put(place, made.ref, new)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        events = place.cloud.client("events")
        if ids := [each["Id"] for each in properties.get("Targets", [])]:
            events.remove_targets(Rule=made.ref, Ids=ids)
        events.delete_rule(Name=made.ref)

    def _put(self, place: Place, name: str, wanted: Properties, **more: Any) -> str:
        settings = dict(only(wanted, *self._SETTINGS))
        if "EventPattern" in settings:
            settings["EventPattern"] = json.dumps(settings["EventPattern"])
        arn = place.cloud.call("events", "PutRule", settings, Name=name, **more)["RuleArn"]
        if targets := wanted.get("Targets"):
            place.cloud.call("events", "PutTargets", {"Rule": name, "Targets": targets})
        return str(arn)
