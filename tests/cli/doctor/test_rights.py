"""Broken worlds: roles and buckets that the file of aws.access names."""

import json
from pathlib import Path
from typing import Any

import pytest

from blueprint.cli.checks.examination import examine
from blueprint.cli.doctor import rights
from tests.cli.doctor.staging import REGION, WORKLOAD, Stage
from tests.cli.doctor.worlds import Broken, look

ROLE = f"arn:aws:iam::{WORKLOAD}:role/Platform"
EKS = {"Service": "pods.eks.amazonaws.com"}
BOTH = ["sts:AssumeRole", "sts:TagSession"]
OURS = {"StringEquals": {"aws:RequestTag/kubernetes-service-account": ["rights-platform"]}}
KEY = f"arn:aws:kms:{REGION}:{WORKLOAD}:key/12345678-1234-1234-1234-123456789012"
CLOSED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)


def access(stage: Stage, of_data: str) -> None:
    folder = Path(str(stage.context["aws.access"])).parent
    (folder / "access.yaml").write_text(
        f"physics: {{groups: [a], data: {{{of_data}}}}}\nplatform: {{groups: [b], role: '{ROLE}'}}"
    )


@pytest.fixture(autouse=True)
def named(stage: Stage, tmp_path: Path) -> None:
    """A role and a bucket that are as they have to be."""
    stage.context |= {"aws.access": str(tmp_path / "access.yaml"), "groups.claim": "groups"}
    access(stage, "raw: {bucket: physics-data, prefix: raw/}")
    trusting(stage, make=True)
    bucket(stage)


def trusting(stage: Stage, *, make: bool = False, principal: Any = EKS, actions: Any = BOTH, **more: Any) -> None:
    """A role that trusts somebody."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": actions, "Condition": OURS, **more}
    statement = {key: value for key, value in statement.items() if value}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam = stage.workload.client("iam")
    if make:
        iam.create_role(RoleName="Platform", AssumeRolePolicyDocument=text)
    else:
        iam.update_assume_role_policy(RoleName="Platform", PolicyDocument=text)


def bucket(stage: Stage, region: str = REGION) -> None:
    s3 = stage.workload.client("s3", region)
    s3.create_bucket(Bucket="physics-data", CreateBucketConfiguration={"LocationConstraint": region})
    s3.put_public_access_block(Bucket="physics-data", PublicAccessBlockConfiguration=CLOSED)


def gone(stage: Stage) -> Any:
    return stage.workload.client("s3").delete_bucket(Bucket="physics-data")


def moved(stage: Stage) -> None:
    gone(stage)
    bucket(stage, "eu-west-1")


def encrypted(stage: Stage, key: str) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    stage.workload.client("s3").put_bucket_encryption(
        Bucket="physics-data", ServerSideEncryptionConfiguration={"Rules": [rule]}
    )


def opened(stage: Stage) -> None:
    part = {**CLOSED, "BlockPublicPolicy": False}
    stage.workload.client("s3").put_public_access_block(Bucket="physics-data", PublicAccessBlockConfiguration=part)


BROKEN = {
    "no role": Broken(
        lambda stage: stage.workload.client("iam").delete_role(RoleName="Platform"),
        "fault",
        f"There is no role {ROLE}.",
        "Make it",
    ),
    "role for somebody else": Broken(
        lambda stage: trusting(stage, principal={"AWS": WORKLOAD}),
        "fault",
        "does not let pods.eks.amazonaws.com assume it and tag the session",
        "docs/data.md",
    ),
    "role without tags": Broken(
        lambda stage: trusting(stage, actions="sts:AssumeRole"), "fault", "assume it and tag the session"
    ),
    "role for another account of Kubernetes": Broken(
        lambda stage: trusting(
            stage, Condition={"StringEquals": {"aws:RequestTag/kubernetes-service-account": "other"}}
        ),
        "fault",
        "is not for the service account rights-platform",
    ),
    "role for all pods": Broken(
        lambda stage: trusting(stage, Condition=None), "warning", "the pods of any service account"
    ),
    "no bucket": Broken(gone, "fault", "There is no bucket physics-data.", "Make it"),
    "bucket of somebody else": Broken(
        lambda stage: stage.border.refuse("s3", "HeadBucket", "403"), "unknown", "is another account's"
    ),
    "bucket far away": Broken(moved, "fault", "is in eu-west-1", f"Take one in {REGION}"),
    "bucket that may be opened": Broken(
        opened, "warning", "does not block public access", "aws s3api put-public-access-block --bucket physics-data"
    ),
    "bucket without a word on it": Broken(
        lambda stage: stage.workload.client("s3").delete_public_access_block(Bucket="physics-data"),
        "warning",
        "does not block public access",
    ),
    "bucket with a key that is not named": Broken(
        lambda stage: encrypted(stage, KEY), "fault", f"is encrypted with the key {KEY}", "kms_key_arn"
    ),
    "bucket with another key": Broken(
        lambda stage: access(stage, f"raw: {{bucket: physics-data, kms_key_arn: '{KEY}'}}"),
        "warning",
        "is not encrypted by default with the key",
    ),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_broken_rights_are_told_in_one_line(stage: Stage, broken: Broken) -> None:
    look(stage, rights.CHECKS, broken)


def test_sound_rights_are_told_too(stage: Stage) -> None:
    found = examine(stage.world(), list(rights.CHECKS), 30)
    assert [(each.level, each.text) for each in found] == [
        ("ok", f"The role {ROLE} may be given to servers."),
        ("ok", "The bucket physics-data is there, in the region, and closed to the public."),
    ]
