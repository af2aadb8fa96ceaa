"""Buckets as folders: what the CSI driver of Mountpoint for Amazon S3 shows, with the rights of the pod that mounts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rehearsal.aws import Cloud, Credentials
from rehearsal.kubelet.api import Object
from rehearsal.kubelet.environment import NotYetError

S3: Final = "s3.csi.aws.com"
AUDIENCE: Final = "pods.eks.amazonaws.com"
_KNOWN: Final = {"uid", "gid", "allow-other", "region", "prefix", "read-only", "allow-delete", "allow-overwrite"}


def mounted(volume: Object, folder: Path, cloud: Cloud, cluster: str, token: str) -> tuple[Path, bool]:
    """A folder with the objects that a pod may read, and whether it may only read. What is written there stays there.

    Mounting lists the bucket below the prefix, as the real one does to see that it may.
    Raises NotYetError, ClientError, and ValueError for what the stand-in does not know.
    """
    attributes = volume["csi"]["volumeAttributes"]
    if attributes.get("authenticationSource") != "pod":
        raise ValueError("the stand-in mounts buckets with the rights of pods only")
    options = _options(volume.get("mountOptions", ()))
    if unknown := sorted(options.keys() - _KNOWN):
        raise ValueError(f"the stand-in knows no option {', '.join(unknown)} of Mountpoint")
    bucket, prefix = attributes["bucketName"], options.get("prefix", "")
    auth = cloud.client("eks-auth")
    given = auth.assume_role_for_pod_identity(clusterName=cluster, token=token)["credentials"]
    credentials = Credentials(given["accessKeyId"], given["secretAccessKey"], given["sessionToken"])
    s3 = Cloud(cloud.url, cloud.account, cloud.region, credentials).client("s3")
    place = folder / "s3" / bucket / prefix.strip("/")
    place.mkdir(parents=True, exist_ok=True)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", ()):
            file = (place / each["Key"].removeprefix(prefix)).resolve()
            if each["Key"].endswith("/") or not file.is_relative_to(place.resolve()):
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read())
    if options.get("region") != cloud.region:
        raise NotYetError(f"{bucket} is looked for in {options.get('region')}, and is in {cloud.region}")
    return place, "read-only" in options


def _options(given: Sequence[str]) -> dict[str, str]:
    """Options as Mountpoint's driver takes them: "key value", "key=value" or "key", whichever comes first."""
    found = {}
    for each in given:
        ends = [at for sign in " =" if (at := each.find(sign)) >= 0]
        key, value = (each[: min(ends)], each[min(ends) + 1 :]) if ends else (each, "")
        found[key] = value.strip()
    return found
