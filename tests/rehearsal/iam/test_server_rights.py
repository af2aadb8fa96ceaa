"""What servers get and do in AWS, with the roles and associations of the template: judged as AWS judges it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from hub.rights import pod_name
from rehearsal.aws import Cloud, Credentials, Server
from rehearsal.aws.eks.store import ClusterId
from rehearsal.kubelet.storage.buckets import AUDIENCE, mounted
from tests.rehearsal.no_kubernetes import NoKubernetes
from tests.rehearsal.rights import refusal
from tests.templates import assembly, kinds
from tests.templates.template import Template, plain, role_id
from tests.templates.variants import ACCOUNT, REGION, VARIANTS

CLUSTER = "jupyterhub"
Tokens = Callable[[str, str], str]
"""The token of a pod's name with the service account of some rights."""
Pods = Callable[[str, str], Any]
"""S3 as that pod calls it."""


@pytest.fixture(scope="module")
def administrator(server: Server) -> Cloud:
    """The account with the cluster, the buckets, and what the template makes for servers."""
    cloud = server.cloud(ACCOUNT, REGION)
    s3, ec2, eks = (cloud.client(each) for each in ("s3", "ec2", "eks"))
    for bucket in ("physics-data", "open-data"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        for key in ("raw/year=2026/one.csv", "raw/year=20267/two.csv", "users/one.csv"):
            s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    eks.create_cluster(
        name=CLUSTER,
        version="1.35",
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/control-plane",
        resourcesVpcConfig={"subnetIds": [subnet]},
    )
    hub = assembly.made(VARIANTS["rights"])["Hub"]
    for each in hub.all(kinds.ASSOCIATION):
        given = each["Properties"]
        if given["ServiceAccount"].startswith("rights-") and not isinstance(given["RoleArn"], str):
            eks.create_pod_identity_association(
                clusterName=CLUSTER,
                namespace=given["Namespace"],
                serviceAccount=given["ServiceAccount"],
                roleArn=made(cloud, hub, role_id(given["RoleArn"]), given["ServiceAccount"]),
            )
    return cloud


def made(cloud: Cloud, hub: Template, id: str, name: str) -> str:
    """A role of the template, made by hand: its ARN."""
    iam = cloud.client("iam")
    trust = text(hub.resources[id]["Properties"]["AssumeRolePolicyDocument"])
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    for policy in hub.all("AWS::IAM::Policy"):
        if policy["Properties"]["Roles"] == [{"Ref": id}]:
            document = text(policy["Properties"]["PolicyDocument"])
            iam.put_role_policy(RoleName=name, PolicyName="Rights", PolicyDocument=document)
    return arn


def text(document: Any) -> str:
    return json.dumps(plain(document)).replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Partition}", "aws")


@pytest.fixture
def tokens(kubernetes: NoKubernetes) -> Tokens:
    def token(account: str, pod: str) -> str:
        told = {"kubernetes.io": {"pod": {"name": pod, "uid": "0"}}}
        made = f"x.{base64.urlsafe_b64encode(json.dumps(told).encode()).decode()}.y"
        owner = f"system:serviceaccount:jupyterhub:{account}"
        kubernetes.owners[ClusterId(ACCOUNT, REGION, CLUSTER), made, AUDIENCE] = owner
        return made

    return token


@pytest.fixture
def pods(administrator: Cloud, tokens: Tokens) -> Pods:
    def s3(account: str, pod: str) -> Any:
        auth = administrator.client("eks-auth")
        given = auth.assume_role_for_pod_identity(clusterName=CLUSTER, token=tokens(account, pod))["credentials"]
        credentials = Credentials(given["accessKeyId"], given["secretAccessKey"], given["sessionToken"])
        return Cloud(administrator.url, ACCOUNT, REGION, credentials).client("s3")

    return s3


def server_of(name: str, server: str = "", claim: str = "") -> str:
    """The name of somebody's pod."""
    return pod_name(SimpleNamespace(user=SimpleNamespace(name=name), name=server, pvc_name=claim or f"claim-{name}"))


ADA, BOB = server_of("ada"), server_of("bob")


