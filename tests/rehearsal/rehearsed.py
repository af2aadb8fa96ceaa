"""A cluster of the stand-in with a real control plane, and what a kubelet would do there, for tests of controllers."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import yaml

from blueprint.versions import Chart
from rehearsal import charts
from rehearsal.aws import Cloud, Server
from rehearsal.aws.eks.store import ClusterId
from rehearsal.aws.identities import POD_IDENTITY
from rehearsal.clusters import LocalClusters
from rehearsal.controllers import PROGRAMS, program
from rehearsal.kubernetes import objects
from rehearsal.kubernetes.control_plane import ControlPlane
from tests.rehearsal.balancing import until
from tests.rehearsal.conftest import CACHE
from tests.rehearsal.rights import allow, role, trust
from tests.rehearsal.stacks import ACCOUNT, REGION

NODE = "node-a"
AT_HAND = Path(os.environ.get("CHARTS_DIR", CACHE.parent / "charts"))


def built_controller(name: str) -> Path:
    """A controller's program, which Go takes minutes to build."""
    found = program(next(each for each in PROGRAMS.values() if each.name == name), CACHE)
    if not found.exists():
        pytest.skip(f"{name} is not built in .cache/rehearsal: python -m rehearsal build")
    return found


def render(chart: Chart, values: Mapping[str, Any], folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What Helm makes of a chart with these values: its objects, by kind."""
    charts.fetch(folder / "charts", AT_HAND, CACHE, charts=[chart])
    file = folder / f"{chart.name}.json"
    file.write_text(json.dumps(values))
    archive = charts.archive(folder / "charts", chart)
    command = [str(charts.helm(CACHE)), "template", chart.name, str(archive), "--namespace", chart.namespace]
    command += ["--include-crds", "--values", str(file)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in yaml.safe_load_all(printed):
        if each:
            found[each["kind"]].append(each)
    return found


def own_address() -> str:
    """An address of this machine that is not loopback, where Kubernetes lets no Service lead."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no network but loopback")
        return str(probe.getsockname()[0])


def pod_role(cloud: Cloud, name: str) -> str:
    """A role that pods may take, and that may do everything: its ARN."""
    pods = trust({"Service": "pods.eks.amazonaws.com"}, "sts:AssumeRole", "sts:TagSession")
    return role(cloud, name, allow("*"), trusts=[pods])


