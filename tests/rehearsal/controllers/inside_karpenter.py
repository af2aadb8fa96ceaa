"""Karpenter in the sandbox: test_karpenter.py runs this."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kubernetes_asyncio import client, config

from blueprint.constructs.compute.gpus import device_plugin
from blueprint.constructs.compute.nodes import PURPOSE
from blueprint.versions import Chart
from hub.nodes import Nodes
from rehearsal import charts, controllers, front
from rehearsal.aws import Cloud, Server
from rehearsal.aws.eks.store import ClusterId
from rehearsal.certificates import Authority
from rehearsal.clusters import LocalClusters
from rehearsal.iam.recorder import Recorder
from rehearsal.kubelet.kubelet import Everywhere, Kubelet
from rehearsal.kubernetes import objects
from rehearsal.kubernetes.control_plane import ControlPlane
from rehearsal.kubernetes.programs import Program, Table
from rehearsal.sandbox.place import Sandbox
from tests.rehearsal.balancing import until
from tests.rehearsal.conftest import CACHE
from tests.rehearsal.rehearsed import AT_HAND, network, pod_role
from tests.rehearsal.rights import allow, document, role, trust
from tests.rehearsal.stacks import ACCOUNT, REGION, Stacks

NAME = "hub"
REGISTRY = "oci://public.ecr.aws/karpenter"
CHARTS = [
    Chart("karpenter-crd", f"{REGISTRY}/karpenter-crd", "1.14.1", "kube-system"),
    Chart("karpenter", f"{REGISTRY}/karpenter", "1.14.1", "kube-system", definitions=False),
]
IMAGE = "/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/x86_64/standard/recommended/image_id"
TRUSTED = "/etc/ssl/certs/ca-certificates.crt"
OWNED = f"kubernetes.io/cluster/{NAME}"

PODS = "/api/v1/namespaces/default/pods"
NODES = "/api/v1/nodes"
CLAIMS = "/apis/karpenter.sh/v1/nodeclaims"
POOLS = "/apis/karpenter.sh/v1/nodepools"
CLASSES = "/apis/karpenter.k8s.aws/v1/ec2nodeclasses"
DAEMON_SETS = "/apis/apps/v1/namespaces/kube-system/daemonsets"
CONTROLLERS = "/api/v1/namespaces/kube-system/pods?labelSelector=app.kubernetes.io%2Fname%3Dkarpenter"


def _template() -> dict[str, Any]:
    """What the blueprint makes around Karpenter: queue and rules, the machines' role, and who lets them in."""
    queue = {"Fn::GetAtt": ["Queue", "Arn"]}
    kinds = ("EC2 Spot Instance Interruption Warning", "EC2 Instance State-change Notification")
    rules = {
        f"Rule{number}": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {"source": ["aws.ec2"], "detail-type": [kind]},
                "Targets": [{"Id": "queue", "Arn": queue}],
            },
        }
        for number, kind in enumerate(kinds)
    }
    sending = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
    }
    return {
        "Parameters": {"Image": {"Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", "Default": IMAGE}},
        "Resources": {
            "Queue": {
                "Type": "AWS::SQS::Queue",
                "Properties": {"MessageRetentionPeriod": 300, "SqsManagedSseEnabled": True},
            },
            "Policy": {
                "Type": "AWS::SQS::QueuePolicy",
                "Properties": {
                    "Queues": [{"Ref": "Queue"}],
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": [sending]},
                },
            },
            **rules,
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": json.loads(document(trust({"Service": "ec2.amazonaws.com"}))),
                },
            },
            "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": "Role"}]}},
            "Entry": {
                "Type": "AWS::EKS::AccessEntry",
                "Properties": {
                    "ClusterName": NAME,
                    "PrincipalArn": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Type": "EC2_LINUX",
                },
            },
        },
        "Outputs": {
            "Image": {"Value": {"Ref": "Image"}},
            "QueueName": {"Value": {"Fn::GetAtt": ["Queue", "QueueName"]}},
            "QueueArn": {"Value": queue},
            "Role": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}},
            "Profile": {"Value": {"Ref": "Profile"}},
        },
    }


