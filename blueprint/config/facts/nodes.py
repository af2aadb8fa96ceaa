"""What a node has for pods, what runs beside users' servers, and how many of these fit."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from blueprint.config.facts.instances import InstanceType

_MI, _GI = 2**20, 2**30


@dataclass(frozen=True)
class Amounts:
    """What pods ask for, or a node has: thousandths of a CPU, bytes of memory and of the node's disk, and pods."""

    cpu: int = 0
    memory: int = 0
    disk: int = 0
    pods: int = 1

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(self.cpu + other.cpu, self.memory + other.memory, self.disk + other.disk, self.pods + other.pods)

    def __sub__(self, other: "Amounts") -> "Amounts":
        return self + other * -1

    def __mul__(self, times: int) -> "Amounts":
        return Amounts(self.cpu * times, self.memory * times, self.disk * times, self.pods * times)

    def holds(self, each: "Amounts") -> int:
        """How many of these there is room for."""
        pairs = ((self.cpu, each.cpu), (self.memory, each.memory), (self.disk, each.disk), (self.pods, each.pods))
        return max(0, min(have // wanted for have, wanted in pairs if wanted))


def _pods(count: int, cpu: int, mebibytes: int) -> Amounts:
    return Amounts(cpu, mebibytes * _MI, 0, 1) * count


EVERY_NODE = sum(
    (
        _pods(1, 50, 0),  # the VPC CNI with its network policy agent: 25m each
        _pods(1, 100, 0),  # kube-proxy
        _pods(1, 0, 0),  # EKS Pod Identity's agent
        _pods(1, 30, 120),  # the EBS driver: three containers
        _pods(1, 0, 0),  # the EFS driver
        _pods(1, 5, 16),  # the image puller: charts/values/jupyterhub.yaml
    ),
    Amounts(pods=0),
)
"""Source: the charts of these add-ons, whose requests EKS keeps (August 2026)."""

DEVICE_PLUGIN = _pods(1, 10, 64)
"""What hands out GPUs, on nodes that have any."""

HUB = _pods(1, 200, 512)
_SCALING = {"managed": _pods(1, 50, 256), "karpenter": _pods(2, 200, 512)}
"""Cluster Autoscaler, or Karpenter."""
_CORE = sum(
    (
        HUB,
        _pods(1, 100, 128),  # the proxy
        _pods(2, 50, 128),  # AWS Load Balancer Controller
        _pods(1, 10, 64),  # ExternalDNS
        _pods(1, 10, 64),  # External Secrets
        _pods(2, 100, 70),  # CoreDNS
        _pods(2, 100, 200),  # metrics-server
        _pods(2, 60, 240),  # the EBS driver's controller: six containers
        _pods(2, 0, 0),  # the EFS driver's controller
    ),
    Amounts(pods=0),
)
CORE = {scaling: _CORE + pods for scaling, pods in _SCALING.items()}
"""What runs on the core nodes, by `nodes.user.scaling`: `charts/values/`, and the charts of the add-ons."""


def kept_cpu(cpus: int) -> float:
    """CPUs that a node keeps for itself. Source: nodeadm of amazon-eks-ami, as for memory and disk."""
    shares = (0.06, 0.01, 0.005, 0.005)
    return sum(shares[core] if core < len(shares) else 0.0025 for core in range(cpus))


def kept_memory(pods: int) -> int:
    """MiB that a node keeps for itself and as a reserve, by the number of pods that have an address there."""
    return 255 + 11 * pods + 100


def most_pods(interfaces: int, addresses: int) -> int:
    """Pods that have an address on a node: each interface keeps its first, and two pods take the node's."""
    return interfaces * (addresses - 1) + 2


def held_addresses(kind: InstanceType, servers: int) -> int:
    """Addresses of its subnet that a node holds with so many servers, and one pod of its own that takes one.

    The VPC CNI keeps a whole network interface ahead: WARM_ENI_TARGET in
    https://github.com/aws/amazon-vpc-cni-k8s/blob/master/docs/eni-and-ip-target.md.
    """
    used = math.ceil((servers + 1) / max(1, kind.addresses - 1))
    return min(used + 1, kind.interfaces) * kind.addresses


def kept_attachments(kinds: Iterable[InstanceType]) -> int:
    """Attachments that nodes of any of these types keep for other things than pods' volumes.

    The EBS driver does not see them, for no pod reaches the metadata of its node: it would take a node for free of all
    but its root volume and one network interface. Source: `getVolumesLimit` of aws-ebs-csi-driver 1.63.1.
    """
    return max((1 + (kind.interfaces - 1 if kind.shared else 0) for kind in kinds), default=1)


def room(kind: InstanceType, disk: int) -> Amounts:
    """What servers may ask for on a node of a type with a disk of as many GiB, or what core pods may.

    Of the memory that EC2 tells of, 4 to 6 % never reach Linux.
    """
    addresses = most_pods(kind.interfaces, kind.addresses)
    # EKS gives a managed node no more than 110 pods, from 30 CPUs on 250.
    pods = min(addresses, 110 if kind.cpus < 30 else 250)
    memory = math.floor(kind.memory * 0.94) - kept_memory(addresses)
    cpu = math.floor(1000 * (kind.cpus - kept_cpu(kind.cpus)))
    return Amounts(cpu, memory * _MI, disk_room(disk), pods) - EVERY_NODE


PARALLEL_FROM = 600
"""MiB/s of a node's disk below which pulling an image in parallel may take longer. Source: nodeadm's documentation."""


def pulls_in_parallel(kind: InstanceType) -> bool:
    """Whether a node of a type pulls images in parallel where it is told to; a smaller one does not, and says nothing.

    Source: nodeadm of amazon-eks-ami, which asks for 4 CPUs and 7 GiB of the memory that Linux sees.
    """
    return kind.cpus >= 4 and math.floor(kind.memory * 0.94) >= 7 * 1024


def disk_room(disk: int) -> int:
    """Bytes that pods may ask for of a disk of as many GiB: the kubelet evicts pods when a tenth of it is left."""
    return disk * _GI * 9 // 10 - _GI
