"""Machines that somebody else started for a cluster, as Karpenter does: their user data tell them what to join."""

from __future__ import annotations

import base64
import email
import ipaddress
import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from rehearsal.kubelet.capacity.machines import GROUP_TAG, Machine, Machines, node_name
from rehearsal.kubelet.capacity.sizes import size

_NODE_CONFIG: Final = "application/node.eks.aws"
_MINOR = re.compile(r"amazon-eks-node-al2023-.*-(1\.\d+)-v\d+")
_LABELS = re.compile(r'--node-labels="?([^"]*)"?')

_log = logging.getLogger(__name__)


class Joining:
    """Follows these machines. Its methods wait for AWS."""

    def __init__(self, machines: Machines) -> None:
        self._machines = machines
        self._refused: set[str] = set()

    def look(self) -> tuple[list[Machine], list[Machine]]:
        """Those that have come since the last time, which are among the cluster's machines now, and those that went."""
        running = {each["InstanceId"]: each for each in self._running()}
        others = [each for each in self._machines.all.values() if each.group is None]
        gone = [each for each in others if each.id not in running]
        known = {each.id for each in others} | self._refused
        joined = [machine for id in running.keys() - known if (machine := self._joined(running[id]))]
        self._machines.all |= {each.name: each for each in joined}
        return joined, gone

    def _running(self) -> Iterator[Mapping[str, Any]]:
        wanted = {
            "instance-state-name": ["running"],
            f"tag:kubernetes.io/cluster/{self._machines.cluster}": ["owned"],
        }
        filters = [{"Name": name, "Values": values} for name, values in wanted.items()]
        for page in self._machines.cloud.client("ec2").get_paginator("describe_instances").paginate(Filters=filters):
            for each in (instance for reservation in page["Reservations"] for instance in reservation["Instances"]):
                if GROUP_TAG not in {tag["Key"] for tag in each["Tags"]}:
                    yield each

    def _joined(self, instance: Mapping[str, Any]) -> Machine | None:
        """The machine of an instance that knows this cluster, and that the cluster lets in."""
        config = node_config(self._user_data(instance["InstanceId"]))
        if config.get("cluster", {}).get("name") == self._machines.cluster and self._may_join(instance):
            return self._machine(instance, config.get("kubelet", {}))
        _log.warning("%s does not join %s", instance["InstanceId"], self._machines.cluster)
        self._refused.add(instance["InstanceId"])
        return None

    def _may_join(self, instance: Mapping[str, Any]) -> bool:
        """Whether the role of the machine has an access entry for nodes."""
        profile = instance.get("IamInstanceProfile", {}).get("Arn", "").rpartition("/")[2]
        if not profile:
            return False
        iam, eks = (self._machines.cloud.client(each) for each in ("iam", "eks"))
        roles = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
        place = {"clusterName": self._machines.cluster}
        return any(
            role["Arn"] in eks.list_access_entries(**place)["accessEntries"]
            and eks.describe_access_entry(**place, principalArn=role["Arn"])["accessEntry"]["type"] == "EC2_LINUX"
            for role in roles
        )

    def _machine(self, instance: Mapping[str, Any], kubelet: Mapping[str, Any]) -> Machine:
        ec2 = self._machines.cloud.client("ec2")
        (facts,) = ec2.describe_instance_types(InstanceTypes=[instance["InstanceType"]])["InstanceTypes"]
        (subnet,) = ec2.describe_subnets(SubnetIds=[instance["SubnetId"]])["Subnets"]
        (image,) = ec2.describe_images(ImageIds=[instance["ImageId"]])["Images"]
        attached = {"Name": "attachment.instance-id", "Values": [instance["InstanceId"]]}
        disks = ec2.describe_volumes(Filters=[attached])["Volumes"]
        minor = _MINOR.fullmatch(image["Name"])
        address = instance["PrivateIpAddress"]
        settings = kubelet.get("config", {})
        return Machine(
            id=instance["InstanceId"],
            instance_type=instance["InstanceType"],
            address=address,
            name=node_name(address, self._machines.cloud.region),
            subnet=subnet["SubnetId"],
            zone=subnet["AvailabilityZone"],
            size=size(facts, disks[0]["Size"], settings.get("maxPods")),
            interface=instance["NetworkInterfaces"][0]["NetworkInterfaceId"],
            network=ipaddress.IPv4Network(subnet["CidrBlock"]),
            version=minor[1] if minor else self._machines.version(),
            labels=dict(_labels(kubelet.get("flags", []))),
            taints=settings.get("registerWithTaints", []),
        )

    def _user_data(self, id: str) -> bytes:
        told = self._machines.cloud.client("ec2").describe_instance_attribute(InstanceId=id, Attribute="userData")
        return base64.b64decode(told["UserData"].get("Value", ""))


def node_config(user_data: bytes) -> dict[str, Any]:
    """The spec that the NodeConfigs of a MIME document make together: of two, the later one wins, as for nodeadm."""
    spec: dict[str, Any] = {}
    for part in email.message_from_bytes(user_data).walk():
        if part.get_content_type() == _NODE_CONFIG:
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            spec = _merged(spec, yaml.safe_load(payload).get("spec", {}))
    return spec


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    both = {**old, **new}
    for key in old.keys() & new.keys():
        if isinstance(old[key], Mapping) and isinstance(new[key], Mapping):
            both[key] = _merged(old[key], new[key])
    return both


def _labels(flags: list[str]) -> Iterator[tuple[str, str]]:
    for flag in flags:
        if found := _LABELS.fullmatch(flag):
            for pair in filter(None, found[1].split(",")):
                key, _, value = pair.partition("=")
                yield key, value
