"""The machines of a cluster: EC2 instances in the stand-in, and what a node knows of its own."""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from rehearsal.aws import Cloud
from rehearsal.aws.machines.addresses import free
from rehearsal.kubelet.capacity.groups import Group
from rehearsal.kubelet.capacity.sizes import Size, size

GROUP_TAG: Final = "eks:nodegroup-name"
_IMAGE: Final = "ami-00000000000000000"
_DISK: Final = 20
_DRIVERS: Final = {
    "aws-ebs-csi-driver": "ebs.csi.aws.com",
    "aws-efs-csi-driver": "efs.csi.aws.com",
    "aws-mountpoint-s3-csi-driver": "s3.csi.aws.com",
}


@dataclass
class Machine:
    """A running instance."""

    id: str
    instance_type: str
    address: str
    name: str
    """The private DNS name, which is the node's name, too."""
    subnet: str
    zone: str
    size: Size
    interface: str
    network: ipaddress.IPv4Network
    version: str
    """The Kubernetes minor of its image."""
    labels: Mapping[str, str]
    taints: Sequence[Mapping[str, str]]
    group: Group | None = None
    """None of one that somebody else started, as Karpenter does."""
    make: tuple[Any, ...] = ()
    used: set[str] = field(default_factory=set)
    since: float = field(default_factory=time.monotonic)

    @property
    def on_fargate(self) -> bool:
        """Whether it is of no cluster, and has no driver of the cluster's."""
        return self.labels.get("eks.amazonaws.com/compute-type") == "fargate"


def node_name(address: str, region: str) -> str:
    """What EC2 calls a machine in a VPC's DNS."""
    return f"ip-{address.replace('.', '-')}.{region}.compute.internal"