def test_member_reads_what_the_group_may_and_no_more(pods: Pods) -> None:
    s3 = pods("rights-physics", ADA)
    assert s3.get_object(Bucket="physics-data", Key="raw/year=2026/one.csv")["Body"].read() == b"1"
    listed = s3.list_objects_v2(Bucket="physics-data", Prefix="raw/year=2026/")["Contents"]
    assert [each["Key"] for each in listed] == ["raw/year=2026/one.csv"]
    for refused in (
        lambda: s3.get_object(Bucket="physics-data", Key="raw/year=20267/two.csv"),
        lambda: s3.get_object(Bucket="physics-data", Key="users/one.csv"),
        lambda: s3.get_object(Bucket="open-data", Key="raw/year=2026/one.csv"),
        lambda: s3.put_object(Bucket="physics-data", Key="raw/year=2026/new.csv", Body=b"2"),
        lambda: s3.delete_object(Bucket="physics-data", Key="raw/year=2026/one.csv"),
        lambda: s3.list_objects_v2(Bucket="physics-data"),
        lambda: s3.list_objects_v2(Bucket="physics-data", Prefix="raw/year=2026"),
        lambda: s3.list_buckets(),
    ):
        assert "AccessDenied" in refusal(refused)


def test_each_person_has_a_folder_that_no_other_reaches(pods: Pods) -> None:
    ada, bob = pods("rights-physics", ADA), pods("rights-physics", BOB)
    mine = f"users/{ADA}/notes.txt"
    ada.put_object(Bucket="physics-data", Key=mine, Body=b"mine")
    assert ada.get_object(Bucket="physics-data", Key=mine)["Body"].read() == b"mine"
    assert ada.list_objects_v2(Bucket="physics-data", Prefix=f"users/{ADA}/")["KeyCount"] == 1
    for refused in (
        lambda: bob.get_object(Bucket="physics-data", Key=mine),
        lambda: bob.put_object(Bucket="physics-data", Key=mine, Body=b"his"),
        lambda: bob.list_objects_v2(Bucket="physics-data", Prefix=f"users/{ADA}/"),
        lambda: bob.list_objects_v2(Bucket="physics-data", Prefix="users/"),
        lambda: ada.put_object(Bucket="physics-data", Key=f"users/{ADA}-more/x", Body=b""),
    ):
        assert "AccessDenied" in refusal(refused)


def test_member_of_no_group_has_what_everybody_has(pods: Pods) -> None:
    s3 = pods("rights-everybody", ADA)
    assert s3.get_object(Bucket="open-data", Key="raw/year=2026/one.csv")
    assert "AccessDenied" in refusal(lambda: s3.get_object(Bucket="physics-data", Key="raw/year=2026/one.csv"))


@pytest.mark.parametrize("account", ["default", "hub", "rights-physicists"])
def test_other_account_has_no_credentials_at_all(pods: Pods, account: str) -> None:
    with pytest.raises(ClientError, match="No pod identity association found"):
        pods(account, ADA)


def test_folder_has_the_rights_of_the_pod_that_mounts_it(administrator: Cloud, tokens: Tokens, tmp_path: Path) -> None:
    hub = assembly.made(VARIANTS["rights"])["Hub"]
    raw, open_ = (
        hub.objects["PersistentVolume", f"jupyterhub-rights-{each}"]["spec"]
        for each in ("physics-raw", "everybody-open")
    )

    def shown(volume: Any, account: str) -> tuple[list[str], bool]:
        place, read_only = mounted(volume, tmp_path / account, administrator, CLUSTER, tokens(account, ADA))
        return sorted(str(file.relative_to(place)) for file in place.rglob("*.csv")), read_only

    assert shown(raw, "rights-physics") == (["one.csv"], True)
    assert shown(open_, "rights-everybody")[1] is False
    for volume, account in ((open_, "rights-physics"), (raw, "rights-everybody"), (raw, "default")):
        with pytest.raises(ClientError, match=r"AccessDenied|No pod identity association"):
            shown(volume, account)


@pytest.mark.parametrize("account", ["default", "rights-everybody"])
def test_role_is_for_no_other_account_even_if_that_is_associated_with_it(
    administrator: Cloud, pods: Pods, account: str
) -> None:
    eks = administrator.client("eks")
    found = eks.list_pod_identity_associations(clusterName=CLUSTER, serviceAccount=account)["associations"]
    physics = f"arn:aws:iam::{ACCOUNT}:role/rights-physics"
    wanted = {"clusterName": CLUSTER, "roleArn": physics}
    if found:
        id = found[0]["associationId"]
        before = eks.describe_pod_identity_association(clusterName=CLUSTER, associationId=id)["association"]["roleArn"]
        eks.update_pod_identity_association(**wanted, associationId=id)
    else:
        made = eks.create_pod_identity_association(**wanted, namespace="jupyterhub", serviceAccount=account)
        id, before = made["association"]["associationId"], None
    try:
        with pytest.raises(ClientError, match="AccessDenied"):
            pods(account, ADA)
    finally:
        if before:
            eks.update_pod_identity_association(clusterName=CLUSTER, associationId=id, roleArn=before)
        else:
            eks.delete_pod_identity_association(clusterName=CLUSTER, associationId=id)