def _rights(made: Mapping[str, str]) -> list[dict[str, Any]]:
    """Upstream's policy, as far as the blueprint has it."""
    ec2 = f"arn:aws:ec2:{REGION}"
    kinds = ("fleet", "instance", "volume", "network-interface", "launch-template", "spot-instances-request")
    new = [f"{ec2}:*:{kind}/*" for kind in kinds]
    there = [f"{ec2}::image/*", *(f"{ec2}:*:{kind}/*" for kind in ("security-group", "subnet"))]
    requested = {
        "StringEquals": {f"aws:RequestTag/{OWNED}": "owned", "aws:RequestTag/eks:eks-cluster-name": NAME},
        "StringLike": {"aws:RequestTag/karpenter.sh/nodepool": "*"},
    }
    own = {
        "StringEquals": {f"aws:ResourceTag/{OWNED}": "owned"},
        "StringLike": {"aws:ResourceTag/karpenter.sh/nodepool": "*"},
    }
    launch = ["ec2:RunInstances", "ec2:CreateFleet"]
    at_once = {"ec2:CreateAction": ["RunInstances", "CreateFleet", "CreateLaunchTemplate"]}
    tagged = {**requested, "StringEquals": {**requested["StringEquals"], **at_once}}
    keys = {"aws:TagKeys": ["eks:eks-cluster-name", "karpenter.sh/nodeclaim", "Name"]}
    reading = ["Images", "Instances", "InstanceStatus", "InstanceTypeOfferings", "InstanceTypes", "LaunchTemplates"]
    reading += ["SecurityGroups", "SpotPriceHistory", "Subnets"]
    return [
        allow(launch, there),
        allow(launch, f"{ec2}:*:launch-template/*", **own),
        allow([*launch, "ec2:CreateLaunchTemplate"], new, **requested),
        allow("ec2:CreateTags", new, **tagged),
        allow("ec2:CreateTags", f"{ec2}:*:instance/*", **own, ForAllValues_StringEquals=keys),
        allow(["ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"], [new[1], new[4]], **own),
        allow("iam:PassRole", made["Role"], StringEquals={"iam:PassedToService": "ec2.amazonaws.com"}),
        # It looks for what an older release of its own would have left, before it lets a class go.
        allow("iam:GetInstanceProfile", f"arn:aws:iam::{ACCOUNT}:instance-profile/{NAME}_*"),
        allow("eks:DescribeCluster", f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{NAME}"),
        allow(["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"], made["QueueArn"]),
        allow([*(f"ec2:Describe{each}" for each in reading), "iam:ListInstanceProfiles", "pricing:GetProducts"]),
    ]


@dataclass
class Cluster:
    """A cluster with Karpenter on a node of a node group."""

    cloud: Cloud
    plane: ControlPlane
    kubelet: Kubelet
    server: Server
    made: Mapping[str, str]
    subnets: list[str]

    @property
    def recorder(self) -> Recorder:
        return self.server.recorder

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        return objects.ask(self.plane, method, path, body, kind)

    def every(self, path: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.ask("GET", path)["items"]
        return items

    def names(self, path: str) -> list[str]:
        return [each["metadata"]["name"] for each in self.every(path)]

    def there(self, path: str) -> bool:
        return self.plane.get(path) is not None

    def nodes(self, pool: str) -> list[str]:
        """The nodes of a pool."""
        return self.names(f"{NODES}?labelSelector=karpenter.sh%2Fnodepool%3D{pool}")

    def instances(self, pool: str = "*") -> list[dict[str, Any]]:
        """What Karpenter started and what has not ended."""
        wanted = {"tag:karpenter.sh/nodepool": [pool], "instance-state-name": ["pending", "running"]}
        filters = [{"Name": name, "Values": values} for name, values in wanted.items()]
        found = self.cloud.client("ec2").describe_instances(Filters=filters)["Reservations"]
        return [each for reservation in found for each in reservation["Instances"]]

    @property
    def group(self) -> str:
        """The cluster's security group."""
        cluster = self.cloud.client("eks").describe_cluster(name=NAME)["cluster"]
        return str(cluster["resourcesVpcConfig"]["clusterSecurityGroupId"])

    def pool(self, name: str, types: list[str], *, capacity: str = "on-demand", after: str = "1s") -> None:
        """A pool, with a class of its own, for pods that want it by name."""
        disk = {"volumeType": "gp3", "volumeSize": "40Gi", "encrypted": True, "deleteOnTermination": True}
        spec = {
            "amiFamily": "AL2023",
            "amiSelectorTerms": [{"id": self.made["Image"]}],
            "instanceProfile": self.made["Profile"],
            "subnetSelectorTerms": [{"id": each} for each in self.subnets],
            "securityGroupSelectorTerms": [{"id": self.group}],
            "metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1},
            "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": disk}],
            "tags": {"team": "science"},
        }
        requirements = {
            "node.kubernetes.io/instance-type": types,
            "karpenter.sh/capacity-type": [capacity],
            "kubernetes.io/arch": ["amd64"],
            "kubernetes.io/os": ["linux"],
        }
        template = {
            "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": name},
            "taints": [{"key": "pool", "value": name, "effect": "NoSchedule"}],
            "requirements": [{"key": key, "operator": "In", "values": each} for key, each in requirements.items()],
            "expireAfter": "Never",
        }
        api = {"apiVersion": "karpenter.k8s.aws/v1", "kind": "EC2NodeClass"}
        self.ask("POST", CLASSES, {**api, "metadata": {"name": name}, "spec": spec})
        pool = {
            "template": {"metadata": {"labels": {"pool": name, PURPOSE: "user"}}, "spec": template},
            "disruption": {
                "consolidationPolicy": "WhenEmpty",
                "consolidateAfter": after,
                "budgets": [{"nodes": "100%"}],
            },
            "limits": {"cpu": "100"},
        }
        api = {"apiVersion": "karpenter.sh/v1", "kind": "NodePool"}
        self.ask("POST", POOLS, {**api, "metadata": {"name": name}, "spec": pool})

    def pod(
        self,
        name: str,
        pool: str,
        cpu: str = "1",
        memory: str = "1Gi",
        *,
        limits: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        """A pod of a pool."""
        resources = {"requests": {"cpu": cpu, "memory": memory, **(limits or {})}, "limits": limits or {}}
        container = {"name": "main", "image": "nothing", "resources": resources}
        spec = {
            "containers": [container],
            "nodeSelector": {"pool": pool},
            "tolerations": [{"key": "pool", "value": pool}],
            "terminationGracePeriodSeconds": 1,
        }
        metadata = {"name": name, "annotations": annotations or {}, "labels": labels or {}}
        self.ask("POST", PODS, {"metadata": metadata, "spec": spec})

    def node_of(self, pod: str) -> dict[str, Any]:
        """The node on which a pod is ready, as soon as it is."""

        def found() -> str:
            told = self.ask("GET", f"{PODS}/{pod}")
            conditions = {each["type"]: each["status"] for each in told["status"].get("conditions", ())}
            return str(told["spec"]["nodeName"]) if conditions.get("Ready") == "True" else ""

        return self.ask("GET", f"{NODES}/{until(found, 120)}")

    def kill_controller(self) -> None:
        """Kill Karpenter's processes."""
        (name,) = self.names(CONTROLLERS)
        self.kubelet.kill_pod("kube-system", name)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("karpenter")
    clusters = LocalClusters(folder / "kubernetes", CACHE.absolute())
    authority = Authority(folder / "certificates", "rehearsal")
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox())
        server = stack.enter_context(Server(folder / "aws", clusters, modules=folder, charts=folder, enforce=True))
        stack.callback(clusters.stop_all)
        sandbox.resolver.sources.append(front.names)
        front.serve(sandbox, server.url, authority, [REGION])
        id = ClusterId(ACCOUNT, REGION, NAME)
        cloud = server.cloud(ACCOUNT, REGION)
        subnets = _create(cloud)
        program = controllers.program(controllers.PROGRAMS["public.ecr.aws/karpenter/controller"], CACHE.absolute())
        kubelet = Kubelet(
            sandbox,
            id,
            clusters.running[id],
            cloud,
            Table({"public.ecr.aws/karpenter/controller": Program((str(program),), shown=[str(program.parent)])}),
            folder=folder / "nodes",
            storage=folder / "storage",
            everywhere=Everywhere(
                environment={"SSL_CERT_FILE": TRUSTED}, files={TRUSTED: authority.certificate.read_text()}
            ),
        )
        kubelet.start()
        stack.callback(kubelet.stop)
        stacks = Stacks(cloud, "test", server.wait)
        template = _template()
        assert stacks.create(template.pop("Resources"), **template) == "CREATE_COMPLETE", stacks.reasons(
            "CREATE_FAILED"
        )
        made = stacks.outputs()
        cloud.client("eks").create_pod_identity_association(
            clusterName=NAME, namespace="kube-system", serviceAccount="karpenter", roleArn=_role(cloud, made)
        )
        cloud.client("eks").create_addon(clusterName=NAME, addonName="coredns")
        _install(folder, clusters.running[id], made)
        yield Cluster(cloud, clusters.running[id], kubelet, server, made, subnets)


