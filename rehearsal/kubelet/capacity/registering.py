"""How a machine becomes a node: what it tells of itself, and the lease by which it is known to live."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Final

import aiohttp

from rehearsal.kubelet.api import ApiError, Kubernetes, Object
from rehearsal.kubelet.capacity.machines import Machine
from rehearsal.kubelet.capacity.waking import condition

ZONE: Final = "topology.kubernetes.io/zone"
_LEASE: Final = 40
_RENEWAL: Final = 10


def registration(machine: Machine, region: str, release: str, *, ready: bool) -> Object:
    """The node of a machine that runs a release of Kubernetes."""
    labels = {
        "kubernetes.io/hostname": machine.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": machine.size.architecture,
        **({"node.kubernetes.io/instance-type": machine.instance_type} if machine.instance_type else {}),
        ZONE: machine.zone,
        "topology.kubernetes.io/region": region,
        **machine.labels,
    }
    status = {
        "capacity": machine.size.capacity,
        "allocatable": machine.size.allocatable,
        "conditions": [condition(ready=ready)],
        "addresses": [
            {"type": "InternalIP", "address": machine.address},
            {"type": "InternalDNS", "address": machine.name},
            {"type": "Hostname", "address": machine.name},
        ],
        "nodeInfo": {
            "architecture": machine.size.architecture,
            "operatingSystem": "linux",
            "kubeletVersion": f"v{release}",
            "kubeProxyVersion": f"v{release}",
            "osImage": "a stand-in",
            "containerRuntimeVersion": "processes://1",
            "kernelVersion": "",
            "machineID": machine.id,
            "systemUUID": machine.id,
            "bootID": machine.id,
        },
    }
    return {
        "metadata": {"name": machine.name, "labels": labels},
        "spec": {"providerID": f"aws:///{machine.zone}/{machine.id}", "taints": machine.taints},
        "status": status,
    }


async def renew(kubernetes: Kubernetes, name: str) -> None:
    """Say every ten seconds that a node is alive."""
    path = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
    while True:
        spec = {
            "holderIdentity": name,
            "leaseDurationSeconds": _LEASE,
            "renewTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        }
        with contextlib.suppress(ApiError, aiohttp.ClientError, OSError):
            if await kubernetes.patch(f"{path}/{name}", {"spec": spec}) is None:
                await kubernetes.create(path, {"metadata": {"name": name}, "spec": spec})
        await asyncio.sleep(_RENEWAL)
