"""EKS on Fargate: which profiles it takes, and whose tokens have which role."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from rehearsal.aws import Cloud, Server
from rehearsal.aws.eks.store import ClusterId
from tests.rehearsal.no_kubernetes import NoKubernetes
from tests.rehearsal.stacks import ACCOUNT, REGION

NAME = "without-machines"
SUBJECT = "system:serviceaccount:jupyterhub:server-alone"
AUDIENCE = "sts.amazonaws.com"


def trusting(cloud: Cloud, name: str, statement: dict[str, Any]) -> str:
    """A role with a trust of its own."""
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
    made = cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    return str(made["Role"]["Arn"])


def of_fargate(cloud: Cloud, name: str, service: str = "eks-fargate-pods.amazonaws.com") -> str:
    return trusting(cloud, name, {"Action": "sts:AssumeRole", "Principal": {"Service": service}})


@pytest.fixture
def subnet(cloud: Cloud) -> str:
    ec2: Any = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return str(ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"])


@pytest.fixture
def cluster(cloud: Cloud, subnet: str) -> Iterator[str]:
    eks: Any = cloud.client("eks")
    role = f"arn:aws:iam::{ACCOUNT}:role/control-plane"
    eks.create_cluster(name=NAME, version="1.35", roleArn=role, resourcesVpcConfig={"subnetIds": [subnet]})
    yield NAME
    for each in eks.list_fargate_profiles(clusterName=NAME)["fargateProfileNames"]:
        eks.delete_fargate_profile(clusterName=NAME, fargateProfileName=each)
    eks.delete_cluster(name=NAME)


def profile(cluster: str, subnet: str, role: str) -> dict[str, Any]:
    selectors = [{"namespace": "jupyterhub", "labels": {"jupyterhub-eks/compute": "fargate"}}]
    named = {"clusterName": cluster, "fargateProfileName": "servers"}
    return {**named, "podExecutionRoleArn": role, "subnets": [subnet], "selectors": selectors}


def test_profile_comes_and_lets_its_pods_nodes_in_and_keeps_the_cluster(
    cloud: Cloud, cluster: str, subnet: str
) -> None:
    eks: Any = cloud.client("eks")
    role = of_fargate(cloud, "execution")
    eks.create_fargate_profile(**profile(cluster, subnet, role))
    told = eks.describe_fargate_profile(clusterName=cluster, fargateProfileName="servers")["fargateProfile"]
    assert (told["status"], told["subnets"]) == ("ACTIVE", [subnet])
    entry = eks.describe_access_entry(clusterName=cluster, principalArn=role)["accessEntry"]
    assert entry["type"] == "FARGATE_LINUX"
    with pytest.raises(ClientError, match="ResourceInUse"):
        eks.delete_cluster(name=cluster)


def test_profile_whose_role_fargate_cannot_have_is_refused(cloud: Cloud, cluster: str, subnet: str) -> None:
    role = of_fargate(cloud, "of-ec2", "ec2.amazonaws.com")
    with pytest.raises(ClientError, match="Misconfigured PodExecutionRole"):
        cloud.client("eks").create_fargate_profile(**profile(cluster, subnet, role))


def test_profile_in_a_public_subnet_is_refused(cloud: Cloud, cluster: str, subnet: str) -> None:
    ec2: Any = cloud.client("ec2")
    vpc = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    with pytest.raises(ClientError, match="not a private subnet"):
        cloud.client("eks").create_fargate_profile(**profile(cluster, subnet, of_fargate(cloud, "in-public")))


@pytest.mark.parametrize(
    ("owner", "given"),
    [
        pytest.param(SUBJECT, True, id="the service account"),
        pytest.param("system:serviceaccount:jupyterhub:hub", False, id="another one"),
        pytest.param(None, False, id="no token of the cluster's"),
    ],
)
def test_role_is_for_the_service_account_that_it_trusts(
    server: Server,
    cloud: Cloud,
    kubernetes: NoKubernetes,
    cluster: str,
    owner: str | None,
    given: bool,
) -> None:
    described = cloud.client("eks").describe_cluster(name=cluster)["cluster"]
    issuer = described["identity"]["oidc"]["issuer"].removeprefix("https://")
    iam: Any = cloud.client("iam")
    provider = iam.create_open_id_connect_provider(Url=f"https://{issuer}", ClientIDList=[AUDIENCE])
    says = {f"{issuer}:aud": AUDIENCE, f"{issuer}:sub": SUBJECT}
    statement = {
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": provider["OpenIDConnectProviderArn"]},
        "Condition": {"StringEquals": says},
    }
    role = trusting(cloud, f"server-{len(owner or '')}", statement)
    if owner:
        kubernetes.owners[ClusterId(ACCOUNT, REGION, cluster), "token", AUDIENCE] = owner
    sts: Any = boto3.client(
        "sts", region_name=REGION, endpoint_url=server.url, config=Config(signature_version=UNSIGNED)
    )
    asked = {"RoleArn": role, "RoleSessionName": "server", "WebIdentityToken": "token"}
    try:
        if given:
            assert "AccessKeyId" in sts.assume_role_with_web_identity(**asked)["Credentials"]
        else:
            with pytest.raises(ClientError, match="AccessDenied"):
                sts.assume_role_with_web_identity(**asked)
    finally:
        kubernetes.owners.clear()
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider["OpenIDConnectProviderArn"])