def _create(cloud: Cloud) -> list[str]:
    """Make the cluster, with a node for what is not a user's: the subnets that it is in."""
    _, subnets = network(cloud)
    eks = cloud.client("eks")
    arn = pod_role(cloud, "cluster")
    eks.create_cluster(name=NAME, version="1.35", roleArn=arn, resourcesVpcConfig={"subnetIds": subnets})
    eks.create_nodegroup(
        clusterName=NAME,
        nodegroupName="core",
        subnets=subnets[:1],
        nodeRole=arn,
        instanceTypes=["t3.large"],
        scalingConfig={"minSize": 1, "maxSize": 1, "desiredSize": 1},
    )
    return subnets


def _role(cloud: Cloud, made: Mapping[str, str]) -> str:
    pods = trust({"Service": "pods.eks.amazonaws.com"}, "sts:AssumeRole", "sts:TagSession")
    return role(cloud, "karpenter", *_rights(made), trusts=[pods])


def _install(folder: Path, plane: ControlPlane, made: Mapping[str, str]) -> None:
    """Install the charts."""
    charts.fetch(folder / "charts", AT_HAND, CACHE, charts=CHARTS)
    settings = {"clusterName": NAME, "interruptionQueue": made["QueueName"]}
    values = {
        "settings": {**settings, "featureGates": {"reservedCapacity": False}},
        "replicas": 1,
        "controller": {"env": [{"name": "AWS_REGION", "value": REGION}]},
    }
    file = folder / "values.json"
    file.write_text(json.dumps(values))
    for chart in CHARTS:
        command: list[str | Path] = [charts.helm(CACHE), "upgrade", "--install", chart.name]
        command += [charts.archive(folder / "charts", chart), "--namespace", chart.namespace]
        command += ["--kubeconfig", plane.kubeconfig]
        if chart.name == "karpenter":
            command += ["--values", file]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_a_pod_too_large_for_what_runs_brings_a_machine_of_the_right_type(cluster: Cluster) -> None:
    cluster.pool("large", ["m7i.large", "m7i.2xlarge", "m7i.8xlarge"])
    cluster.pod("large", "large", cpu="6", memory="20Gi")
    node = cluster.node_of("large")
    (machine,) = cluster.instances()
    tags = {each["Key"]: each["Value"] for each in machine["Tags"]}
    assert node["metadata"]["labels"]["node.kubernetes.io/instance-type"] == "m7i.2xlarge"
    assert node["metadata"]["labels"]["karpenter.sh/nodepool"] == "large"
    assert node["spec"]["providerID"].rpartition("/")[2] == machine["InstanceId"]
    own = [each for each in node["spec"]["taints"] if not each["key"].startswith("node.kubernetes.io/")]
    assert own == [{"key": "pool", "value": "large", "effect": "NoSchedule"}]
    assert (machine["InstanceType"], tags["team"], tags[OWNED]) == ("m7i.2xlarge", "science", "owned")
    assert machine["MetadataOptions"]["HttpTokens"] == "required"
    assert [each["GroupId"] for each in machine["SecurityGroups"]] == [cluster.group]
    (disk,) = cluster.cloud.client("ec2").describe_volumes(
        Filters=[{"Name": "attachment.instance-id", "Values": [machine["InstanceId"]]}]
    )["Volumes"]
    assert (disk["Size"], disk["VolumeType"], disk["Encrypted"]) == (40, "gp3", True)
    (interface,) = machine["NetworkInterfaces"]
    for tagged in (
        disk["Tags"],
        cluster.cloud.client("ec2").describe_network_interfaces(NetworkInterfaceIds=[interface["NetworkInterfaceId"]])[
            "NetworkInterfaces"
        ][0]["TagSet"],
    ):
        assert {"Key": "team", "Value": "science"} in tagged


