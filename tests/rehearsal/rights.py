"""Roles for tests of rights, and clients that act as these."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws import Cloud

Statement = dict[str, Any]


def allow(actions: str | Sequence[str], resource: str | Sequence[str] = "*", **conditions: Any) -> Statement:
    """A statement that allows; an operator's `ForAllValues_` stands for `ForAllValues:`."""
    named = {name.replace("_", ":"): each for name, each in conditions.items()}
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **({"Condition": named} if named else {})}


def trust(principal: str | dict[str, Any], *actions: str, **conditions: Any) -> Statement:
    """A statement of a trust policy."""
    who = {"AWS": principal} if isinstance(principal, str) else principal
    more = {"Condition": conditions} if conditions else {}
    return {"Effect": "Allow", "Action": list(actions) or "sts:AssumeRole", "Principal": who, **more}


def document(*statements: Statement) -> str:
    """A policy's text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def role(cloud: Cloud, name: str, *statements: Statement, trusts: Sequence[Statement] = (), **more: Any) -> str:
    """A role that its own account may assume, unless it trusts somebody else: its ARN."""
    iam = cloud.client("iam")
    text = document(*(trusts or [trust(f"arn:aws:iam::{cloud.account}:root")]))
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=text, **more)
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="Rights", PolicyDocument=document(*statements))
    return str(made["Role"]["Arn"])


def may(cloud: Cloud, name: str, *statements: Statement, **more: Any) -> Cloud:
    """Somebody with a new role that has these rights."""
    return cloud.assume(role(cloud, name, *statements, **more), "somebody")


def refusal(call: Callable[[], Any]) -> str:
    """How AWS refuses a call: its code, status and message."""
    with pytest.raises(ClientError) as refused:
        call()
    response: Any = refused.value.response
    status, error = response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]
    return f"{status} {error['Code']}: {error['Message']}"
