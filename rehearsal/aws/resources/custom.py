"""Custom resources: a Lambda function makes them, and puts its answer to an address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rehearsal.aws.answers import Answers
from rehearsal.aws.cloud import Properties
from rehearsal.aws.resources.kind import HalfMadeError, Kind, Made, Place


def is_custom(kind: str) -> bool:
    """Whether resources of a type are custom resources."""
    return kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource"


class CustomResource(Kind):
    """Custom resources of every type."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def create(self, place: Place, wanted: Properties) -> Made:
        return self._ask(place, "Create", wanted)

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        return self._ask(place, "Update", new, PhysicalResourceId=made.ref, OldResourceProperties=_said(old))

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        self._ask(place, "Delete", properties, PhysicalResourceId=made.ref)

    def _ask(self, place: Place, what: str, wanted: Properties, **more: Any) -> Made:
        address = self._answers.address()
        event = {
            "RequestType": what,
            "ServiceToken": wanted["ServiceToken"],
            "ResponseURL": address,
            "StackId": place.stack_id,
            "RequestId": address.rpartition("/")[2],
            "LogicalResourceId": place.logical_id,
            "ResourceType": place.type,
            "ResourceProperties": _said(wanted),
            **more,
        }
        client = place.cloud.client("lambda")
        invoked = client.invoke(FunctionName=wanted["ServiceToken"], Payload=json.dumps(event).encode())
        answer = self._answers.take(address)
        if answer is None:
            payload = json.loads(invoked["Payload"].read())
            raise RefusedError(f"{wanted['ServiceToken']} ended without an answer to CloudFormation: {payload}")
        ref = answer.get("PhysicalResourceId") or more.get("PhysicalResourceId") or place.logical_id
        if answer["Status"] != "SUCCESS":
            reason = f"Received response status [FAILED] from custom resource. Message returned: {answer.get('Reason')}"
            raise HalfMadeError(reason, ref) if what == "Create" else RefusedError(reason)
        return Made(ref, _attributes(answer.get("Data") or {}))


class RefusedError(Exception):
    """The function said no, or nothing."""


def _said(properties: Properties) -> Any:
    """Properties as a function is told them: of scalars, CloudFormation says strings only."""
    if isinstance(properties, Mapping):
        return {key: _said(value) for key, value in properties.items()}
    if isinstance(properties, list):
        return [_said(value) for value in properties]
    if isinstance(properties, bool):
        return str(properties).lower()
    return properties if properties is None else str(properties)


def _attributes(data: Mapping[str, Any]) -> dict[str, Any]:
    """Data as `Fn::GetAtt` knows it: what lies deeper has dots in its name."""
    found: dict[str, Any] = {}
    for key, value in data.items():
        found[key] = value
        if isinstance(value, Mapping):
            found.update({f"{key}.{name}": each for name, each in _attributes(value).items()})
    return found