def test_an_empty_machine_goes_and_one_whose_pod_is_not_to_be_disturbed_stays_when_others_drift(
    cluster: Cluster,
) -> None:
    cluster.pool("drifting", ["m7i.large"])
    cluster.pod("kept", "drifting", annotations={"karpenter.sh/do-not-disrupt": "true"})
    kept = cluster.node_of("kept")
    cluster.pod("moved", "drifting")
    moved = cluster.node_of("moved")
    assert kept["metadata"]["name"] != moved["metadata"]["name"]
    (empty,) = cluster.nodes("large")
    cluster.ask("DELETE", f"{PODS}/large")
    change = {"spec": {"template": {"metadata": {"labels": {"pool": "drifting", "generation": "two"}}}}}
    cluster.ask("PATCH", f"{POOLS}/drifting", change)
    until(lambda: not {empty, moved["metadata"]["name"]} & set(cluster.names(NODES)), 180)
    assert cluster.node_of("kept")["metadata"]["uid"] == kept["metadata"]["uid"]
    assert cluster.instances("large") == []
    cluster.ask("DELETE", f"{PODS}/kept")


async def told_by_the_hub(cluster: Cluster, interrupt: Callable[[], None]) -> list[tuple[str, str]]:
    """Whose servers the hub finds on machines that go away, once something has happened; before it there are none."""
    async with await config.new_client_from_config(str(cluster.plane.kubeconfig)) as connection:
        nodes = Nodes(client.CoreV1Api(connection))
        following = asyncio.create_task(nodes.follow())
        try:
            assert await nodes.servers("default") == []
            interrupt()
            async with asyncio.timeout(60):
                while not (found := await nodes.servers("default")):
                    await asyncio.sleep(0.2)
            return found
        finally:
            following.cancel()


