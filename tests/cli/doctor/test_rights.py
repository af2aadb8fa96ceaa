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
ISSUER = "oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"


def by_token(issuer: str = ISSUER, account: str = "fargate-platform") -> dict[str, Any]:
    """What a role needs besides for servers on Fargate."""
    return {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{WORKLOAD}:oidc-provider/{issuer}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{issuer}:aud": "sts.amazonaws.com",
                f"{issuer}:sub": f"system:serviceaccount:jupyterhub:{account}",
            }
        },
    }


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


def trusting(
    stage: Stage,
    *others: Any,
    make: bool = False,
    principal: Any = EKS,
    actions: Any = BOTH,
    **more: Any,
) -> None:
    """A role that trusts somebody."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": actions, "Condition": OURS, **more}
    statement = {key: value for key, value in statement.items() if value}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement, *others]})
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


@pytest.fixture
def on_fargate(stage: Stage, tmp_path: Path) -> str:
    """Profiles on Fargate, and the issuer of the cluster that there is."""
    (tmp_path / "profiles.yaml").write_text("alone: {title: Alone, compute: fargate}")
    stage.context |= {"singleuser.profiles": str(tmp_path / "profiles.yaml")}
    subnets: dict[str, list[str]] = {"subnetIds": [], "securityGroupIds": []}
    role = f"arn:aws:iam::{WORKLOAD}:role/control-plane"
    made = stage.workload.client("eks").create_cluster(name="jupyterhub", roleArn=role, resourcesVpcConfig=subnets)
    return str(made["cluster"]["identity"]["oidc"]["issuer"]).removeprefix("https://")


@pytest.mark.parametrize(
    ("issuer", "account"),
    [
        pytest.param("", "", id="nothing of it"),
        pytest.param(ISSUER, "fargate-platform", id="another cluster's issuer"),
        pytest.param("", "rights-platform", id="the account of those on nodes"),
    ],
)
def test_role_that_servers_on_fargate_lack_is_told(stage: Stage, on_fargate: str, issuer: str, account: str) -> None:
    trusting(stage, *([by_token(issuer or on_fargate, account)] if account else []))
    (found,) = stage.find(rights.CHECKS)
    assert (found.level, f"the service account fargate-platform of {on_fargate}" in found.text) == ("fault", True)
    assert "docs/fargate.md" in found.fix


def test_role_for_servers_on_fargate_is_told_too(stage: Stage, on_fargate: str) -> None:
    trusting(stage, by_token(on_fargate))
    levels = [(each.level, each.text) for each in examine(stage.world(), list(rights.CHECKS), 30)]
    assert ("ok", f"The role {ROLE} may be given to servers on Fargate.") in levels
    assert {level for level, _ in levels} == {"ok"}


def test_role_is_looked_at_before_there_is_a_cluster(stage: Stage, on_fargate: str) -> None:
    stage.workload.client("eks").delete_cluster(name="jupyterhub")
    trusting(stage, by_token())
    assert stage.find(rights.CHECKS) == []
