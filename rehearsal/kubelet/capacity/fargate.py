"""Fargate: pods that a profile takes, each on a machine that comes and goes with it.

What EKS's webhook and scheduler do to such a pod, from its user guide and from what clusters show: labels and
annotations, the refusal of what Fargate does not have, a network interface with the groups of SecurityGroupPolicies, a
node for it alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from ipaddress import IPv4Network
from typing import Any, Final

import aiohttp
from botocore.exceptions import BotoCoreError, ClientError

from blueprint.config.facts import fargate
from blueprint.config.facts.nodes import Amounts
from rehearsal.aws.machines.addresses import free
from rehearsal.kubelet.api import ApiError, Kubernetes, Mirror, Object
from rehearsal.kubelet.background import background
from rehearsal.kubelet.capacity.machines import Machine, Machines
from rehearsal.kubelet.capacity.registering import registration, renew
from rehearsal.kubelet.capacity.sizes import Size
from rehearsal.kubelet.environment import quantity
from rehearsal.kubelet.peers import selects

SCHEDULER: Final = "fargate-scheduler"
GROUPS: Final = "fargate.amazonaws.com/pod-sg"
"""The annotation that tells a pod's security groups."""

_POLICIES: Final = "/apis/vpcresources.k8s.aws/v1beta1/securitygrouppolicies"
_COMPUTE: Final = {"eks.amazonaws.com/compute-type": "fargate"}
_VOLUMES: Final = {"emptyDir", "configMap", "secret", "projected", "downwardAPI", "persistentVolumeClaim"}
_PAUSE: Final = 0.5

_log = logging.getLogger(__name__)