def test_a_notice_of_ec2_that_it_takes_a_spare_machine_back_empties_it(cluster: Cluster) -> None:
    cluster.pool("spare", ["m7i.large"], capacity="spot")
    cluster.pod("spare", "spare")
    node = cluster.node_of("spare")
    annotations = {"karpenter.sh/do-not-disrupt": "true", "hub.jupyter.org/username": "Ada"}
    cluster.pod("server", "spare", "200m", annotations=annotations, labels={"component": "singleuser-server"})
    assert cluster.node_of("server")["metadata"]["name"] == node["metadata"]["name"]
    (machine,) = cluster.instances("spare")
    assert (machine["InstanceLifecycle"], node["metadata"]["labels"]["karpenter.sh/capacity-type"]) == ("spot", "spot")
    detail = {"instance-id": machine["InstanceId"], "instance-action": "terminate"}
    told = asyncio.run(
        told_by_the_hub(
            cluster,
            lambda: cluster.server.notices.tell(ACCOUNT, REGION, "EC2 Spot Instance Interruption Warning", detail),
        )
    )
    assert told == [("Ada", "")]
    assert cluster.there(f"{PODS}/server")  # whoever is told has what is left of two minutes
    until(lambda: not cluster.there(f"{PODS}/spare"), 60)
    cluster.ask("DELETE", f"{PODS}/server")
    until(lambda: not cluster.instances("spare"), 60)


