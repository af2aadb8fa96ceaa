"""How user data is reached from a cluster: mount targets, storage classes, volumes and their claims."""

from collections.abc import Sequence

from aws_cdk import Fn
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from constructs import Construct

from blueprint.config import Config
from blueprint.constructs.compute.cluster import Cluster
from blueprint.constructs.storage.user_data import UserData
from blueprint.hub import (
    DATABASE_CLASS,
    DEPLOYMENT_TAG,
    HOME_CLASS,
    HOME_CLASS_WITHOUT_IAM,
    SHARED_READERS,
    SHARED_WRITERS,
    TEAM_DIRECTORIES,
    folder_claim,
)
from blueprint.versions import JUPYTERHUB

DATABASE_CLAIM = "hub-db-dir"
"""The chart's name for the claim of the hub's database."""

NOBODY = "65534"
USER_ID, GROUP_ID = "1000", "100"
"""jovyan and users, of the Jupyter images: all access to a home directory is made as them."""

NFS = 2049


class MountTargets(Construct):
    """The file system's ends in the private subnets; only the cluster's nodes reach them."""

    def __init__(self, scope: Construct, id: str, *, cluster: Cluster, file_system: efs.CfnFileSystem) -> None:
        super().__init__(scope, id)
        self.group = group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=cluster.vpc,
            description="NFS from the nodes to the file system of the homes",
            allow_all_outbound=False,
        )
        group.add_ingress_rule(
            ec2.Peer.security_group_id(cluster.eks.cluster_security_group_id), ec2.Port.tcp(NFS), "The nodes"
        )
        for zone, subnet in enumerate(cluster.subnets, 1):
            efs.CfnMountTarget(
                self,
                f"Zone{zone}",
                file_system_id=file_system.attr_file_system_id,
                subnet_id=subnet.subnet_id,
                security_groups=[group.security_group_id],
            )


class SharedDirectory(Construct):
    """`/shared` on the file system, through two access points: one may write, the other only read; and their claims.

    The readers' access point acts as nobody, so the file system itself refuses what a read-only mount would.
    """

    def __init__(self, scope: Construct, id: str, *, file_system: efs.CfnFileSystem, iam: bool) -> None:
        super().__init__(scope, id)
        writers = _access_point(self, "Writers", file_system, "/shared", "0755", USER_ID, GROUP_ID)
        readers = _access_point(self, "Readers", file_system, "/shared", "0755", NOBODY, NOBODY)
        handles = {SHARED_WRITERS: writers, SHARED_READERS: readers}
        self.volumes = [_shared_volume(name, handle, iam=iam) for name, handle in handles.items()]
        self.claims = [_shared_claim(name) for name in handles]


class TeamDirectories(Construct):
    """`/teams` on the file system, in which each group has a directory that only its members' servers mount."""

    def __init__(self, scope: Construct, id: str, *, file_system: efs.CfnFileSystem, iam: bool) -> None:
        super().__init__(scope, id)
        handle = _access_point(self, "AccessPoint", file_system, "/teams", "0750", USER_ID, GROUP_ID)
        self.volumes = [_shared_volume(TEAM_DIRECTORIES, handle, iam=iam)]
        self.claims = [_shared_claim(TEAM_DIRECTORIES)]


def home_classes(config: Config, data: UserData, zone_name: str, *, iam: bool) -> list[dict[str, object]]:
    """The StorageClasses of the users' homes: on EFS the one that is mounted with an IAM identity, and the other.

    Which of them a claim has is the hub's choice; those that exist are of either.

    On EFS a claim's directory follows from its name alone, and deleting a claim removes its access point but not the
    directory: a claim made anew, even by a new cluster, finds the same files. `reuseAccessPoint` is not needed for
    that and would mix up two hubs of one account. Source: pkg/driver/controller.go of aws-efs-csi-driver 3.4.1.
    """
    if data.file_system is None:
        return [_ebs_class(HOME_CLASS, config, data, zone_name, keep=config.storage_keep)]
    of_all = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "provisioner": "efs.csi.aws.com",
        "parameters": {
            "provisioningMode": "efs-ap",
            "fileSystemId": data.file_system.attr_file_system_id,
            "directoryPerms": "700",
            "uid": USER_ID,
            "gid": GROUP_ID,
            "basePath": f"/home/{config.name}",
            "subPathPattern": "${.PVC.name}",
            "ensureUniqueDirectory": "false",
        },
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    }
    found: list[dict[str, object]] = [{**of_all, "metadata": {"name": HOME_CLASS}, "mountOptions": ["iam"]}]
    if not iam:
        found.append({**of_all, "metadata": {"name": HOME_CLASS_WITHOUT_IAM}})
    return found


