"""EKS: its API, who may enter a cluster, and what pods get."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.signers import RequestSigner

from rehearsal.aws import Cloud, Credentials, Server
from rehearsal.aws.eks.store import ClusterId
from rehearsal.aws.identities import POD_IDENTITY
from tests.rehearsal.functions import role
from tests.rehearsal.no_kubernetes import NoKubernetes
from tests.rehearsal.stacks import ACCOUNT, REGION

ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
CLUSTER = {"type": "cluster"}


@pytest.fixture
def eks(cloud: Cloud) -> Any:
    return cloud.client("eks")


@pytest.fixture
def cluster(cloud: Cloud, eks: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    name = f"cluster-{request.node.name}"[:100]
    eks.create_cluster(
        name=name,
        version="1.35",
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/control-plane",
        resourcesVpcConfig={"subnetIds": [subnet]},
    )
    yield name
    if name in eks.list_clusters()["clusters"]:
        eks.delete_cluster(name=name)


def id_of(cluster: str) -> ClusterId:
    return ClusterId(ACCOUNT, REGION, cluster)


def token(cloud: Cloud, cluster: str, credentials: Credentials, operation: str = "GetCallerIdentity") -> str:
    """What `aws eks get-token` prints for somebody."""
    session: Any = boto3.Session(credentials.access_key, credentials.secret_key, credentials.token, region_name=REGION)
    client = session.client("sts")
    signer = RequestSigner(
        client.meta.service_model.service_id, REGION, "sts", "v4", session.get_credentials(), session.events
    )
    request = {
        "method": "GET",
        "url": f"https://sts.{REGION}.amazonaws.com/?Action={operation}&Version=2011-06-15",
        "body": {},
        "headers": {"x-k8s-aws-id": cluster},
        "context": {},
    }
    url = signer.generate_presigned_url(request, region_name=REGION, expires_in=60, operation_name="")
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def assumed(cloud: Cloud, name: str) -> tuple[str, Credentials]:
    """A new role, and its credentials."""
    arn = role(cloud, name)
    given = cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return arn, Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def review(kubernetes: NoKubernetes, cluster: str, token: str) -> dict[str, Any]:
    """What an API server of a cluster learns about a token."""
    question = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    request = urllib.request.Request(kubernetes.webhooks[id_of(cluster)], json.dumps(question).encode())
    with urllib.request.urlopen(request) as answer:
        status: dict[str, Any] = json.load(answer)["status"]
        return status


def test_a_cluster_has_the_endpoint_of_its_kubernetes(eks: Any, cluster: str) -> None:
    facts = eks.describe_cluster(name=cluster)["cluster"]
    assert (facts["endpoint"], base64.b64decode(facts["certificateAuthority"]["data"])) == (
        f"https://{cluster}.invalid",
        b"certificate",
    )


def test_a_deleted_cluster_ends_its_kubernetes(eks: Any, cluster: str, kubernetes: NoKubernetes) -> None:
    assert kubernetes.running[id_of(cluster)] == "1.35"
    eks.delete_cluster(name=cluster)
    assert id_of(cluster) not in kubernetes.running


@pytest.mark.parametrize("place", [(ACCOUNT, "eu-west-1"), ("432143214321", REGION)], ids=["region", "account"])
def test_a_cluster_of_the_same_name_elsewhere_is_another(
    server: Server, eks: Any, cluster: str, kubernetes: NoKubernetes, place: tuple[str, str]
) -> None:
    other = server.cloud(*place)
    subnet = other.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    arn = f"arn:aws:iam::{place[0]}:role/control-plane"
    network = {"subnetIds": [subnet]}
    other.client("eks").create_cluster(name=cluster, version="1.34", roleArn=arn, resourcesVpcConfig=network)
    both = (kubernetes.running[id_of(cluster)], kubernetes.running[ClusterId(*place, cluster)])
    other.client("eks").delete_cluster(name=cluster)
    assert (both, id_of(cluster) in kubernetes.running) == (("1.35", "1.34"), True)


def test_a_deleted_cluster_leaves_no_security_group(cloud: Cloud, eks: Any, cluster: str) -> None:
    group = eks.describe_cluster(name=cluster)["cluster"]["resourcesVpcConfig"]["clusterSecurityGroupId"]
    eks.delete_cluster(name=cluster)
    groups = cloud.client("ec2").describe_security_groups()["SecurityGroups"]
    assert group not in [each["GroupId"] for each in groups]


def test_a_cluster_goes_to_the_next_minor(eks: Any, cluster: str, kubernetes: NoKubernetes) -> None:
    eks.update_cluster_version(name=cluster, version="1.36")
    assert (kubernetes.running[id_of(cluster)], eks.describe_cluster(name=cluster)["cluster"]["version"]) == (
        "1.36",
        "1.36",
    )


@pytest.mark.parametrize("version", ["1.34", "1.35", "1.37"])
def test_a_cluster_goes_neither_back_nor_further(eks: Any, cluster: str, version: str) -> None:
    with pytest.raises(ClientError, match="Unsupported Kubernetes minor version update"):
        eks.update_cluster_version(name=cluster, version=version)


def test_a_cluster_with_nodes_cannot_be_deleted(eks: Any, cluster: str) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/nodes"
    eks.create_nodegroup(clusterName=cluster, nodegroupName="core", subnets=["subnet-1"], nodeRole=arn)
    with pytest.raises(ClientError, match="Cluster has nodegroups attached"):
        eks.delete_cluster(name=cluster)
    eks.delete_nodegroup(clusterName=cluster, nodegroupName="core")


def test_what_belongs_to_no_cluster_is_refused(eks: Any) -> None:
    with pytest.raises(ClientError, match="No cluster found for name: none"):
        eks.create_access_entry(clusterName="none", principalArn=f"arn:aws:iam::{ACCOUNT}:role/admin")


def test_a_role_that_does_not_exist_is_refused(eks: Any, cluster: str) -> None:
    with pytest.raises(ClientError, match="invalid principal"):
        eks.create_access_entry(clusterName=cluster, principalArn=f"arn:aws:iam::{ACCOUNT}:role/nobody")


def test_a_policy_that_kubernetes_would_not_get_is_refused(cloud: Cloud, eks: Any, cluster: str) -> None:
    arn, _ = assumed(cloud, "viewer")
    eks.create_access_entry(clusterName=cluster, principalArn=arn)
    with pytest.raises(ClientError, match="can only grant AmazonEKSClusterAdminPolicy"):
        eks.associate_access_policy(
            clusterName=cluster,
            principalArn=arn,
            policyArn=ADMIN.replace("ClusterAdmin", "View"),
            accessScope=CLUSTER,
        )


def test_an_administrator_enters_as_master(cloud: Cloud, eks: Any, cluster: str, kubernetes: NoKubernetes) -> None:
    arn, credentials = assumed(cloud, "cluster-admin")
    eks.create_access_entry(clusterName=cluster, principalArn=arn)
    eks.associate_access_policy(clusterName=cluster, principalArn=arn, policyArn=ADMIN, accessScope=CLUSTER)
    status = review(kubernetes, cluster, token(cloud, cluster, credentials))
    assert (status["authenticated"], status["user"]["username"], status["user"]["groups"]) == (
        True,
        arn,
        ["system:masters"],
    )


def test_an_entry_gives_its_groups_and_no_more(cloud: Cloud, eks: Any, cluster: str, kubernetes: NoKubernetes) -> None:
    arn, credentials = assumed(cloud, "cluster-member")
    eks.create_access_entry(clusterName=cluster, principalArn=arn, kubernetesGroups=["readers"])
    assert review(kubernetes, cluster, token(cloud, cluster, credentials))["user"]["groups"] == ["readers"]


def test_a_role_without_an_entry_does_not_enter(cloud: Cloud, cluster: str, kubernetes: NoKubernetes) -> None:
    _, credentials = assumed(cloud, "stranger")
    assert review(kubernetes, cluster, token(cloud, cluster, credentials)) == {"authenticated": False}


@pytest.mark.parametrize("bad", ["k8s-aws-v1.", "k8s-aws-v1.%%%", "k8s-aws-v1.aHR0cHM6Ly94", "other"])
def test_what_is_no_token_does_not_enter(cluster: str, kubernetes: NoKubernetes, bad: str) -> None:
    assert review(kubernetes, cluster, bad) == {"authenticated": False}


def test_another_signed_call_is_no_token(cloud: Cloud, eks: Any, cluster: str, kubernetes: NoKubernetes) -> None:
    arn, credentials = assumed(cloud, "caller")
    eks.create_access_entry(clusterName=cluster, principalArn=arn)
    other = token(cloud, cluster, credentials, operation="GetSessionToken")
    assert review(kubernetes, cluster, other) == {"authenticated": False}


@pytest.fixture
def pod(cloud: Cloud, eks: Any, cluster: str, kubernetes: NoKubernetes) -> str:
    """The role of a pod, whose token is `pod's`."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/pod"
    if not any(each["Arn"] == arn for each in cloud.client("iam").list_roles()["Roles"]):
        role(cloud, "pod")
    kubernetes.owners[id_of(cluster), "pod's", "pods.eks.amazonaws.com"] = "system:serviceaccount:dns:external-dns"
    eks.create_pod_identity_association(
        clusterName=cluster, namespace="dns", serviceAccount="external-dns", roleArn=arn
    )
    return arn