class Fargate:
    """The machines of pods on Fargate, by the names of their nodes."""

    def __init__(self, kubernetes: Kubernetes, cluster: Machines, release: Callable[[str], str]) -> None:
        self.machines: dict[str, Machine] = {}
        self._kubernetes = kubernetes
        self._cluster = cluster
        self._release = release
        self._pods: dict[str, str] = {}
        self._leases: dict[str, asyncio.Task[None]] = {}
        self._refused: set[str] = set()
        self._turns = itertools.count()

    async def run(self, pods: Mirror) -> None:
        """Follow the pods until cancelled."""
        try:
            while True:
                try:
                    await self._look(list(pods))
                except (ClientError, BotoCoreError, ApiError, aiohttp.ClientError, OSError) as error:
                    _log.debug("Fargate waits: %s", error)
                await asyncio.sleep(_PAUSE)
        finally:
            for lease in self._leases.values():
                lease.cancel()

    async def _look(self, pods: list[Object]) -> None:
        there = {pod["metadata"]["uid"] for pod in pods}
        for uid, name in list(self._pods.items()):
            if uid not in there:
                await self._end(uid, name)
        waiting = [pod for pod in pods if pod["spec"].get("schedulerName") == SCHEDULER and _waits(pod)]
        new = [pod for pod in waiting if pod["metadata"]["uid"] not in {*self._pods, *self._refused}]
        if not new:
            return
        profiles = await asyncio.to_thread(self._profiles)
        for pod in new:
            if profile := next((each for each in profiles if _takes(each, pod)), None):
                await self._take(pod, profile)

    def _profiles(self) -> list[Mapping[str, Any]]:
        eks = self._cluster.cloud.client("eks")
        place = {"clusterName": self._cluster.cluster}
        names = eks.list_fargate_profiles(**place)["fargateProfileNames"]
        return [eks.describe_fargate_profile(**place, fargateProfileName=each)["fargateProfile"] for each in names]

    async def _take(self, pod: Object, profile: Mapping[str, Any]) -> None:
        uid = pod["metadata"]["uid"]
        wanted = fargate.machine(_amounts(pod))
        if fault := await self._fault(pod) or (None if wanted else "no size is so large"):
            self._refused.add(uid)  # it is never looked at again
            await self._tell(pod, "Warning", "FailedScheduling", f"Pod not supported on Fargate: {fault}")
            return
        assert wanted is not None
        groups = await self._groups(pod)
        machine = await asyncio.to_thread(self._launch, profile, groups, wanted)
        self.machines[machine.name] = machine
        self._pods[uid] = machine.name
        path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
        note = {
            "labels": {"eks.amazonaws.com/fargate-profile": profile["fargateProfileName"]},
            "annotations": {
                "CapacityProvisioned": f"{wanted.cpus:g}vCPU {wanted.memory:g}GB",
                GROUPS: ",".join(groups),
            },
        }
        await self._kubernetes.patch(path, {"metadata": note})
        self._leases[machine.name] = background(renew(self._kubernetes, machine.name))
        region, release = self._cluster.cloud.region, self._release(machine.version)
        await self._kubernetes.create("/api/v1/nodes", registration(machine, region, release, ready=True))
        target = {"apiVersion": "v1", "kind": "Node", "name": machine.name}
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": pod["metadata"]["name"]}}
        await self._kubernetes.post(f"{path}/binding", {**binding, "target": target})
        await self._tell(pod, "Normal", "Scheduled", f"Successfully assigned the pod to {machine.name}")

    async def _fault(self, pod: Object) -> str | None:
        """Why Fargate does not have a pod."""
        spec = pod["spec"]
        if spec.get("hostNetwork") or any(each.get("securityContext", {}).get("privileged") for each in _all(spec)):
            return "HostNetwork, or invalid SecurityContext fields: Privileged"
        for volume in spec.get("volumes", ()):
            kind = next(key for key in volume if key != "name")
            if kind not in _VOLUMES:
                return f"volumes not supported: {volume['name']} is of an unsupported volume Type"
            if kind == "persistentVolumeClaim" and (why := await self._unfit(pod, volume[kind]["claimName"])):
                return f"volumes not supported: {volume['name']} not supported because: {why}"
        return None

    async def _unfit(self, pod: Object, name: str) -> str | None:
        """Why Fargate does not mount a claim: it is not bound yet, or not to EFS, or needs an identity."""
        claim = await self._kubernetes.get(
            f"/api/v1/namespaces/{pod['metadata']['namespace']}/persistentvolumeclaims/{name}"
        )
        if claim is None or claim.get("status", {}).get("phase") != "Bound":
            return f"PVC {name} not bound"
        volume = await self._kubernetes.get(f"/api/v1/persistentvolumes/{claim['spec']['volumeName']}") or {}
        driver = volume.get("spec", {}).get("csi", {}).get("driver")
        if driver != "efs.csi.aws.com":
            return f"PVC {name} bound to invalid PV with CSI Driver: {driver}"
        if "iam" in volume["spec"].get("mountOptions", ()):
            return f"PVC {name} would be mounted with an IAM identity, and there is none"
        return None

    async def _groups(self, pod: Object) -> list[str]:
        """The security groups of a pod: the policies', or the cluster's."""
        found = await self._kubernetes.get(_POLICIES) or {}
        labels = pod["metadata"].get("labels", {})
        mine = [
            each["spec"]["securityGroups"]["groupIds"]
            for each in found.get("items", ())
            if each["metadata"]["namespace"] == pod["metadata"]["namespace"]
            and each["spec"].get("podSelector") is not None
            and selects(each["spec"]["podSelector"], labels)
        ]
        return [*dict.fromkeys(itertools.chain.from_iterable(mine))] or [self._cluster.security_group]

    def _launch(self, profile: Mapping[str, Any], groups: list[str], wanted: fargate.Machine) -> Machine:
        """A network interface in a subnet of the profile, in turn, and what hangs on it."""
        ec2 = self._cluster.cloud.client("ec2")
        subnets = profile["subnets"]
        (subnet,) = ec2.describe_subnets(SubnetIds=[subnets[next(self._turns) % len(subnets)]])["Subnets"]
        network = IPv4Network(subnet["CidrBlock"])
        address = free(network, {each.address for each in self.machines.values()})
        interface = ec2.create_network_interface(
            SubnetId=subnet["SubnetId"],
            PrivateIpAddress=address,
            Groups=groups,
            Description="A pod on Fargate",
        )["NetworkInterface"]
        memory = int(wanted.memory * 1024)
        return Machine(
            id=interface["NetworkInterfaceId"].replace("eni-", "fargate-"),
            instance_type="",
            address=address,
            name=f"fargate-ip-{address.replace('.', '-')}.{self._cluster.cloud.region}.compute.internal",
            subnet=subnet["SubnetId"],
            zone=subnet["AvailabilityZone"],
            # What a node tells is often larger than what its pod has.
            size=Size("amd64", max(2, int(wanted.cpus)), 2 * memory, int(wanted.disk), 1, 0),
            interface=interface["NetworkInterfaceId"],
            network=network,
            version=self._cluster.version(),
            labels=_COMPUTE,
            taints=[{"key": key, "value": value, "effect": "NoSchedule"} for key, value in _COMPUTE.items()],
        )

    async def _end(self, uid: str, name: str) -> None:
        """End a machine whose pod is gone."""
        machine = self.machines[name]
        if lease := self._leases.pop(name, None):
            lease.cancel()
        await self._kubernetes.delete(f"/api/v1/nodes/{name}")
        ec2 = self._cluster.cloud.client("ec2")
        with contextlib.suppress(ClientError):
            await asyncio.to_thread(ec2.delete_network_interface, NetworkInterfaceId=machine.interface)
        del self.machines[name], self._pods[uid]

    async def _tell(self, pod: Object, kind: str, reason: str, message: str) -> None:
        metadata = pod["metadata"]
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        event: Object = {
            "metadata": {"generateName": f"{metadata['name']}.", "namespace": metadata["namespace"]},
            "involvedObject": {
                "apiVersion": "v1",
                "kind": "Pod",
                **{key: metadata[key] for key in ("name", "namespace", "uid")},
            },
            "type": kind,
            "reason": reason,
            "message": message,
            "source": {"component": SCHEDULER},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        await self._kubernetes.post(f"/api/v1/namespaces/{metadata['namespace']}/events", event)


def _waits(pod: Object) -> bool:
    return not pod["spec"].get("nodeName") and "deletionTimestamp" not in pod["metadata"]


def _takes(profile: Mapping[str, Any], pod: Object) -> bool:
    """Whether one of its selectors matches a pod."""
    labels = pod["metadata"].get("labels", {})
    return any(
        each["namespace"] == pod["metadata"]["namespace"] and each.get("labels", {}).items() <= labels.items()
        for each in profile["selectors"]
    )


def _all(spec: Object) -> Iterable[Object]:
    return [*spec.get("initContainers", ()), *spec["containers"]]


def _amounts(pod: Object) -> Amounts:
    """What a pod asks for: all its containers, or the largest of those that come first."""

    def asked(name: str) -> int:
        def of(container: Object) -> Any:
            return quantity(container.get("resources", {}).get("requests", {}).get(name, "0"))

        spec = pod["spec"]
        return int(max(sum(map(of, spec["containers"])), *map(of, spec.get("initContainers", ())), 0) * _SCALE[name])

    return Amounts(asked("cpu"), asked("memory"), asked("ephemeral-storage"))


_SCALE: Final = {"cpu": 1000, "memory": 1, "ephemeral-storage": 1}
