"""A deployed hub: its data in AWS, its cluster, and what the hub itself answers."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from moto.ec2.models import ec2_backends
from moto.efs.models import efs_backends
from typer.testing import CliRunner, Result

from blueprint.cli.__main__ import app
from rehearsal.aws import Cloud, Server
from rehearsal.aws.eks.store import ClusterId, Endpoint
from tests.cli.internet import Api, Asked, Internet, Reply
from tests.cli.operator.cluster import Cluster, Object

ACCOUNT, REGION = "123412341234", "eu-central-1"
HOST = "jupyter.dev.example.com"
TOKEN = "the-operators-own-token"
HUB = "/api/v1/namespaces/jupyterhub"
SETTINGS: dict[str, object] = {
    "workload.account": ACCOUNT,
    "workload.region": REGION,
    "parent.dns.account": "444455556666",
    "parent.hostedzone.name": "example.com",
    "dev.subzone.name": "dev.example.com",
    "jupyterhub.subzone.name": HOST,
    "ingress.scheme": "internet-facing",
    "authUrl": "https://login.example.com/authorize",
    "tokenUrl": "https://login.example.com/oauth/token",
    "userDataUrl": "https://login.example.com/userinfo",
    "clientId": "jupyterhub",
    "clientSecretArn": "jupyterhub/oauth-client-secret",
}
_ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    },
}
DATA: dict[str, Any] = {
    "Homes": {
        "Type": "AWS::EFS::FileSystem",
        "Properties": {"Encrypted": True, "FileSystemTags": [{"Key": "Name", "Value": "jupyterhub"}]},
    },
    "Database": {
        "Type": "AWS::EC2::Volume",
        "Properties": {
            "AvailabilityZone": "eu-central-1a",
            "Size": 10,
            "VolumeType": "gp3",
            "Encrypted": True,
            "Tags": [{"Key": "ebs.csi.aws.com/cluster-name", "Value": "jupyterhub"}],
        },
    },
    "Backups": {"Type": "AWS::Backup::BackupVault", "Properties": {"BackupVaultName": "jupyterhub-1"}},
    "Plan": {
        "Type": "AWS::Backup::BackupPlan",
        "Properties": {
            "BackupPlan": {
                "BackupPlanName": "jupyterhub",
                "BackupPlanRule": [{"RuleName": "Daily", "TargetBackupVault": {"Ref": "Backups"}}],
            }
        },
    },
    "Role": _ROLE,
    "Selection": {
        "Type": "AWS::Backup::BackupSelection",
        "Properties": {
            "BackupPlanId": {"Ref": "Plan"},
            "BackupSelection": {
                "SelectionName": "Selection",
                "IamRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                "Resources": ["*"],
            },
        },
    },
}


class Clusters:
    """Gives EKS the stand-in for a cluster that tests have."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def start(self, cluster: ClusterId, version: str, token_webhook: str) -> Endpoint:
        return Endpoint(self.cluster.url, self.cluster.authority.certificate.read_bytes())

    def owner(self, cluster: ClusterId, token: str, audience: str) -> str | None:
        return None

    def apply(self, cluster: ClusterId, objects: Sequence[Mapping[str, Any]]) -> None:
        pass

    def remove(self, cluster: ClusterId, objects: Sequence[Mapping[str, Any]]) -> None:
        pass

    def stop(self, cluster: ClusterId) -> None:
        pass


class Hub(Api):
    """The hub's API: people by name, with the time of their last activity and their servers."""

    def __init__(self) -> None:
        self.people: dict[str, dict[str, Any]] = {}
        self.broken: Reply | None = None
        self.page = 200

    def answer(self, asked: Asked) -> Reply:
        parts = urlsplit(asked.target)
        if self.broken is not None:
            return self.broken
        if asked.headers.get("Authorization") != f"token {TOKEN}":
            return Reply({"message": "Forbidden"}, 403)
        if parts.path != "/hub/api/users":
            return Reply("", 404)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        found = [
            {"name": name, **about}
            for name, about in self.people.items()
            if query.get("state") != "active" or about.get("servers")
        ]
        offset = int(query["offset"])
        end = offset + min(int(query["limit"]), self.page)
        following = {"offset": end} if end < len(found) else None
        return Reply({"items": found[offset:end], "_pagination": {"next": following}})


