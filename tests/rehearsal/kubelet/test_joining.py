"""A machine that somebody else started joins the cluster that its user data tell, if the cluster lets its role in."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from rehearsal.aws import Cloud, Server
from rehearsal.kubelet.capacity.joining import Joining, node_config
from rehearsal.kubelet.capacity.machines import Machines
from tests.rehearsal.rehearsed import network
from tests.rehearsal.rights import document, role, trust
from tests.rehearsal.stacks import ACCOUNT, REGION

IMAGE = "/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/recommended/image_id"
USER_DATA = """MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="//"

--//
Content-Type: application/node.eks.aws

apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  featureGates:
    FastImagePull: true
  kubelet:
    config:
      maxPods: 20
--//
Content-Type: application/node.eks.aws

# Karpenter Generated NodeConfig
apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  cluster:
    name: {cluster}
  kubelet:
    config:
      registerWithTaints:
      - effect: NoExecute
        key: karpenter.sh/unregistered
    flags:
    - --node-labels="karpenter.sh/nodepool=user,empty="

--//--
"""


@pytest.fixture(scope="module")
def subnets(server: Server) -> list[str]:
    """Those of a cluster with an entry for a role, and without one for another."""
    cloud = server.cloud(ACCOUNT, REGION)
    _, subnets = network(cloud)
    eks, iam = cloud.client("eks"), cloud.client("iam")
    plane = role(cloud, "plane")
    eks.create_cluster(name="joined", version="1.35", roleArn=plane, resourcesVpcConfig={"subnetIds": subnets})
    for name in ("welcome", "stranger", "person"):
        trusting = document(trust({"Service": "ec2.amazonaws.com"}))
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting)["Role"]["Arn"]
        iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
        if name != "stranger":
            kind = "EC2_LINUX" if name == "welcome" else "STANDARD"
            eks.create_access_entry(clusterName="joined", principalArn=arn, type=kind)
    return subnets


def start(cloud: Cloud, subnets: list[str], profile: str, cluster: str = "joined", **tags: str) -> str:
    """Start an instance as Karpenter does: its id."""
    owned = {"kubernetes.io/cluster/joined": "owned", **tags}
    disk = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 50, "DeleteOnTermination": True}}
    started = cloud.client("ec2").run_instances(
        ImageId=cloud.client("ssm").get_parameter(Name=IMAGE)["Parameter"]["Value"],
        InstanceType="m7i.xlarge",
        MinCount=1,
        MaxCount=1,
        SubnetId=subnets[1],
        IamInstanceProfile={"Name": profile},
        BlockDeviceMappings=[disk],
        UserData=USER_DATA.format(cluster=cluster),
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": key, "Value": value} for key, value in owned.items()]}
        ],
    )
    return str(started["Instances"][0]["InstanceId"])


def test_it_is_the_node_that_its_user_data_say(cloud: Cloud, subnets: list[str]) -> None:
    id = start(cloud, subnets, "welcome")
    machines = Machines(cloud, "joined")
    joining = Joining(machines)
    (found,), gone = joining.look()
    assert (found.id, found.instance_type, found.zone, gone) == (id, "m7i.xlarge", f"{REGION}b", [])
    assert found.labels == {"karpenter.sh/nodepool": "user", "empty": ""}
    assert found.taints == [{"effect": "NoExecute", "key": "karpenter.sh/unregistered"}]
    assert (found.size.cpu, found.size.disk, found.size.pods, found.version) == (4, 50, 20, "1.34")
    assert found.name == f"ip-{found.address.replace('.', '-')}.{REGION}.compute.internal"
    assert (machines.all, joining.look()) == ({found.name: found}, ([], []))
    cloud.client("ec2").terminate_instances(InstanceIds=[id])
    assert joining.look() == ([], [found])


@pytest.mark.parametrize(
    ("profile", "cluster", "tags"),
    [
        pytest.param("stranger", "joined", {}, id="no access entry"),
        pytest.param("person", "joined", {}, id="an entry that is not for nodes"),
        pytest.param("welcome", "another", {}, id="another cluster"),
        pytest.param("welcome", "joined", {"eks:nodegroup-name": "core"}, id="of a node group"),
    ],
)
def test_others_do_not_join(cloud: Cloud, subnets: list[str], profile: str, cluster: str, tags: dict[str, str]) -> None:
    id = start(cloud, subnets, profile, cluster, **tags)
    assert Joining(Machines(cloud, "joined")).look() == ([], [])
    cloud.client("ec2").terminate_instances(InstanceIds=[id])


def test_of_two_node_configs_the_later_one_wins() -> None:
    config: dict[str, Any] = node_config(USER_DATA.format(cluster="joined").encode())
    assert (config["cluster"], config["featureGates"]) == ({"name": "joined"}, {"FastImagePull": True})
    assert set(config["kubelet"]["config"]) == {"maxPods", "registerWithTaints"}


@pytest.mark.parametrize("text", [b"", b"#!/bin/sh\necho hello\n", base64.b64encode(b"x")], ids=["none", "script", "x"])
def test_user_data_without_node_config_tell_nothing(text: bytes) -> None:
    assert node_config(text) == {}
