"""What nodes come to have some time after they joined: a network, and GPUs that a device plugin found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rehearsal.kubelet.api import Kubernetes, Object
from rehearsal.kubelet.capacity.machines import Machine
from rehearsal.kubelet.containers import now
from rehearsal.kubernetes.programs import repository

_UNREGISTERED: Final = "karpenter.sh/unregistered"
_DEVICE_PLUGIN: Final = "/k8s-device-plugin"
_GPU: Final = "nvidia.com/gpu"


class Waking:
    """Tells Kubernetes of it."""

    def __init__(self, kubernetes: Kubernetes) -> None:
        self._kubernetes = kubernetes
        self._asleep: list[Machine] = []
        self._plugged: set[str] = set()

    def add(self, machine: Machine) -> None:
        """Follow a machine that is not ready yet."""
        self._asleep.append(machine)

    async def look(self, machines: Iterable[Machine], pods: Iterable[Object]) -> None:
        """Tell what is new."""
        self._asleep = [machine for machine in self._asleep if not await self._awake(machine)]
        on_nodes = {pod["spec"].get("nodeName") for pod in pods if _is_device_plugin(pod)}
        for machine in machines:
            if machine.size.gpus and machine.name in on_nodes and machine.id not in self._plugged:
                gpus = {_GPU: str(machine.size.gpus)}
                await self._tell(machine, {"capacity": gpus, "allocatable": gpus})
                self._plugged.add(machine.id)

    async def _awake(self, machine: Machine) -> bool:
        """Say that a node is ready, once Karpenter took its taint off, and whether that is settled."""
        node = await self._kubernetes.get(f"/api/v1/nodes/{machine.name}")
        if node is None:
            return True
        if any(each["key"] == _UNREGISTERED for each in node["spec"].get("taints", [])):
            return False
        await self._tell(machine, {"conditions": [condition(ready=True)]})
        return True

    async def _tell(self, machine: Machine, status: Object) -> None:
        await self._kubernetes.patch(f"/api/v1/nodes/{machine.name}/status", {"status": status})


def condition(*, ready: bool) -> Object:
    """Whether a node is ready, as it tells it."""
    told = {"status": "True", "reason": "KubeletReady"} if ready else {"status": "False", "reason": "KubeletNotReady"}
    at = {"lastHeartbeatTime": now(), "lastTransitionTime": now()}
    return {"type": "Ready", **told, "message": "posted by a stand-in", **at}


def _is_device_plugin(pod: Object) -> bool:
    running = pod.get("status", {}).get("phase") == "Running"
    return running and any(repository(each["image"]).endswith(_DEVICE_PLUGIN) for each in pod["spec"]["containers"])