@dataclass
class Around:
    """What takes longer to make than all else, so that all tests share it."""

    server: Server
    cluster: Cluster
    internet: Internet
    data: dict[str, str] = field(default_factory=dict)
    """The physical ids of the stack Data by its logical ones; none where there is no stack."""


class Deployment:
    """All of it, and the command before it."""

    def __init__(self, around: Around, folder: Path) -> None:
        self._around = around
        self.server, self.cluster, self.internet = around.server, around.cluster, around.internet
        self.folder, self.storage = folder, around.server._backups.storage
        self.cloud: Cloud = self.server.cloud(ACCOUNT, REGION)
        self.hub = Hub()
        self.internet.put(HOST, self.hub)
        self.cluster.reset(self._place)
        self.settings: dict[str, object] = {}
        self.set()

    def set(self, **more: object) -> None:
        """Write the settings."""
        self.settings = {**SETTINGS, **{key.replace("_", "."): value for key, value in more.items()}}
        (self.folder / "cdk.context.json").write_text(json.dumps(self.settings))

    def deploy(self, resources: Mapping[str, Any] = DATA) -> None:
        """Data, and the cluster with the hub."""
        self.deploy_data(resources)
        self.deploy_cluster()
        key = "hub.services.operator.apiToken"
        self.cluster.put(f"{HUB}/secrets/hub", {"data": {key: base64.b64encode(TOKEN.encode()).decode()}})
        container = {"name": "hub", "image": "quay.io/jupyterhub/k8s-hub:4.4.0"}
        deployment = "/apis/apps/v1/namespaces/jupyterhub/deployments/hub"
        self.cluster.put(deployment, {"spec": {"replicas": 1, "template": {"spec": {"containers": [container]}}}})
        self.cluster.scaled(deployment)

    def clear(self) -> None:
        """Take away what another test has left: all but the stack Data and the cluster."""
        place = (ACCOUNT, REGION)
        for held in (self.server._backups.points, self.server._backups.jobs, self.server._backups.backups):
            held.pop(place, None)
        shutil.rmtree(self.storage, ignore_errors=True)
        efs, ec2 = efs_backends[ACCOUNT][REGION], ec2_backends[ACCOUNT][REGION]
        efs.access_points.clear()
        for volume in ec2.volumes.keys() - self._around.data.values():
            ec2.delete_volume(volume)

    def delete(self) -> None:
        """Have no stack Data, and no cluster."""
        if "jupyterhub" in self.server._clusters.at(ACCOUNT, REGION):
            self.cloud.client("eks").delete_cluster(name="jupyterhub")
        self.cloud.client("cloudformation").delete_stack(StackName="jupyterhub-Data")
        self.server.wait()
        self._around.data.clear()

    def deploy_data(self, resources: Mapping[str, Any] = DATA) -> None:
        """The stack Data, unless it is there from another test."""
        if self._around.data.keys() == resources.keys():
            return
        self.delete()
        api = self.cloud.client("cloudformation")
        body = json.dumps({"Resources": resources})
        api.create_stack(StackName="jupyterhub-Data", TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
        self.server.wait()
        (stack,) = api.describe_stacks(StackName="jupyterhub-Data")["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE", stack
        found = api.describe_stack_resources(StackName="jupyterhub-Data")["StackResources"]
        self._around.data.update({each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found})

    def deploy_cluster(self) -> None:
        """The cluster alone, unless it is there from another test."""
        if "jupyterhub" in self.server._clusters.at(ACCOUNT, REGION):
            return
        ec2, eks = self.cloud.client("ec2"), self.cloud.client("eks")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        role = f"arn:aws:iam::{ACCOUNT}:role/control-plane"
        eks.create_cluster(name="jupyterhub", version="1.35", roleArn=role, resourcesVpcConfig={"subnetIds": [subnet]})

    def id(self, logical: str) -> str:
        """The physical id of a resource of Data."""
        return self._around.data[logical]

    def back_up(self, logical: str) -> str:
        """A recovery point of the file system, or of the database's volume; its ARN."""
        if logical == "Database":
            return self.back_up_volume(self.id(logical))
        return self._back_up(f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:file-system/{self.id(logical)}")

    def back_up_volume(self, id: str) -> str:
        """A recovery point of a volume; its ARN."""
        return self._back_up(f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/{id}")

    def _back_up(self, arn: str) -> str:
        made = self.cloud.client("backup").start_backup_job(
            BackupVaultName="jupyterhub-1", ResourceArn=arn, IamRoleArn=f"arn:aws:iam::{ACCOUNT}:role/{self.id('Role')}"
        )
        return str(made["RecoveryPointArn"])

    def volume_home(self, user: str, size: int) -> str:
        """The volume of a home on EBS, as the driver makes it; its id."""
        tags = {"jupyterhub-eks:deployment": "jupyterhub", "kubernetes.io/created-for/pvc/name": f"claim-{user}"}
        tagged = [{"Key": key, "Value": value} for key, value in tags.items()]
        made = self.cloud.client("ec2").create_volume(
            AvailabilityZone=f"{REGION}a",
            Size=size,
            TagSpecifications=[{"ResourceType": "volume", "Tags": tagged}],
        )
        return str(made["VolumeId"])

    def claim(self, user: str, name: str | None = None, server: str = "", of: str = "home") -> str:
        """A home as KubeSpawner claims it, with its access point."""
        claim = name or f"claim-{user}"
        point = self.cloud.client("efs").create_access_point(
            ClientToken=claim,
            FileSystemId=self.id("Homes"),
            PosixUser={"Uid": 1000, "Gid": 100},
            RootDirectory={
                "Path": f"/home/jupyterhub/{claim}",
                "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 100, "Permissions": "0700"},
            },
            Tags=[{"Key": "efs.csi.aws.com/cluster", "Value": "true"}],
        )["AccessPointId"]
        notes = {"hub.jupyter.org/username": user, "hub.jupyter.org/servername": server}
        labels = {"component": "singleuser-storage", "app": "jupyterhub"}
        spec: Object = {"storageClassName": of, "volumeName": f"pvc-{claim}"}
        spec["resources"] = {"requests": {"storage": "10Gi"}}
        metadata = {"annotations": notes, "labels": labels, "creationTimestamp": "2026-11-01T08:00:00Z"}
        status = {"phase": "Bound"}
        self.cluster.put(
            f"{HUB}/persistentvolumeclaims/{claim}", {"metadata": metadata, "spec": spec, "status": status}
        )
        csi = {"driver": "efs.csi.aws.com", "volumeHandle": f"{self.id('Homes')}::{point}"}
        reclaim = {"persistentVolumeReclaimPolicy": "Delete"}
        self.cluster.put(f"/api/v1/persistentvolumes/pvc-{claim}", {"spec": {"csi": csi, **reclaim}})
        self.home(claim).mkdir(parents=True, exist_ok=True)
        return claim

    @property
    def files(self) -> Path:
        """The file system."""
        return self.storage / "efs" / self.id("Homes")

    def home(self, claim: str) -> Path:
        """The folder of a home."""
        return self.files / "home" / "jupyterhub" / claim

    def run(self, *words: str, typed: str = "") -> Result:
        """Run `blueprint`."""
        result = CliRunner().invoke(app, words, input=typed, prog_name="blueprint")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.output
        assert TOKEN not in result.output
        return result

    def told(self, *words: str, code: int = 0) -> str:
        """What it says, on one line between blanks."""
        result = self.run(*words)
        assert result.exit_code == code, result.output
        return " ".join(result.output.split())

    def json(self, *words: str, code: int = 0) -> dict[str, Any]:
        """What it says to scripts."""
        result = self.run(*words, "--json")
        assert result.exit_code == code, result.output
        told: dict[str, Any] = json.loads(result.stdout)
        return told

    def _place(self, volume: Object) -> Path:
        """Where the data of a persistent volume lies."""
        csi = volume["spec"]["csi"]
        if csi["driver"] == "ebs.csi.aws.com":
            return self.storage / "ebs" / str(csi["volumeHandle"])
        system, _, point = csi["volumeHandle"].split(":")
        root = efs_backends[ACCOUNT][REGION].access_points[point].root_directory
        return Path(self.storage, "efs", system, root["Path"].strip("/"))
