"""Where the data of claims lies: EFS, EBS and S3 as folders that outlive pods, nodes and clusters."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Final

from botocore.exceptions import ClientError

from rehearsal.aws import Cloud
from rehearsal.kubelet.api import Kubernetes, Object
from rehearsal.kubelet.capacity.machines import Machine
from rehearsal.kubelet.environment import NotYetError
from rehearsal.kubelet.storage.buckets import AUDIENCE, S3, mounted
from rehearsal.kubelet.storage.volumes import Token

EFS: Final = "efs.csi.aws.com"
EBS: Final = "ebs.csi.aws.com"


class Storage:
    """The file systems and volumes of an account in a region, below a folder."""

    def __init__(self, folder: Path, cloud: Cloud, cluster: str) -> None:
        self._folder = folder
        self._cloud = cloud
        self._cluster = cluster

    async def claimed(
        self, kubernetes: Kubernetes, namespace: str, name: str, machine: Machine, token: Token
    ) -> tuple[Path, bool]:
        """The folder of a claim, and whether a pod, which `token` gives one of, may only read there.

        Raises NotYetError where it has none yet.
        """
        claim = await kubernetes.get(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}")
        bound = claim["spec"].get("volumeName") if claim else None
        volume = await kubernetes.get(f"/api/v1/persistentvolumes/{bound}") if bound else None
        if volume is None:
            raise NotYetError(f'persistentvolumeclaim "{name}" is not bound')
        source = volume["spec"].get("csi")
        if source is None:
            raise ValueError(f"the stand-in mounts volumes of CSI drivers only, not {bound}")
        try:
            if source["driver"] == S3:
                shown = await token(AUDIENCE, 3600)
                return await asyncio.to_thread(mounted, volume["spec"], self._folder, self._cloud, self._cluster, shown)
            return await asyncio.to_thread(self._mounted, source, machine)
        except ClientError as error:
            raise NotYetError(f"{bound} cannot be mounted: {error}") from None

    def _mounted(self, source: Object, machine: Machine) -> tuple[Path, bool]:
        driver, handle = source["driver"], source["volumeHandle"]
        read_only = source.get("readOnly", False)
        if driver == EBS:
            found = self._cloud.client("ec2").describe_volumes(VolumeIds=[handle])["Volumes"][0]
            if found["AvailabilityZone"] != machine.zone:
                raise NotYetError(f"{handle} is in {found['AvailabilityZone']}, and {machine.name} in {machine.zone}")
            place = self._folder / "ebs" / handle
        elif driver == EFS:
            # "FILE-SYSTEM:DIRECTORY:ACCESS-POINT", of which the last two may be missing
            system, directory, point = (*handle.split(":"), "", "")[:3]
            if machine.on_fargate and not self._admits_everybody(system, point):
                raise NotYetError("mount.nfs4: access denied by server while mounting 127.0.0.1:/")
            path, refused = self._point(point) if point else ("/", False)
            read_only = read_only or refused
            place = self._folder / "efs" / system / path.strip("/") / directory.strip("/")
        else:
            raise ValueError(f"the stand-in knows no storage driver {driver}")
        place.mkdir(parents=True, exist_ok=True)
        return place, read_only

    def _admits_everybody(self, system: str, point: str) -> bool:
        """Whether a file system's policy lets in, through an access point, who has no identity, as on Fargate."""
        efs = self._cloud.client("efs")
        statements = json.loads(efs.describe_file_system_policy(FileSystemId=system)["Policy"])["Statement"]
        return bool(point) and any(
            each["Effect"] == "Allow"
            and each["Principal"] in ("*", {"AWS": "*"})
            and "elasticfilesystem:ClientMount" in each["Action"]
            for each in statements
        )

    def _point(self, id: str) -> tuple[str, bool]:
        """The directory of an access point, and whether its user may not write there."""
        efs = self._cloud.client("efs")
        (point,) = efs.describe_access_points(AccessPointId=id)["AccessPoints"]
        directory = point["RootDirectory"]
        owner = directory.get("CreationInfo")
        user = point.get("PosixUser")
        if not owner or not user:
            return directory["Path"], False
        pages = efs.get_paginator("describe_access_points").paginate(FileSystemId=point["FileSystemId"])
        first = next(
            each["RootDirectory"].get("CreationInfo", owner)
            for page in pages
            for each in page["AccessPoints"]
            if each["RootDirectory"]["Path"] == directory["Path"]
        )
        return directory["Path"], not _may_write(user, first)


def _may_write(user: Object, owner: Object) -> bool:
    """Whether a user may write in a directory that was made for an owner with permissions such as "0755"."""
    mode = int(owner["Permissions"], 8)
    if user["Uid"] in (0, owner["OwnerUid"]):
        return bool(mode & 0o200) or user["Uid"] == 0
    groups = {user["Gid"], *user.get("SecondaryGids", ())}
    return bool(mode & (0o020 if owner["OwnerGid"] in groups else 0o002))
