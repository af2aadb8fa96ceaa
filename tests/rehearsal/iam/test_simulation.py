"""IAM's own judge of a role, as `blueprint doctor` asks it, says what the role's policies say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws import Cloud
from tests.rehearsal.functions import role
from tests.rehearsal.stacks import ACCOUNT

ZONE = "arn:aws:route53:::hostedzone/Z1"
CHANGE = "route53:ChangeResourceRecordSets"


def test_policies_of_a_role_are_simulated(cloud: Cloud) -> None:
    iam, arn = cloud.client("iam"), role(cloud, "delegating")
    key = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
    named = {"ForAllValues:StringEquals": {key: ["dev.example.com"]}}
    allow = {"Effect": "Allow", "Action": CHANGE, "Resource": "*", "Condition": named}
    deny = {"Effect": "Deny", "Action": "route53:*", "Resource": f"{ZONE}2"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]})
    iam.put_role_policy(RoleName="delegating", PolicyName="delegate", PolicyDocument=document)

    def decision(action: str, resource: str, name: str) -> str:
        entry: Any = {"ContextKeyName": key, "ContextKeyValues": [name], "ContextKeyType": "stringList"}
        asked: Any = {"ActionNames": [action], "ResourceArns": [resource], "ContextEntries": [entry]}
        (told,) = iam.simulate_principal_policy(PolicySourceArn=arn, **asked)["EvaluationResults"]
        assert (told["EvalActionName"], told["EvalResourceName"]) == (action, resource)
        return str(told["EvalDecision"])

    assert decision(CHANGE, ZONE, "dev.example.com") == "allowed"
    assert decision(CHANGE, ZONE, "www.example.com") == "implicitDeny"
    assert decision(CHANGE, f"{ZONE}2", "dev.example.com") == "explicitDeny"
    assert decision("iam:CreateRole", "*", "dev.example.com") == "implicitDeny"


def test_nobody_simulates_a_role_that_is_not_there(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="NoSuchEntity"):
        cloud.client("iam").simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/none", ActionNames=["s3:GetObject"]
        )
