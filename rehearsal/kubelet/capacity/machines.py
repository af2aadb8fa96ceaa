"""The machines of EKS node groups: EC2 instances in the stand-in, and what a node knows of its own."""

from __future__ import annotations

import ipaddress
import itertools
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from blueprint.config.facts.nodes import disk_room, kept_cpu, kept_memory, most_pods
from rehearsal.aws import Cloud

_GROUP_TAG: Final = "eks:nodegroup-name"
_IMAGE: Final = "ami-00000000000000000"
_DISK: Final = 20
_DRIVERS: Final = {"aws-ebs-csi-driver": "ebs.csi.aws.com", "aws-efs-csi-driver": "efs.csi.aws.com"}
_ARCHITECTURES: Final = {"x86_64": "amd64", "arm64": "arm64"}
_EFFECTS: Final = {
    "NO_SCHEDULE": "NoSchedule",
    "NO_EXECUTE": "NoExecute",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
}

"""The first addresses of a subnet, which EC2 or others have."""

# Of all clusters: the address of a machine that is gone is not given again soon, by moto neither.
_TURNS: dict[tuple[ipaddress.IPv4Network, bool], itertools.count[int]] = {}


@dataclass(frozen=True)
class Size:
    """What an instance type gives to pods, after what EKS keeps for the node itself."""

    architecture: str
    cpu: int
    memory: int
    disk: int
    pods: int
    attachments: int
    """EBS volumes, the root volume among them."""

    @property
    def capacity(self) -> dict[str, str]:
        """As a node tells it."""
        return {
            "cpu": str(self.cpu),
            "memory": f"{self.memory}Mi",
            "ephemeral-storage": f"{self.disk}Gi",
            "pods": str(self.pods),
        }

    @property
    def allocatable(self) -> dict[str, str]:
        """What of it pods may ask for."""
        return {
            "cpu": f"{math.floor(1000 * (self.cpu - kept_cpu(self.cpu)))}m",
            "memory": f"{self.memory - kept_memory(self.pods)}Mi",
            "ephemeral-storage": str(disk_room(self.disk)),
            "pods": str(self.pods),
        }


@dataclass(frozen=True)
class Group:
    """A node group, as EKS describes it."""

    facts: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.facts["nodegroupName"])

    @property
    def labels(self) -> dict[str, str]:
        """Of its nodes."""
        return dict(self.facts.get("labels", {}))

    @property
    def taints(self) -> list[dict[str, str]]:
        """Of its nodes, as Kubernetes writes them."""
        return [
            {"key": each["key"], "effect": _EFFECTS[each["effect"]]}
            | ({"value": each["value"]} if "value" in each else {})
            for each in self.facts.get("taints", [])
        ]

    @property
    def desired(self) -> int:
        """How many nodes it is to have."""
        return int(self.facts.get("scalingConfig", {}).get("desiredSize", 0))

    @property
    def largest(self) -> int:
        """How many nodes it may have."""
        return int(self.facts.get("scalingConfig", {}).get("maxSize", 0))

    @property
    def instance_type(self) -> str:
        """What its nodes are; of several types, the first, as where there is capacity enough."""
        return str(self.facts.get("instanceTypes", ["t3.medium"])[0])

    @property
    def make(self) -> tuple[Any, ...]:
        """What its nodes are made from: with another make, they are replaced."""
        template = self.facts.get("launchTemplate") or {}
        return self.facts["version"], template.get("id"), template.get("version"), self.instance_type


@dataclass
class Machine:
    """A running instance."""

    id: str
    group: Group
    address: str
    name: str
    """The private DNS name, which is the node's name, too."""
    subnet: str
    zone: str
    size: Size
    interface: str
    network: ipaddress.IPv4Network
    make: tuple[Any, ...]
    used: set[str] = field(default_factory=set)
    since: float = field(default_factory=time.monotonic)


