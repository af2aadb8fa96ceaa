"""The controllers of the EFS and EBS CSI drivers, in the sandbox: test_csi.py runs this."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from blueprint.config import Config, load
from blueprint.constructs.storage.user_data import VOLUME_CLUSTER_TAG, UserData
from blueprint.constructs.storage.volumes import GROUP_ID, USER_ID, home_classes
from blueprint.hub import DEPLOYMENT_TAG, HOME_CLASS
from blueprint.versions import EKS_ADDONS
from rehearsal import controllers, front
from rehearsal.aws import Cloud, Server
from rehearsal.aws.eks.store import ClusterId
from rehearsal.certificates import Authority
from rehearsal.clusters import LocalClusters
from rehearsal.iam.calls import Call
from rehearsal.iam.recorder import Recorder
from rehearsal.kubelet.kubelet import Everywhere, Kubelet
from rehearsal.kubernetes import objects
from rehearsal.kubernetes.control_plane import ControlPlane
from rehearsal.kubernetes.programs import Program, Table
from rehearsal.sandbox.place import Sandbox
from tests.rehearsal.balancing import until
from tests.rehearsal.conftest import CACHE
from tests.rehearsal.installed import Blueprint
from tests.rehearsal.rehearsed import network, pod_role
from tests.rehearsal.stacks import ACCOUNT, REGION
from tests.templates.assembly import Assembly, synthesize
from tests.templates.iam import documents
from tests.templates.template import plain
from tests.templates.variants import SHIPPED

ON_EFS = load(SHIPPED, today=date(2026, 1, 1)).config
ON_EBS = load({**SHIPPED, "storage.home": "ebs", "storage.keep": False}, today=date(2026, 1, 1)).config
CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims"
VOLUMES = "/api/v1/persistentvolumes"
PODS = "/api/v1/namespaces/default/pods"
CLUSTER_DNS = "/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkube-dns"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
TRUSTED = "/etc/ssl/certs/ca-certificates.crt"


@dataclass
class Cluster:
    """A cluster with a node in the sandbox, and both drivers."""

    cloud: Cloud
    plane: ControlPlane
    recorder: Recorder
    system: str
    """The file system of the homes."""
    key: str

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return objects.ask(self.plane, method, path, body)

    def claim(self, name: str, storage_class: str) -> None:
        spec = {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": "1Gi"}},
        }
        self.ask("POST", CLAIMS, {"metadata": {"name": name}, "spec": spec})

    def bound(self, name: str) -> dict[str, Any]:
        """The volume of a claim."""
        volume = until(lambda: self.ask("GET", f"{CLAIMS}/{name}")["spec"].get("volumeName"), 60)
        return self.ask("GET", f"{VOLUMES}/{volume}")

    def release(self, name: str) -> None:
        """Delete a claim, and wait until its volume is gone."""
        volume = self.bound(name)["metadata"]["name"]
        self.ask("DELETE", f"{CLAIMS}/{name}")
        until(lambda: not self.there(f"{VOLUMES}/{volume}"), 60)

    def there(self, path: str) -> bool:
        return self.plane.get(path) is not None

    def access_points(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.cloud.client("efs").describe_access_points()["AccessPoints"]
        return found


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("csi")
    clusters = LocalClusters(folder / "kubernetes", CACHE.absolute())
    authority = Authority(folder / "certificates", "rehearsal")
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox())
        server = stack.enter_context(Server(folder / "aws", clusters, modules=folder, charts=folder, enforce=True))
        stack.callback(clusters.stop_all)
        sandbox.resolver.sources.append(front.names)
        front.serve(sandbox, server.url, authority, [REGION])
        id = ClusterId(ACCOUNT, REGION, ON_EFS.name)
        cloud = server.cloud(ACCOUNT, REGION)
        _create(cloud, id.name)
        kubelet = Kubelet(
            sandbox,
            id,
            clusters.running[id],
            cloud,
            Table(_programs()),
            folder=folder / "nodes",
            storage=folder / "storage",
            everywhere=Everywhere(
                environment={"SSL_CERT_FILE": TRUSTED}, files={TRUSTED: authority.certificate.read_text()}
            ),
        )
        kubelet.start()
        stack.callback(kubelet.stop)
        system = str(cloud.client("efs").create_file_system(CreationToken="homes")["FileSystemId"])
        key = str(cloud.client("kms").create_key()["KeyMetadata"]["Arn"])
        assembly = synthesize(SHIPPED, folder / "assembly")
        for driver, account, meant in (
            ("aws-efs-csi-driver", "efs-csi-controller-sa", system),
            ("aws-ebs-csi-driver", "ebs-csi-controller-sa", key),
        ):
            cloud.client("eks").create_addon(
                clusterName=id.name,
                addonName=driver,
                addonVersion=EKS_ADDONS[driver],
                podIdentityAssociations=[
                    {"serviceAccount": account, "roleArn": _role(cloud, assembly, account, meant)}
                ],
            )
        cloud.client("eks").create_addon(clusterName=id.name, addonName="coredns")
        yield Cluster(cloud, clusters.running[id], server.recorder, system, key)


def _role(cloud: Cloud, assembly: Assembly, account: str, meant: str) -> str:
    """The role that the blueprint makes for a driver, which names one thing of another stack."""
    hub = assembly["Hub"]
    id = hub.pod_roles()["kube-system", account]
    text = json.dumps([plain(document) for role, document in documents(hub) if role == id])
    (name,) = set(re.findall(r"\$\{import [^}]*\}", text))
    arn = Blueprint(assembly, {name: meant}).make_role(cloud, "Hub", id, account)
    for policy in plain(hub.resources[id]["Properties"].get("ManagedPolicyArns", [])):
        cloud.client("iam").attach_role_policy(RoleName=account, PolicyArn=policy.replace("${AWS::Partition}", "aws"))
    return arn


def _create(cloud: Cloud, name: str) -> None:
    _, subnets = network(cloud)
    eks = cloud.client("eks")
    arn = pod_role(cloud, "cluster")
    eks.create_cluster(name=name, version="1.35", roleArn=arn, resourcesVpcConfig={"subnetIds": subnets})
    eks.create_nodegroup(
        clusterName=name,
        nodegroupName="core",
        subnets=subnets[:1],
        nodeRole=arn,
        instanceTypes=["t3.large"],
        scalingConfig={"minSize": 1, "maxSize": 1, "desiredSize": 1},
    )


def _programs() -> dict[str, Program]:
    found = {image: controllers.installed(each, CACHE.absolute()) for image, each in controllers.PROGRAMS.items()}
    return {
        image: Program(entrypoint=(str(program),), shown=[str(program.parent)])
        for image, program in found.items()
        if program
    }


def storage_class(cluster: Cluster, config: Config, data: SimpleNamespace) -> str:
    """The blueprint's StorageClass of the homes, by a name of the configuration's own."""
    (wanted,) = home_classes(config, cast(UserData, data), f"{REGION}a", iam=True)
    name = f"{HOME_CLASS}-{config.storage_home}"
    cluster.ask("POST", CLASSES, {**wanted, "metadata": {"name": name}})
    return name


@pytest.fixture(scope="module")
def files(cluster: Cluster) -> str:
    """The class of homes on EFS."""
    data = SimpleNamespace(file_system=SimpleNamespace(attr_file_system_id=cluster.system))
    return storage_class(cluster, ON_EFS, data)


@pytest.fixture(scope="module")
def disks(cluster: Cluster) -> str:
    """The class of homes on EBS."""
    return storage_class(cluster, ON_EBS, SimpleNamespace(file_system=None, key=SimpleNamespace(key_arn=cluster.key)))


def test_a_claim_has_an_access_point_of_its_own(cluster: Cluster, files: str) -> None:
    cluster.claim("claim-ada", files)
    volume = cluster.bound("claim-ada")
    (point,) = cluster.access_points()
    assert volume["spec"]["csi"]["volumeHandle"] == f"{point['FileSystemId']}::{point['AccessPointId']}"
    assert point["RootDirectory"] == {
        "Path": f"/home/{ON_EFS.name}/claim-ada",
        "CreationInfo": {"OwnerUid": int(USER_ID), "OwnerGid": int(GROUP_ID), "Permissions": "700"},
    }
    assert (point["PosixUser"], point["Tags"]) == (
        {"Uid": int(USER_ID), "Gid": int(GROUP_ID)},
        [{"Key": "efs.csi.aws.com/cluster", "Value": "true"}],
    )


def test_a_claim_made_anew_has_the_same_directory(cluster: Cluster, files: str) -> None:
    cluster.claim("claim-bob", files)

    def point() -> dict[str, Any]:
        handle = cluster.bound("claim-bob")["spec"]["csi"]["volumeHandle"]
        return next(each for each in cluster.access_points() if handle.endswith(each["AccessPointId"]))

    before = point()
    cluster.release("claim-bob")
    gone = before["AccessPointId"] not in [each["AccessPointId"] for each in cluster.access_points()]
    cluster.claim("claim-bob", files)
    after = point()
    assert (gone, before["AccessPointId"] != after["AccessPointId"]) == (True, True)
    assert before["RootDirectory"] == after["RootDirectory"]


def test_a_driver_cleans_up_with_cluster_dns_only_and_goes_on_when_that_is_back(cluster: Cluster, files: str) -> None:
    cluster.claim("claim-eve", files)
    volume = cluster.bound("claim-eve")
    name, point = volume["metadata"]["name"], volume["spec"]["csi"]["volumeHandle"].rpartition(":")[2]
    eks = cluster.cloud.client("eks")
    eks.delete_addon(clusterName=ON_EFS.name, addonName="coredns")
    until(lambda: not cluster.ask("GET", CLUSTER_DNS)["items"], 30)
    cluster.ask("DELETE", f"{CLAIMS}/claim-eve")
    failed = f"/api/v1/events?fieldSelector=reason%3DVolumeFailedDelete%2CinvolvedObject.name%3D{name}"
    said = until(lambda: [each["message"] for each in cluster.ask("GET", failed)["items"]], 60)
    assert "dial tcp: lookup" in said[0] or "DeadlineExceeded" in said[0]
    assert point in [each["AccessPointId"] for each in cluster.access_points()]
    eks.create_addon(clusterName=ON_EFS.name, addonName="coredns")
    until(lambda: not cluster.there(f"{VOLUMES}/{name}"), 60)
    assert point not in [each["AccessPointId"] for each in cluster.access_points()]


def test_a_disk_is_made_in_the_zone_of_the_pod_that_needs_it(cluster: Cluster, disks: str) -> None:
    cluster.claim("disk-ada", disks)
    mount = {"name": "home", "mountPath": "/home"}
    container = {"name": "main", "image": "nothing", "volumeMounts": [mount]}
    volumes = [{"name": "home", "persistentVolumeClaim": {"claimName": "disk-ada"}}]
    tolerations = [{"operator": "Exists"}]
    spec = {"containers": [container], "volumes": volumes, "tolerations": tolerations}
    cluster.ask("POST", PODS, {"metadata": {"name": "needs-a-disk"}, "spec": spec})
    id = cluster.bound("disk-ada")["spec"]["csi"]["volumeHandle"]
    (volume,) = cluster.cloud.client("ec2").describe_volumes(VolumeIds=[id])["Volumes"]
    tags = {each["Key"]: each["Value"] for each in volume["Tags"]}
    assert (volume["AvailabilityZone"], volume["VolumeType"], volume["Size"], volume["Encrypted"]) == (
        f"{REGION}a",
        "gp3",
        1,
        True,
    )
    assert (volume["KmsKeyId"], tags[DEPLOYMENT_TAG], tags["kubernetes.io/created-for/pvc/name"]) == (
        cluster.key,
        ON_EBS.name,
        "disk-ada",
    )
    assert tags[VOLUME_CLUSTER_TAG] == ON_EBS.name


def test_a_disk_that_is_not_kept_goes_with_its_claim(cluster: Cluster, disks: str) -> None:
    id = cluster.bound("disk-ada")["spec"]["csi"]["volumeHandle"]
    cluster.ask("DELETE", f"{PODS}/needs-a-disk?gracePeriodSeconds=0")
    cluster.release("disk-ada")
    found = cluster.cloud.client("ec2").describe_volumes()["Volumes"]
    assert id not in [each["VolumeId"] for each in found]


def test_the_drivers_may_do_all_that_they_did(cluster: Cluster) -> None:
    there = {each["AccessPointId"] for each in cluster.access_points()}

    def expected(call: Call) -> bool:
        """What AWS refuses, too, and the drivers do without."""
        # The provisioner may ask twice, and what is gone has no tag by which the driver may delete it.
        gone = str(call) == "elasticfilesystem:DeleteAccessPoint" and call.input["AccessPointId"] not in there
        # To ask for the limit of IOPS, the driver would make a volume without the tag that AWS's policy wants.
        return gone or (str(call) == "ec2:CreateVolume" and call.input.get("DryRun") is True)

    refused = [each for each in cluster.recorder.calls if each.lacks or each.unknown]
    assert [(str(each.call), each.lacks, each.unknown) for each in refused if not expected(each.call)] == []
