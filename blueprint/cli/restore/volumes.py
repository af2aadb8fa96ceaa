"""A volume that AWS Backup restores for a command, and that is gone afterwards."""

from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from blueprint.cli.changing.trouble import aws_calls, trouble
from blueprint.cli.checks.aws import code
from blueprint.cli.cluster.access import RIGHTS
from blueprint.cli.cluster.pods import waits
from blueprint.cli.homes.found import Place
from blueprint.cli.restore import jobs
from blueprint.cli.restore.points import Point

_CLUSTER: Final = "ebs.csi.aws.com/cluster-name"
"""The driver works on volumes with this tag alone: blueprint/constructs/storage/user_data.py."""
_PATIENCE: Final = 600.0


@dataclass
class Restored:
    """A volume of the same zone as the one that was backed up."""

    place: Place
    point: Point
    role: str
    of: str
    """The id of the volume that was backed up."""
    id: str = ""
    zone: str = ""

    def make(self) -> str:
        """Have it made; its id."""
        with aws_calls(RIGHTS, last="Look at the volume in EC2"):
            (found,) = self.place.account.client("ec2").describe_volumes(VolumeIds=[self.of])["Volumes"]
            self.zone = str(found["AvailabilityZone"])
        name = self.place.config.name
        tags = {
            **self.place.config.resource_tags,
            _CLUSTER: name,
            "Name": f"{name}-restored",
            "jupyterhub-eks:restored-for": self.of,
        }
        self.id = jobs.volume(self.place.account, self.role, self.point, self.zone, tags)
        return self.id

    def unmake(self) -> str:
        """Have it gone; it takes a while until the node has let go of it."""
        ec2 = self.place.account.client("ec2")
        for passed in waits():
            with aws_calls(RIGHTS, last="Look at the volume in EC2, then run the same command again"):
                try:
                    ec2.delete_volume(VolumeId=self.id)
                except ClientError as error:
                    if code(error) == "InvalidVolume.NotFound":
                        return self.id
                    if code(error) != "VolumeInUse" or passed > _PATIENCE:
                        raise
                    continue
            return self.id
        raise trouble(f"{self.id} does not go.", "Look at the volume in EC2")