@dataclass
class Rehearsed:
    """The cluster, its network, and a node."""

    server: Server
    cloud: Cloud
    plane: ControlPlane
    name: str
    folder: Path
    vpc: str
    subnets: list[str]
    instance: Mapping[str, Any]
    """The node's, as EC2 describes it."""
    _ended: Event = field(default_factory=Event)

    def create(self, path: str, thing: Mapping[str, Any]) -> dict[str, Any]:
        """Make an object in a collection of the API."""
        return self._ask("POST", path, thing)

    def get(self, path: str) -> dict[str, Any]:
        answer = self.plane.get(path)
        assert answer is not None, path
        found: dict[str, Any] = json.loads(answer)
        return found

    def find(self, path: str) -> dict[str, Any] | None:
        answer = self.plane.get(path)
        return json.loads(answer) if answer else None

    def replace(self, path: str, thing: Mapping[str, Any]) -> None:
        """Have another object in the place of one."""
        version = self.get(path)["metadata"]["resourceVersion"]
        finalizers = self.get(path)["metadata"].get("finalizers", [])
        metadata = {**thing["metadata"], "resourceVersion": version, "finalizers": finalizers}
        self._ask("PUT", path, {**thing, "metadata": metadata})

    def delete(self, path: str) -> None:
        self._ask("DELETE", path, None)

    def create_namespace(self, name: str) -> None:
        """Make a namespace that is ready for pods."""
        self.create("/api/v1/namespaces", {"metadata": {"name": name}})
        until(lambda: self.find(f"/api/v1/namespaces/{name}/serviceaccounts/default"), 60)

    def status(self, path: str, status: Mapping[str, Any]) -> None:
        """Say how an object is."""
        self._ask("PATCH", f"{path}/status", {"status": status}, "application/merge-patch+json")

    def environment(self, namespace: str, account: str) -> dict[str, str]:
        """What EKS gives to pods of a service account that has a role, for a process outside of any pod."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        if self.find(f"{path}/{account}") is None:
            self.create(path, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account}})
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"audiences": ["pods.eks.amazonaws.com"]},
        }
        file = self.folder / f"{account}.token"
        file.write_text(self.create(f"{path}/{account}/token", request)["status"]["token"])
        return {
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL": self.server.url,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self.server.url}{POD_IDENTITY}/{ACCOUNT}/{REGION}/{self.name}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(file),
        }

    def run_pod(self, namespace: str, name: str, labels: Mapping[str, str], address: str, port: int) -> None:
        """Have a pod that is ready on the node, as its kubelet and the VPC CNI would say."""
        container = {"name": "main", "image": "none", "ports": [{"name": "http", "containerPort": port}]}
        self.create(
            f"/api/v1/namespaces/{namespace}/pods",
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": name, "labels": dict(labels)},
                "spec": {"nodeName": NODE, "containers": [container]},
            },
        )
        self.cloud.client("ec2").assign_private_ip_addresses(
            NetworkInterfaceId=self.instance["NetworkInterfaces"][0]["NetworkInterfaceId"], PrivateIpAddresses=[address]
        )
        conditions = [{"type": kind, "status": "True"} for kind in ("Ready", "ContainersReady", "PodScheduled")]
        self.status(
            f"/api/v1/namespaces/{namespace}/pods/{name}",
            {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "conditions": conditions},
        )

    def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None, kind: str = "application/json"
    ) -> dict[str, Any]:
        return objects.ask(self.plane, method, path, body, kind)

    def _beat(self) -> None:
        """Be the heart of the node."""
        leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
        while not self._ended.wait(5):
            now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
            spec = {"holderIdentity": NODE, "leaseDurationSeconds": 40, "renewTime": now}
            self._ask("PATCH", f"{leases}/{NODE}", {"spec": spec}, "application/merge-patch+json")


@contextmanager
def rehearsed(folder: Path, name: str, *, enforce: bool = False) -> Iterator[Rehearsed]:
    """A stand-in with a cluster of one node, which may enforce policies."""
    clusters = LocalClusters(folder / "kubernetes", CACHE)
    nothing = folder / "nothing"
    try:
        with (
            Server(folder / "aws", clusters, modules=nothing, charts=nothing, enforce=enforce) as server,
            _cluster(server, clusters, name, folder) as cluster,
        ):
            yield cluster
    finally:
        clusters.stop_all()


@contextmanager
def _cluster(server: Server, clusters: LocalClusters, name: str, folder: Path) -> Iterator[Rehearsed]:
    cloud = server.cloud(ACCOUNT, REGION)
    vpc, subnets = network(cloud)
    eks = cloud.client("eks")
    made = eks.create_cluster(
        name=name,
        version="1.35",
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/control-plane",
        resourcesVpcConfig={"subnetIds": subnets},
    )["cluster"]
    group = made["resourcesVpcConfig"]["clusterSecurityGroupId"]
    machine = {"ImageId": "ami-00000000000000000", "InstanceType": "t3.large", "MinCount": 1, "MaxCount": 1}
    placed = {"SubnetId": subnets[0], "SecurityGroupIds": [group]}
    instance = cloud.client("ec2").run_instances(**machine, **placed)["Instances"][0]
    plane = clusters.running[ClusterId(ACCOUNT, REGION, name)]
    found = Rehearsed(server, cloud, plane, name, folder, vpc, subnets, instance)
    _node(found)
    heart = Thread(target=found._beat, daemon=True)
    heart.start()
    try:
        yield found
    finally:
        found._ended.set()
        heart.join()


def network(cloud: Cloud) -> tuple[str, list[str]]:
    """A VPC that leads to the internet, and subnets of it in two zones."""
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    made = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")
        for number, zone in enumerate("ab")
    ]
    return vpc, [each["Subnet"]["SubnetId"] for each in made]


def _node(cluster: Rehearsed) -> None:
    zone = cluster.instance["Placement"]["AvailabilityZone"]
    labels = {
        "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": NODE,
        "node.kubernetes.io/instance-type": "t3.large",
        "topology.kubernetes.io/region": REGION,
        "topology.kubernetes.io/zone": zone,
    }
    provider = f"aws:///{zone}/{cluster.instance['InstanceId']}"
    node = {"metadata": {"name": NODE, "labels": labels}, "spec": {"providerID": provider}}
    cluster.create("/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", **node})
    size = {"cpu": "4", "memory": "16Gi", "pods": "50"}
    addresses = [{"type": "InternalIP", "address": cluster.instance["PrivateIpAddress"]}]
    ready = [{"type": "Ready", "status": "True", "reason": "KubeletReady"}]
    cluster.status(
        f"/api/v1/nodes/{NODE}", {"capacity": size, "allocatable": size, "addresses": addresses, "conditions": ready}
    )
    lease = {"metadata": {"name": NODE}, "spec": {"holderIdentity": NODE, "leaseDurationSeconds": 40}}
    cluster.create(
        "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases",
        {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", **lease},
    )
