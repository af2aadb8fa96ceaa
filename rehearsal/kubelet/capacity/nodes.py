"""The nodes of a cluster: as many as its node groups want, and those that Karpenter starts; with lease and drivers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp
from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.kubelet.api import ApiError, Kubernetes, Mirror, Object
from rehearsal.kubelet.background import background
from rehearsal.kubelet.capacity.groups import Group
from rehearsal.kubelet.capacity.joining import Joining
from rehearsal.kubelet.capacity.machines import Machine, Machines
from rehearsal.kubelet.capacity.registering import ZONE, registration, renew
from rehearsal.kubelet.capacity.scaling import wanting
from rehearsal.kubelet.capacity.waking import Waking

_POLL: Final = 1.0
_TOPOLOGIES: Final = {
    "ebs.csi.aws.com": ["kubernetes.io/os", "topology.ebs.csi.aws.com/zone", ZONE],
    "efs.csi.aws.com": [],
    "s3.csi.aws.com": [],
}
_STARTUP_TAINTS: Final = {
    "ebs.csi.aws.com": "ebs.csi.aws.com/agent-not-ready",
    "efs.csi.aws.com": "efs.csi.aws.com/agent-not-ready",
    "s3.csi.aws.com": "s3.csi.aws.com/agent-not-ready",
}
"""The taints that a driver takes off a node when it can mount there."""

_log = logging.getLogger(__name__)
Evict = Callable[[Machine, bool], Awaitable[None]]
"""Ends the pods of a machine: as their disruption budgets allow, or (with False) at once."""


class Nodes:
    """Makes nodes, and lets them go."""

    def __init__(
        self,
        kubernetes: Kubernetes,
        machines: Machines,
        region: str,
        release: Callable[[str], str],
        evict: Evict,
        kubelet: Callable[[str], int],
    ) -> None:
        self.machines = machines
        self._joining = Joining(machines)
        self._kubernetes = kubernetes
        self._region = region
        self._release = release
        self._evict = evict
        self._kubelet = kubelet
        """The port on which the kubelet of a node's address answers."""
        self._drivers: dict[str, list[str]] = {}
        self._leases: dict[str, asyncio.Task[None]] = {}
        self._leaving: dict[str, asyncio.Task[None]] = {}
        self._waking = Waking(kubernetes)

    async def run(self, pods: Mirror) -> None:
        """Follow the node groups until cancelled."""
        try:
            while True:
                try:
                    await self._reconcile(pods)
                except (ClientError, BotoCoreError, ApiError, aiohttp.ClientError, OSError) as error:
                    _log.debug("the nodes wait: %s", error)  # the cluster is being made, updated or deleted
                except Exception:
                    _log.exception("the nodes are not as they should be")  # and are looked at again
                await asyncio.sleep(_POLL)
        finally:
            for task in [*self._leases.values(), *self._leaving.values()]:
                task.cancel()

    async def lose(self, machine: Machine) -> None:
        """Lose a node, as when its machine fails; whoever controls the cloud sees it, and the group makes another."""
        await asyncio.to_thread(self.machines.terminate, machine)
        await self._gone(machine)

    async def _gone(self, machine: Machine) -> None:
        """Have no node for a machine that is no more."""
        self._rest(machine)
        self.machines.all.pop(machine.name, None)
        await self._forget(machine)
        await self._evict(machine, False)

    async def _reconcile(self, pods: Mirror) -> None:
        groups = await asyncio.to_thread(self.machines.groups)
        drivers = await asyncio.to_thread(self.machines.drivers)
        for machine in self._all():
            if self._drivers.get(machine.name) != drivers:
                await self._register(machine, drivers)
        names = {group.name for group in groups}
        for machine in self._all():
            if machine.group and machine.group.name not in names:
                self._leave(machine)
        await asyncio.gather(*(self._resize(group, drivers) for group in groups))
        for group in wanting(pods, groups, self._all()):
            await asyncio.to_thread(self.machines.grow, group)
        await self._waking.look(self._all(), pods)
        joined, gone = await asyncio.to_thread(self._joining.look)
        for machine in joined:
            await self._join(machine, drivers)
        for machine in gone:
            await self._gone(machine)

    async def _resize(self, group: Group, drivers: list[str]) -> None:
        mine = [machine for machine in self.machines.of(group) if machine.name not in self._leaving]
        fresh = [machine for machine in mine if machine.make == group.make]
        missing = group.desired - len(fresh)
        for _ in range(missing):
            await self._join(await asyncio.to_thread(self.machines.launch, group), drivers)
        for machine in fresh[group.desired :]:
            self._leave(machine)
        for machine in mine:
            machine.group = group
            if machine not in fresh:  # of another release or launch template: others are there in its place
                self._leave(machine)

    def _all(self) -> list[Machine]:
        return [machine for machine in self.machines.all.values() if machine.name not in self._leaving]

    async def _join(self, machine: Machine, drivers: list[str]) -> None:
        """Register a node. One of a group is ready; with others, Karpenter sees them before their network is."""
        self._leases[machine.name] = background(renew(self._kubernetes, machine.name))
        node = registration(machine, self._region, self._release(machine.version), ready=machine.group is not None)
        node["status"]["daemonEndpoints"] = {"kubeletEndpoint": {"Port": self._kubelet(machine.address)}}
        await self._kubernetes.create("/api/v1/nodes", node)
        await self._register(machine, drivers)
        if machine.group is None:
            self._waking.add(machine)

    async def _register(self, machine: Machine, drivers: list[str]) -> None:
        """Have storage drivers on a node, which then take their startup taints off."""
        self._drivers[machine.name] = drivers
        node = await self._kubernetes.get(f"/api/v1/nodes/{machine.name}")
        if node is None:
            return
        owner = {"apiVersion": "v1", "kind": "Node", "name": machine.name, "uid": node["metadata"]["uid"]}
        registered: list[Object] = [
            {"name": driver, "nodeID": machine.id, "topologyKeys": _TOPOLOGIES[driver]} for driver in drivers
        ]
        for each in registered:
            if each["name"] == "ebs.csi.aws.com":
                free = machine.size.attachments - await asyncio.to_thread(self.machines.kept_attachments)
                each["allocatable"] = {"count": max(free, 1)}
        spec = {"drivers": registered}
        thing: Object = {"metadata": {"name": machine.name, "ownerReferences": [owner]}, "spec": spec}
        if await self._kubernetes.create("/apis/storage.k8s.io/v1/csinodes", thing) is None:
            await self._kubernetes.patch(f"/apis/storage.k8s.io/v1/csinodes/{machine.name}", {"spec": spec})
        gone = {_STARTUP_TAINTS[driver] for driver in drivers}
        taints = node["spec"].get("taints", [])
        kept = [taint for taint in taints if taint["key"] not in gone]
        change: dict[str, Any] = {}
        if kept != taints:
            change["spec"] = {"taints": kept}
        if "ebs.csi.aws.com" in drivers:
            change["metadata"] = {"labels": {"topology.ebs.csi.aws.com/zone": machine.zone}}
        # Others change taints, too: with the version, a change of theirs in between is not undone.
        change.setdefault("metadata", {})["resourceVersion"] = node["metadata"]["resourceVersion"]
        try:
            await self._kubernetes.patch(f"/api/v1/nodes/{machine.name}", change)
        except ApiError:
            self._drivers.pop(machine.name)  # the next round tries again

    def _leave(self, machine: Machine) -> None:
        self._leaving[machine.name] = background(self._left(machine))

    async def _left(self, machine: Machine) -> None:
        """Drain a node, and end its machine."""
        with contextlib.suppress(ApiError, aiohttp.ClientError, OSError):
            await self._kubernetes.patch(f"/api/v1/nodes/{machine.name}", {"spec": {"unschedulable": True}})
            await self._evict(machine, True)
        self._rest(machine)
        await asyncio.to_thread(self.machines.terminate, machine)
        with contextlib.suppress(ApiError, aiohttp.ClientError, OSError):
            await self._forget(machine)
        await self._evict(machine, False)
        self._leaving.pop(machine.name, None)

    def _rest(self, machine: Machine) -> None:
        """Let its lease run out."""
        if lease := self._leases.pop(machine.name, None):
            lease.cancel()

    async def _forget(self, machine: Machine) -> None:
        self._drivers.pop(machine.name, None)
        await self._kubernetes.delete(f"/api/v1/nodes/{machine.name}")
