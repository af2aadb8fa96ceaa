"""What Fargate makes of a pod: 256 MB are added to its memory, and both amounts are rounded up.

Sources: https://docs.aws.amazon.com/eks/latest/userguide/fargate-pod-configuration.html, and for disks
https://aws.amazon.com/blogs/containers/amazon-eks-fargate-adds-support-for-larger-ephemeral-volumes/.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from blueprint.config.facts.nodes import Amounts
from blueprint.config.facts.services import Services

_SIZES: Final = {
    0.25: (0.5, 1, 2),
    0.5: range(1, 5),
    1: range(2, 9),
    2: range(4, 17),
    4: range(8, 31),
    8: range(16, 61, 4),
    16: range(32, 121, 8),
}
"""By its CPUs, the GiB of memory that a pod may have."""
_GIB: Final = 2**30
KEPT: Final = _GIB // 4
"""Bytes of a pod's memory that are Fargate's own: for the kubelet, kube-proxy and containerd."""
DISK: Final = 20
"""GiB of disk that each pod has, the image and Fargate's own parts on it, and that its price contains."""
_KEPT_DISK: Final = 5
MOST_DISK: Final = 175
"""GiB that a pod may ask for."""


@dataclass(frozen=True)
class Machine:
    """What a pod is given, and paid for: CPUs, and GiB of memory and disk."""

    cpus: float
    memory: float
    disk: float = DISK

    @property
    def room(self) -> Amounts:
        """What of it a server may have."""
        return Amounts(int(1000 * self.cpus), int(self.memory * _GIB) - KEPT, 0)

    def hour(self, prices: Services) -> float:
        """US dollars."""
        beyond = self.disk - DISK
        return (
            self.cpus * prices.fargate_cpu_hour
            + self.memory * prices.fargate_gb_hour
            + beyond * prices.fargate_disk_gb_hour
        )


def machine(wanted: Amounts) -> Machine | None:
    """The smallest that holds as much; None where none does. Its disk is as large as Fargate makes it."""
    memory = (wanted.memory + KEPT) / _GIB
    found = (each for each in _machines() if 1000 * each.cpus >= wanted.cpu and each.memory >= memory)
    least = next(found, None)
    return least and Machine(least.cpus, least.memory, disk(wanted.disk))


def disk(wanted: int) -> int:
    """GiB that a pod gets which asks for as many bytes: a tenth more is the file system's, and 5 are Fargate's."""
    return max(DISK, math.ceil(wanted * 11 / (10 * _GIB)) + _KEPT_DISK)


def room_on_disk(wanted: int) -> int:
    """Bytes for the image and all files of a pod that asks for as many."""
    return (disk(wanted) - _KEPT_DISK) * _GIB * 10 // 11


def largest() -> Machine:
    """The largest that there is."""
    return max(_machines(), key=lambda each: (each.cpus, each.memory))


def hour(wanted: Amounts, prices: Services) -> float | None:
    """US dollars for an hour of a pod; None where none is so large."""
    found = machine(wanted)
    return found.hour(prices) if found else None


def _machines() -> Iterator[Machine]:
    """All of them, those with fewer CPUs first."""
    return (Machine(cpus, memory) for cpus, memories in _SIZES.items() for memory in memories)