def database_objects(config: Config, data: UserData, zone_name: str) -> list[dict[str, object]]:
    """The StorageClass of the hub's database, and its volume as one of this class, ready for the chart's claim."""
    volume = _static_volume(
        DATABASE_CLAIM,
        storage_class=DATABASE_CLASS,
        size=f"{config.storage_database_size}Gi",
        modes=["ReadWriteOnce"],
        csi={"driver": "ebs.csi.aws.com", "volumeHandle": data.database.attr_volume_id, "fsType": "ext4"},
    )
    volume["spec"]["nodeAffinity"] = {  # type: ignore[index]
        "required": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": _ZONE, "operator": "In", "values": [zone_name]}]}]
        }
    }
    return [_ebs_class(DATABASE_CLASS, config, data, zone_name, keep=True), volume]


def bucket_folders(config: Config, region: str) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Parts of buckets that are folders in servers: their volumes, mounted with the rights of the pod, and the claims.

    https://github.com/awslabs/mountpoint-s3-csi-driver/blob/main/docs/CONFIGURATION.md
    """
    folders = config.aws_access.folders() if config.aws_access else ()
    parts = {folder_claim(id, name): data for id, name, data in folders}
    volumes = [
        _static_volume(
            claim,
            storage_class="",
            size=_SHARED_SIZE,
            modes=["ReadWriteMany"],
            csi={
                "driver": "s3.csi.aws.com",
                "volumeHandle": _volume_name(claim),
                "volumeAttributes": {"bucketName": data.bucket, "authenticationSource": "pod"},
            },
            mount_options=[
                f"uid={USER_ID}",
                f"gid={GROUP_ID}",
                "allow-other",  # the process that mounts is another user's than the server
                f"region {region}",
                *([f"prefix {data.prefix}"] if data.prefix else []),
                *(["allow-delete", "allow-overwrite"] if data.write else ["read-only"]),
            ],
        )
        for claim, data in parts.items()
    ]
    return volumes, [_shared_claim(claim) for claim in parts]


_SHARED_SIZE = "1Gi"  # a size is required, and neither EFS nor S3 looks at it
_ZONE = "topology.kubernetes.io/zone"


def _ebs_class(name: str, config: Config, data: UserData, zone_name: str, *, keep: bool) -> dict[str, object]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": "ebs.csi.aws.com",
        "parameters": {
            "type": "gp3",
            "encrypted": "true",
            "kmsKeyId": data.key.key_arn,
            "csi.storage.k8s.io/fstype": "ext4",
            "tagSpecification_1": f"{DEPLOYMENT_TAG}={config.name}",
        },
        "reclaimPolicy": "Retain" if keep else "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
        "allowedTopologies": [{"matchLabelExpressions": [{"key": _ZONE, "values": [zone_name]}]}],
    }


def _access_point(
    scope: Construct, id: str, file_system: efs.CfnFileSystem, path: str, permissions: str, user: str, group: str
) -> str:
    """A volume handle for a directory, made for the users of the Jupyter images and entered as the user given."""
    point = efs.CfnAccessPoint(
        scope,
        id,
        file_system_id=file_system.attr_file_system_id,
        posix_user=efs.CfnAccessPoint.PosixUserProperty(uid=user, gid=group),
        root_directory=efs.CfnAccessPoint.RootDirectoryProperty(
            path=path,
            creation_info=efs.CfnAccessPoint.CreationInfoProperty(
                owner_uid=USER_ID, owner_gid=GROUP_ID, permissions=permissions
            ),
        ),
    )
    return Fn.join("::", [file_system.attr_file_system_id, point.attr_access_point_id])


def _shared_volume(claim: str, handle: str, *, iam: bool) -> dict[str, object]:
    return _static_volume(
        claim,
        storage_class="",
        size=_SHARED_SIZE,
        modes=["ReadWriteMany"],
        csi={"driver": "efs.csi.aws.com", "volumeHandle": handle},
        mount_options=["iam"] if iam else [],
    )


def _shared_claim(name: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": JUPYTERHUB.namespace},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": "",
            "volumeName": _volume_name(name),
            "resources": {"requests": {"storage": _SHARED_SIZE}},
        },
    }


def _volume_name(claim: str) -> str:
    return f"{JUPYTERHUB.namespace}-{claim}"


def _static_volume(
    claim: str,
    *,
    storage_class: str,
    size: str,
    modes: Sequence[str],
    csi: dict[str, object],
    mount_options: Sequence[str] = (),
) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": _volume_name(claim)},
        "spec": {
            "capacity": {"storage": size},
            "accessModes": list(modes),
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": storage_class,
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": JUPYTERHUB.namespace,
                "name": claim,
            },
            "csi": csi,
            **({"mountOptions": list(mount_options)} if mount_options else {}),
        },
    }