def test_a_pod_calls_aws_as_its_role(cloud: Cloud, cluster: str, pod: str) -> None:
    url = f"{cloud.url}{POD_IDENTITY}/{ACCOUNT}/{REGION}/{cluster}"
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Authorization": "pod's"})) as answer:
        given = json.load(answer)
    credentials = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["Token"])
    me = Cloud(cloud.url, ACCOUNT, REGION, credentials).client("sts").get_caller_identity()
    assert me["Arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/pod/")


def test_the_agents_api_gives_the_same(cloud: Cloud, cluster: str, pod: str) -> None:
    answer = cloud.client("eks-auth").assume_role_for_pod_identity(clusterName=cluster, token="pod's")
    assert answer["subject"] == {"namespace": "dns", "serviceAccount": "external-dns"}


def test_a_pod_with_a_strange_token_gets_nothing(cloud: Cloud, cluster: str, pod: str) -> None:
    with pytest.raises(ClientError, match="InvalidTokenException"):
        cloud.client("eks-auth").assume_role_for_pod_identity(clusterName=cluster, token="nobody's")


def test_a_service_account_without_an_association_gets_nothing(
    cloud: Cloud, cluster: str, pod: str, kubernetes: NoKubernetes
) -> None:
    kubernetes.owners[id_of(cluster), "other's", "pods.eks.amazonaws.com"] = "system:serviceaccount:dns:other"
    with pytest.raises(ClientError, match="No pod identity association found for dns/other"):
        cloud.client("eks-auth").assume_role_for_pod_identity(clusterName=cluster, token="other's")


def test_a_second_association_of_a_service_account_is_refused(eks: Any, cluster: str, pod: str) -> None:
    with pytest.raises(ClientError, match="Association already exists"):
        eks.create_pod_identity_association(
            clusterName=cluster, namespace="dns", serviceAccount="external-dns", roleArn=pod
        )


def test_an_addon_brings_the_identities_of_its_pods_and_takes_them_away(eks: Any, cluster: str) -> None:
    identity = {"serviceAccount": "aws-node", "roleArn": f"arn:aws:iam::{ACCOUNT}:role/node"}
    eks.create_addon(clusterName=cluster, addonName="vpc-cni", podIdentityAssociations=[identity])

    def accounts() -> list[str]:
        found = eks.list_pod_identity_associations(clusterName=cluster)["associations"]
        return [each["serviceAccount"] for each in found]

    with_addon = accounts()
    eks.delete_addon(clusterName=cluster, addonName="vpc-cni")
    assert (with_addon, accounts()) == (["aws-node"], [])


def test_an_operation_that_the_stand_in_does_not_know_is_an_error(eks: Any, cluster: str) -> None:
    with pytest.raises(ClientError, match="does not know ListInsights"):
        eks.list_insights(clusterName=cluster)