class Machines:
    """The instances of one cluster, made and ended as an Auto Scaling group would. Its methods wait for AWS."""

    def __init__(self, cloud: Cloud, cluster: str) -> None:
        self._cloud = cloud
        self._cluster = cluster
        self._sizes: dict[tuple[Any, ...], Size] = {}
        self.all: dict[str, Machine] = {}
        """By the name of the node."""

    def groups(self) -> list[Group]:
        """The cluster's node groups, as they are now."""
        eks = self._cloud.client("eks")
        names = eks.list_nodegroups(clusterName=self._cluster)["nodegroups"]
        return [
            Group(eks.describe_nodegroup(clusterName=self._cluster, nodegroupName=name)["nodegroup"]) for name in names
        ]

    def drivers(self) -> list[str]:
        """The storage drivers that add-ons bring to each node."""
        addons = self._cloud.client("eks").list_addons(clusterName=self._cluster)["addons"]
        return [driver for addon, driver in _DRIVERS.items() if addon in addons]

    def kept_attachments(self) -> int:
        """Attachments that the EBS driver keeps for others than pods: the root volume, unless it is told of more."""
        addon = self._cloud.client("eks").describe_addon(clusterName=self._cluster, addonName="aws-ebs-csi-driver")
        settings = json.loads(addon["addon"].get("configurationValues") or "{}")
        return int(settings.get("node", {}).get("reservedVolumeAttachments", 1))

    def launch(self, group: Group) -> Machine:
        """Start an instance for a group, in the zone that has the fewest of them."""
        subnet = self._subnet(group)
        ec2 = self._cloud.client("ec2")
        tags = {
            _GROUP_TAG: group.name,
            "eks:cluster-name": self._cluster,
            f"kubernetes.io/cluster/{self._cluster}": "owned",
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
                    "Groups": [self._security_group],
                    "DeleteOnTermination": True,
                }
            ],
            TagSpecifications=[
                {"ResourceType": "instance", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
            ],
        )["Instances"][0]
        self._tag(group, instance)
        address = instance["PrivateIpAddress"]
        machine = Machine(
            id=instance["InstanceId"],
            group=group,
            address=address,
            name=f"ip-{address.replace('.', '-')}.{self._cloud.region}.compute.internal",
            subnet=subnet["SubnetId"],
            zone=subnet["AvailabilityZone"],
            size=self._size(group),
            interface=instance["NetworkInterfaces"][0]["NetworkInterfaceId"],
            network=network,
            make=group.make,
        )
        self.all[machine.name] = machine
        return machine

    def _tag(self, group: Group, instance: Mapping[str, Any]) -> None:
        """Give machine, disks and network interfaces what the launch template has for them, as Auto Scaling would."""
        template = group.facts.get("launchTemplate")
        if template is None:
            return
        ec2 = self._cloud.client("ec2")
        versions = ec2.describe_launch_template_versions(
            LaunchTemplateId=template["id"], Versions=[str(template["version"])]
        )["LaunchTemplateVersions"]
        wanted = {"Name": "attachment.instance-id", "Values": [instance["InstanceId"]]}
        disks = ec2.describe_volumes(Filters=[wanted])["Volumes"]
        things = {
            "instance": [instance["InstanceId"]],
            "volume": [each["VolumeId"] for each in disks],
            "network-interface": [each["NetworkInterfaceId"] for each in instance["NetworkInterfaces"]],
        }
        for each in versions[0]["LaunchTemplateData"].get("TagSpecifications", []):
            if own := things.get(each["ResourceType"]):  # moto lists the template's own tags among these
                ec2.create_tags(Resources=own, Tags=each["Tags"])

    def grow(self, group: Group) -> None:
        """Let a group have one node more, as the autoscaler does."""
        scaling = {**group.facts["scalingConfig"], "desiredSize": group.desired + 1}
        self._cloud.client("eks").update_nodegroup_config(
            clusterName=self._cluster, nodegroupName=group.name, scalingConfig=scaling
        )

    def terminate(self, machine: Machine) -> None:
        """End an instance, with the addresses of its pods."""
        self.all.pop(machine.name, None)
        self._cloud.client("ec2").terminate_instances(InstanceIds=[machine.id])

    def assign(self, machine: Machine) -> str:
        """An address for a pod, on the machine's network interface."""
        address = self._free(machine.network)
        machine.used.add(address)
        self._cloud.client("ec2").assign_private_ip_addresses(
            NetworkInterfaceId=machine.interface, PrivateIpAddresses=[address]
        )
        return address

    def unassign(self, machine: Machine, address: str) -> None:
        """Take a pod's address back."""
        if address in machine.used and machine.name in self.all:
            machine.used.discard(address)
            self._cloud.client("ec2").unassign_private_ip_addresses(
                NetworkInterfaceId=machine.interface, PrivateIpAddresses=[address]
            )

    @cached_property
    def _security_group(self) -> str:
        cluster = self._cloud.client("eks").describe_cluster(name=self._cluster)["cluster"]
        return str(cluster["resourcesVpcConfig"]["clusterSecurityGroupId"])

    def _subnet(self, group: Group) -> Mapping[str, Any]:
        found = self._cloud.client("ec2").describe_subnets(SubnetIds=list(group.facts["subnets"]))["Subnets"]
        mine = [machine.subnet for machine in self.all.values() if machine.group.name == group.name]
        order: Sequence[str] = group.facts["subnets"]
        subnet: Mapping[str, Any] = min(
            found, key=lambda each: (mine.count(each["SubnetId"]), order.index(each["SubnetId"]))
        )
        return subnet

    def _size(self, group: Group) -> Size:
        name = group.instance_type
        if group.make not in self._sizes:
            facts = self._cloud.client("ec2").describe_instance_types(InstanceTypes=[name])["InstanceTypes"][0]
            network = facts["NetworkInfo"]
            self._sizes[group.make] = Size(
                architecture=_ARCHITECTURES[facts["ProcessorInfo"]["SupportedArchitectures"][0]],
                cpu=facts["VCpuInfo"]["DefaultVCpus"],
                memory=facts["MemoryInfo"]["SizeInMiB"],
                disk=self._disk(group.facts.get("launchTemplate")),
                pods=most_pods(network["MaximumNetworkInterfaces"], network["Ipv4AddressesPerInterface"]),
                attachments=facts["EbsInfo"]["MaximumEbsAttachments"],
            )
        return self._sizes[group.make]

    def _disk(self, template: Mapping[str, str] | None) -> int:
        """GiB of a node's disk: as its launch template says, or what EKS gives without one."""
        if template is None:
            return _DISK
        (found,) = self._cloud.client("ec2").describe_launch_template_versions(
            LaunchTemplateId=template["id"], Versions=[template["version"]]
        )["LaunchTemplateVersions"]
        disks = found["LaunchTemplateData"].get("BlockDeviceMappings", [])
        return next((int(each["Ebs"]["VolumeSize"]) for each in disks), _DISK)

    def _free(self, network: ipaddress.IPv4Network, *, upper: bool = True) -> str:
        """An address of a subnet, in turn: from its upper half for pods, from the quarter below for machines.

        Whatever else has an address in the subnet gets one of the first ones.
        """
        half = network.num_addresses // 2
        first, count = (half, half - 1) if upper else (half // 2, half // 2)
        turns = _TURNS.setdefault((network, upper), itertools.count())
        taken = {address for machine in self.all.values() for address in (machine.address, *machine.used)}
        for _ in range(count):
            address = str(network[first + next(turns) % count])
            if address not in taken:
                return address
        raise ValueError(f"the subnet {network} has no address left")
