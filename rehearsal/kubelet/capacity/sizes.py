"""What a machine has for pods."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from blueprint.config.facts.nodes import disk_room, kept_cpu, kept_memory, most_pods

_ARCHITECTURES: Final = {"x86_64": "amd64", "arm64": "arm64"}


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
    gpus: int = 0
    """Of NVIDIA's, which a node has for pods once their device plugin tells it."""

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


def size(facts: Mapping[str, Any], disk: int, pods: int | None = None) -> Size:
    """That of an instance type as EC2 describes it, with a disk of so many GiB, and so many pods if that is told."""
    network = facts["NetworkInfo"]
    return Size(
        architecture=_ARCHITECTURES[facts["ProcessorInfo"]["SupportedArchitectures"][0]],
        cpu=facts["VCpuInfo"]["DefaultVCpus"],
        memory=facts["MemoryInfo"]["SizeInMiB"],
        disk=disk,
        pods=pods or most_pods(network["MaximumNetworkInterfaces"], network["Ipv4AddressesPerInterface"]),
        attachments=facts["EbsInfo"]["MaximumEbsAttachments"],
        gpus=sum(
            each["Count"] for each in facts.get("GpuInfo", {}).get("Gpus", []) if each["Manufacturer"] == "NVIDIA"
        ),
    )
