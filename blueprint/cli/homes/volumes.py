"""`homes volumes`: EBS homes that an earlier cluster left, as volumes that a new cluster's claims bind to."""

import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer
import yaml

from blueprint.cli.changing.trouble import aws_calls
from blueprint.cli.cluster.access import RIGHTS
from blueprint.cli.homes.found import VOLUMES, Home, Place
from blueprint.command_line import loaded, of_aws
from blueprint.hub.names import CLAIM_NAMESPACE, DEPLOYMENT_TAG, HOME_CLASS
from blueprint.versions import JUPYTERHUB

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import VolumeTypeDef

_CLAIM = "kubernetes.io/created-for/pvc/name"
_ZONE = "topology.kubernetes.io/zone"


def print_volumes(overrides: list[str] | None, profile: str | None) -> None:
    """Print a PersistentVolume for each home, for `kubectl apply -f -`."""
    config = loaded(overrides).config
    if config.storage_home != "ebs":
        typer.echo("Homes are on EFS (storage.home): a new cluster finds them by itself.", err=True)
        raise typer.Exit(1)
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = _kept_volumes(config.name, config.workload_region, profile)
    except (ClientError, BotoCoreError, ValueError) as error:
        typer.echo(f"AWS did not list the volumes: {of_aws(error)}", err=True)
        raise typer.Exit(1) from None
    for claim, older in found.older.items():
        typer.echo(f"{claim} has older volumes too, which stay as they are: {', '.join(older)}", err=True)
    typer.echo(f"{len(found.newest)} home(s) found.", err=True)
    yaml.safe_dump_all((persistent_volume(claim, volume) for claim, volume in found.newest.items()), sys.stdout)


class Kept:
    """The newest volume of each claim, and the ids of its older ones."""

    def __init__(self, volumes: Iterable["VolumeTypeDef"]) -> None:
        by_claim: defaultdict[str, list[VolumeTypeDef]] = defaultdict(list)
        for volume in volumes:
            by_claim[_tags(volume)[_CLAIM]].append(volume)
        for of_claim in by_claim.values():
            of_claim.sort(key=_created)
        self.newest = {claim: of_claim[-1] for claim, of_claim in sorted(by_claim.items())}
        self.older = {
            claim: [volume["VolumeId"] for volume in of_claim[:-1]]
            for claim, of_claim in sorted(by_claim.items())
            if len(of_claim) > 1
        }


def reserved(place: Place, home: Home, claim: str) -> None:
    """Have the volume of a home be reserved for another claim. Raises TroubleError."""
    with aws_calls(RIGHTS):
        (volume,) = place.account.client("ec2").describe_volumes(VolumeIds=[home.handle])["Volumes"]
    place.cluster.create(VOLUMES, persistent_volume(claim, volume))


def persistent_volume(claim: str, volume: "VolumeTypeDef") -> dict[str, Any]:
    """A volume reserved for a claim of the hub's namespace, kept when the claim is deleted."""
    zone = {"key": _ZONE, "operator": "In", "values": [volume["AvailabilityZone"]]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"home-{volume['VolumeId']}"},
        "spec": {
            "capacity": {"storage": f"{volume['Size']}Gi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": HOME_CLASS,
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": JUPYTERHUB.namespace,
                "name": claim,
            },
            "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": volume["VolumeId"], "fsType": "ext4"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [zone]}]}},
        },
    }


def _kept_volumes(deployment: str, region: str | None, profile: str | None) -> Kept:
    import boto3

    pages = (
        boto3.Session(profile_name=profile)
        .client("ec2", region_name=region)
        .get_paginator("describe_volumes")
        .paginate(
            Filters=[
                {"Name": f"tag:{DEPLOYMENT_TAG}", "Values": [deployment]},
                {"Name": f"tag:{CLAIM_NAMESPACE}", "Values": [JUPYTERHUB.namespace]},
                {"Name": "tag-key", "Values": [_CLAIM]},
                {"Name": "status", "Values": ["available"]},
            ]
        )
    )
    return Kept(volume for page in pages for volume in page["Volumes"])


def _tags(volume: "VolumeTypeDef") -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in volume.get("Tags", [])}


def _created(volume: "VolumeTypeDef") -> datetime:
    return volume["CreateTime"]