class Machines:
    """The instances of one cluster, made and ended as an Auto Scaling group would. Its methods wait for AWS."""

    def __init__(self, cloud: Cloud, cluster: str) -> None:
        self.cloud = cloud
        self.cluster = cluster
        self._sizes: dict[tuple[Any, ...], Size] = {}
        self.all: dict[str, Machine] = {}
        """By the name of the node."""

    def groups(self) -> list[Group]:
        """The cluster's node groups, as they are now."""
        eks = self.cloud.client("eks")
        names = eks.list_nodegroups(clusterName=self.cluster)["nodegroups"]
        return [
            Group(eks.describe_nodegroup(clusterName=self.cluster, nodegroupName=name)["nodegroup"]) for name in names
        ]

    def of(self, group: Group) -> list[Machine]:
        """Those of a group."""
        return [each for each in self.all.values() if each.group and each.group.name == group.name]

    def drivers(self) -> list[str]:
        """The storage drivers that add-ons bring to each node."""
        addons = self.cloud.client("eks").list_addons(clusterName=self.cluster)["addons"]
        return [driver for addon, driver in _DRIVERS.items() if addon in addons]

    def kept_attachments(self) -> int:
        """Attachments that the EBS driver keeps for others than pods: the root volume, unless it is told of more."""
        addon = self.cloud.client("eks").describe_addon(clusterName=self.cluster, addonName="aws-ebs-csi-driver")
        settings = json.loads(addon["addon"].get("configurationValues") or "{}")
        return int(settings.get("node", {}).get("reservedVolumeAttachments", 1))

    def launch(self, group: Group) -> Machine:
        """Start an instance for a group, in the zone that has the fewest of them."""
        subnet = self._subnet(group)
        ec2 = self.cloud.client("ec2")
        tags = {
            GROUP_TAG: group.name,
            "eks:cluster-name": self.cluster,
            f"kubernetes.io/cluster/{self.cluster}": "owned",
        }
        network = ipaddress.IPv4Network(subnet["CidrBlock"])
        instance = ec2.run_instances(
            ImageId=_IMAGE,
            InstanceType=group.instance_type,
            MinCount=1,
            MaxCount=1,
            NetworkInterfaces=[
                {
                    "DeviceIndex": 0,
                    "PrivateIpAddress": self._free(network, upper=False),
                    "SubnetId": subnet["SubnetId"],
                    "Groups": [self.security_group],
                    "DeleteOnTermination": True,
                }
            ],
            TagSpecifications=[
                {"ResourceType": "instance", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
            ],
            **({"BlockDeviceMappings": disks} if (disks := self._template(group).get("BlockDeviceMappings")) else {}),
        )["Instances"][0]
        self._tag(group, instance)
        address = instance["PrivateIpAddress"]
        machine = Machine(
            id=instance["InstanceId"],
            instance_type=group.instance_type,
            address=address,
            name=node_name(address, self.cloud.region),
            subnet=subnet["SubnetId"],
            zone=subnet["AvailabilityZone"],
            size=self._size(group),
            interface=instance["NetworkInterfaces"][0]["NetworkInterfaceId"],
            network=network,
            version=group.facts["version"],
            labels={
                "eks.amazonaws.com/nodegroup": group.name,
                "eks.amazonaws.com/capacityType": group.facts.get("capacityType", "ON_DEMAND"),
                **group.labels,
            },
            taints=group.taints,
            group=group,
            make=group.make,
        )
        self.all[machine.name] = machine
        return machine

    def _tag(self, group: Group, instance: Mapping[str, Any]) -> None:
        """Give machine, disks and network interfaces what the launch template has for them, as Auto Scaling would."""
        specified = self._template(group).get("TagSpecifications", [])
        if not specified:
            return
        ec2 = self.cloud.client("ec2")
        wanted = {"Name": "attachment.instance-id", "Values": [instance["InstanceId"]]}
        disks = ec2.describe_volumes(Filters=[wanted])["Volumes"]
        things = {
            "instance": [instance["InstanceId"]],
            "volume": [each["VolumeId"] for each in disks],
            "network-interface": [each["NetworkInterfaceId"] for each in instance["NetworkInterfaces"]],
        }
        for each in specified:
            if own := things.get(each["ResourceType"]):  # moto lists the template's own tags among these
                ec2.create_tags(Resources=own, Tags=each["Tags"])

    def grow(self, group: Group) -> None:
        """Let a group have one node more, as the autoscaler does."""
        scaling = {**group.facts["scalingConfig"], "desiredSize": group.desired + 1}
        self.cloud.client("eks").update_nodegroup_config(
            clusterName=self.cluster, nodegroupName=group.name, scalingConfig=scaling
        )

    def terminate(self, machine: Machine) -> None:
        """End an instance, with the addresses of its pods."""
        self.all.pop(machine.name, None)
        self.cloud.client("ec2").terminate_instances(InstanceIds=[machine.id])

    def assign(self, machine: Machine) -> str:
        """An address for a pod, on the machine's network interface."""
        address = self._free(machine.network)
        machine.used.add(address)
        self.cloud.client("ec2").assign_private_ip_addresses(
            NetworkInterfaceId=machine.interface, PrivateIpAddresses=[address]
        )
        return address

    def unassign(self, machine: Machine, address: str) -> None:
        """Take a pod's address back."""
        if address in machine.used and machine.name in self.all:
            machine.used.discard(address)
            self.cloud.client("ec2").unassign_private_ip_addresses(
                NetworkInterfaceId=machine.interface, PrivateIpAddresses=[address]
            )

    def version(self) -> str:
        """The cluster's Kubernetes minor."""
        return str(self.cloud.client("eks").describe_cluster(name=self.cluster)["cluster"]["version"])

    @cached_property
    def security_group(self) -> str:
        """The group that EKS made for the cluster, which its nodes have."""
        cluster = self.cloud.client("eks").describe_cluster(name=self.cluster)["cluster"]
        return str(cluster["resourcesVpcConfig"]["clusterSecurityGroupId"])

    def _subnet(self, group: Group) -> Mapping[str, Any]:
        found = self.cloud.client("ec2").describe_subnets(SubnetIds=list(group.facts["subnets"]))["Subnets"]
        mine = [machine.subnet for machine in self.of(group)]
        order: Sequence[str] = group.facts["subnets"]
        subnet: Mapping[str, Any] = min(
            found, key=lambda each: (mine.count(each["SubnetId"]), order.index(each["SubnetId"]))
        )
        return subnet

    def _size(self, group: Group) -> Size:
        name = group.instance_type
        if group.make not in self._sizes:
            facts = self.cloud.client("ec2").describe_instance_types(InstanceTypes=[name])["InstanceTypes"][0]
            disks = self._template(group).get("BlockDeviceMappings", [])
            # GiB: as its launch template says, or what EKS gives without one.
            disk = next((int(each["Ebs"]["VolumeSize"]) for each in disks), _DISK)
            self._sizes[group.make] = size(facts, disk)
        return self._sizes[group.make]

    def _template(self, group: Group) -> Mapping[str, Any]:
        """What the launch template of a group has; nothing where there is none."""
        template = group.facts.get("launchTemplate")
        if template is None:
            return {}
        (found,) = self.cloud.client("ec2").describe_launch_template_versions(
            LaunchTemplateId=template["id"], Versions=[str(template["version"])]
        )["LaunchTemplateVersions"]
        data: Mapping[str, Any] = found["LaunchTemplateData"]
        return data

    def _free(self, network: ipaddress.IPv4Network, *, upper: bool = True) -> str:
        taken = {address for machine in self.all.values() for address in (machine.address, *machine.used)}
        return free(network, taken, upper=upper)