def test_a_machine_with_gpus_has_them_when_their_device_plugin_runs(cluster: Cluster) -> None:
    cluster.pool("gpus", ["g6.xlarge"])
    cluster.ask("POST", DAEMON_SETS, device_plugin())
    cluster.pod("learning", "gpus", limits={"nvidia.com/gpu": "1"})
    node = cluster.node_of("learning")
    assert node["metadata"]["labels"]["node.kubernetes.io/instance-type"] == "g6.xlarge"
    assert node["status"]["allocatable"]["nvidia.com/gpu"] == "1"

    def initialized() -> list[str]:
        """The nodes of claims that want nothing any more."""
        return [
            each["status"].get("nodeName", "")
            for each in cluster.every(CLAIMS)
            for condition in each["status"]["conditions"]
            if (condition["type"], condition["status"]) == ("Initialized", "True")
        ]

    until(lambda: node["metadata"]["name"] in initialized(), 30)


def test_a_machine_that_ends_by_itself_is_replaced(cluster: Cluster) -> None:
    cluster.pool("lost", ["m7i.large"])
    cluster.pod("waiting", "lost")
    node = cluster.node_of("waiting")
    cluster.kubelet.kill_node(node["metadata"]["name"])
    until(lambda: not cluster.there(f"{NODES}/{node['metadata']['name']}"), 60)
    cluster.pod("next", "lost")
    assert cluster.node_of("next")["metadata"]["uid"] != node["metadata"]["uid"]
    assert len(cluster.instances("lost")) == 1


def test_a_controller_that_is_killed_goes_on_where_it_was(cluster: Cluster) -> None:
    cluster.pool("halves", ["m7i.large"])
    before = set(cluster.names(CLAIMS))
    cluster.pod("first", "halves")
    until(lambda: set(cluster.names(CLAIMS)) - before, 60)
    cluster.kill_controller()
    cluster.node_of("first")
    (claim,) = set(cluster.names(CLAIMS)) - before
    (machine,) = cluster.instances("halves")
    told = cluster.ask("GET", f"{CLAIMS}/{claim}")["status"]["providerID"]
    assert told.rpartition("/")[2] == machine["InstanceId"]


def test_with_pools_and_classes_all_machines_go_though_the_controller_is_killed_meanwhile(cluster: Cluster) -> None:
    assert cluster.instances()
    for name in cluster.names(POOLS):
        cluster.ask("DELETE", f"{POOLS}/{name}?propagationPolicy=Foreground")
    until(lambda: [each for each in cluster.every(CLAIMS) if "deletionTimestamp" in each["metadata"]], 30)
    cluster.kill_controller()
    for name in cluster.names(CLASSES):
        cluster.ask("DELETE", f"{CLASSES}/{name}")
    until(lambda: not cluster.every(CLASSES) and not cluster.every(POOLS), 120)
    assert cluster.instances() == []
    assert cluster.cloud.client("ec2").describe_launch_templates()["LaunchTemplates"] == []


def test_karpenter_may_do_all_that_it_did(cluster: Cluster) -> None:
    refused = [each for each in cluster.recorder.calls if each.lacks or each.unknown]
    assert [(str(each.call), each.lacks, each.unknown) for each in refused] == []
