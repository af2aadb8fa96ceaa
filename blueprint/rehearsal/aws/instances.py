"""EC2 instances of a cluster's nodes: facts in EC2's API, which controllers look up; their processes run elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_IMAGE: Final = "ami-00000000000000000"


@dataclass(frozen=True)
class Instance:
    """A running instance."""

    id: str
    zone: str
    address: str
    interface: str
    """Its network interface, which pods' addresses belong to."""

    @property
    def provider_id(self) -> str:
        """What a Kubernetes node says of itself."""
        return f"aws:///{self.zone}/{self.id}"


class Instances:
    """The instances of an account in a region. `ec2` is boto3's client."""

    def __init__(self, ec2: Any) -> None:
        self._ec2 = ec2

    def start(
        self, *, subnet: str, security_groups: Sequence[str], instance_type: str, tags: Mapping[str, str]
    ) -> Instance:
        """Have one more."""
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        made = self._ec2.run_instances(
            ImageId=_IMAGE,
            InstanceType=instance_type,
            MinCount=1,
            MaxCount=1,
            SubnetId=subnet,
            SecurityGroupIds=list(security_groups),
            TagSpecifications=[{"ResourceType": "instance", "Tags": listed}],
        )["Instances"][0]
        return Instance(
            id=made["InstanceId"],
            zone=made["Placement"]["AvailabilityZone"],
            address=made["PrivateIpAddress"],
            interface=made["NetworkInterfaces"][0]["NetworkInterfaceId"],
        )

    def assign(self, interface: str, address: str) -> None:
        """Give an interface the address of a pod, as the VPC CNI does."""
        self._ec2.assign_private_ip_addresses(NetworkInterfaceId=interface, PrivateIpAddresses=[address])

    def release(self, interface: str, address: str) -> None:
        """Take the address of a pod that has ended."""
        self._ec2.unassign_private_ip_addresses(NetworkInterfaceId=interface, PrivateIpAddresses=[address])

    def stop(self, id: str) -> None:
        """Have one less."""
        self._ec2.terminate_instances(InstanceIds=[id])
