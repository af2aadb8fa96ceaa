"""A cluster's nodes, from the moment that its control plane runs until it ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp

from rehearsal.aws import Cloud
from rehearsal.aws.eks.store import ClusterId
from rehearsal.aws.identities import POD_IDENTITY
from rehearsal.kubelet import security_groups
from rehearsal.kubelet.api import ApiError, Kubernetes, Mirror, Object
from rehearsal.kubelet.background import background
from rehearsal.kubelet.capacity.fargate import Fargate
from rehearsal.kubelet.capacity.machines import Machine, Machines
from rehearsal.kubelet.capacity.nodes import Nodes
from rehearsal.kubelet.logs import Logs
from rehearsal.kubelet.peers import Scene
from rehearsal.kubelet.pods import Pod
from rehearsal.kubelet.policies import Policies, Rules, are_enforced
from rehearsal.kubelet.services import Services
from rehearsal.kubelet.storage.drivers import Storage
from rehearsal.kubelet.storage.volumes import IDENTITY_TOKEN_FILE, WEB_TOKEN_FILE
from rehearsal.kubelet.surroundings import Surroundings
from rehearsal.kubernetes.build import RELEASES
from rehearsal.kubernetes.control_plane import SERVICES, ControlPlane
from rehearsal.kubernetes.programs import Programs
from rehearsal.sandbox.network import POD_IDENTITY as AGENT
from rehearsal.sandbox.network import PodNetwork
from rehearsal.sandbox.place import Sandbox

_LISTS: Final = {
    "pods": "/api/v1/pods",
    "services": "/api/v1/services",
    "namespaces": "/api/v1/namespaces",
    "policies": "/apis/networking.k8s.io/v1/networkpolicies",
    "slices": "/apis/discovery.k8s.io/v1/endpointslices",
    "ConfigMap": "/api/v1/configmaps",
    "Secret": "/api/v1/secrets?fieldSelector=type!%3Dhelm.sh/release.v1",  # which are large, and no pod's
}
_ROLE: Final = "eks.amazonaws.com/role-arn"
_TOO_MANY: Final = 429
_RETRY: Final = 0.5


@dataclass(frozen=True)
class Everywhere:
    """What every container sees beside what is its own."""

    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """Texts, by absolute path."""
    shown: tuple[Path, ...] = ()
    """Folders of this machine."""


class Kubelet:
    """Runs the pods of a cluster in a sandbox. `folder` goes with the cluster; `storage` holds EFS and EBS."""

    def __init__(
        self,
        sandbox: Sandbox,
        cluster: ClusterId,
        plane: ControlPlane,
        cloud: Cloud,
        programs: Programs,
        *,
        folder: Path,
        storage: Path,
        everywhere: Everywhere = Everywhere(),
    ) -> None:
        self._sandbox = sandbox
        self._cluster = cluster
        self._plane = plane
        self._cloud = cloud
        self._programs = programs
        self._folder = folder
        self._storage = Storage(storage, cloud, cluster.name)
        self._everywhere = everywhere
        self._pods: dict[str, Pod] = {}
        self._logs = Logs(self.log)
        self._main: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin. The control plane runs."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._sandbox.network.serve(SERVICES)
        self._sandbox.run(self._start())

    def stop(self) -> None:
        """End all pods at once, and the machines of node groups."""
        self._sandbox.run(self._stop())

    def kill_pod(self, namespace: str, name: str) -> None:
        """Kill the processes of a pod, as a failure would."""
        self._sandbox.run(self._kill_pod(namespace, name))

    def kill_node(self, name: str) -> None:
        """Lose a node and all that runs there; its group makes another one."""
        self._sandbox.run(self._nodes.lose(self._machines.all[name]))

    def log(self, namespace: str, name: str, container: str) -> Path:
        """Where a container's output is."""
        return self._folder / "pods" / f"{namespace}_{name}" / f"{container}.log"

    async def _start(self) -> None:
        plane = self._plane
        self._kubernetes = Kubernetes(plane.url, plane.ca, plane.admin)
        self._mirrors = {name: Mirror(self._kubernetes, path) for name, path in _LISTS.items()}
        self._machines = Machines(self._cloud, self._cluster.name)
        firewall = self._sandbox.network.firewall
        self._services = Services(
            self._mirrors["services"], self._mirrors["slices"], plane.url, firewall.lead, self._sandbox.resolver
        )
        self._policies = Policies(
            self._mirrors, self._policies_are_enforced, self._networks, firewall.guard, self._groups
        )
        self._fargate = Fargate(self._kubernetes, self._machines, lambda minor: RELEASES[minor])
        self._nodes = Nodes(
            self._kubernetes,
            self._machines,
            self._cluster.region,
            lambda minor: RELEASES[minor],
            self._evict,
            self._answering,
        )
        self._around = Surroundings(
            kubernetes=self._kubernetes,
            programs=self._programs,
            folder=self._folder,
            find=lambda kind, namespace, name: self._mirrors[kind].find(namespace, name),
            services=lambda: list(self._mirrors["services"]),
            claim=lambda namespace, machine, name, token: self._storage.claimed(
                self._kubernetes, namespace, name, machine, token
            ),
            identity=self._identity,
            address=self._address,
            release=self._release,
            network=self._network,
            environment=self._everywhere.environment,
            files=self._everywhere.files,
            shown=self._everywhere.shown,
        )
        await self._logs.start(plane.kubelet, plane.ca)
        self._sandbox.resolver.sources.insert(0, self._services.names)
        self._main = background(self._run())

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for mirror in self._mirrors.values():
                group.create_task(mirror.run())
            for mirror in self._mirrors.values():
                await mirror.ready()
            self._mirrors["pods"].listen(self._pod)
            for kind in ("ConfigMap", "Secret"):
                self._mirrors[kind].listen(self._refresh)
            group.create_task(self._services.run())
            group.create_task(self._policies.run())
            group.create_task(self._nodes.run(self._mirrors["pods"]))
            group.create_task(self._fargate.run(self._mirrors["pods"]))

    async def _stop(self) -> None:
        if self._main is None:
            return
        self._main.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._main
        self._main = None
        self._sandbox.resolver.sources.remove(self._services.names)
        await asyncio.gather(*(pod.vanish() for pod in self._pods.values()))
        for machine in list(self._machines.all.values()):
            if machine.group:  # what others started goes on, and costs, when there is no cluster any more
                await asyncio.to_thread(self._machines.terminate, machine)
        await self._logs.stop()
        await self._kubernetes.close()

    def _answering(self, address: str) -> int:
        """The port on which the kubelet of a node answers, at the node's own address."""
        self._sandbox.network.serve(f"{address}/32")
        return self._logs.port

    def _pod(self, pod: Object, there: bool) -> None:
        """Run what is new on a node of ours, and end what is gone."""
        uid = pod["metadata"]["uid"]
        known = self._pods.get(uid)
        if not there:
            if known is not None:
                del self._pods[uid]
                background(known.vanish())
        elif known is not None:
            known.update(pod)
        elif machine := self._machine(pod["spec"].get("nodeName", "")):
            if pod.get("status", {}).get("phase") in ("Succeeded", "Failed"):
                return
            self._pods[uid] = new = Pod(self._around, machine, pod)
            new.start()
            new.update(pod)

    def _machine(self, node: str) -> Machine | None:
        return self._machines.all.get(node) or self._fargate.machines.get(node)

    def _refresh(self, thing: Object, there: bool) -> None:
        if there:
            for pod in self._pods.values():
                if pod.namespace == thing["metadata"]["namespace"]:
                    pod.refresh()

    async def _kill_pod(self, namespace: str, name: str) -> None:
        pod = next(each for each in self._pods.values() if (each.namespace, each.name) == (namespace, name))
        pod.kill()

    async def _evict(self, machine: Machine, gently: bool) -> None:
        mine = [pod for pod in self._pods.values() if pod.machine.name == machine.name]
        if gently:
            await asyncio.gather(*(self._evicted(pod) for pod in mine))
            return
        await asyncio.gather(*(pod.vanish() for pod in mine))
        with contextlib.suppress(ApiError, OSError, aiohttp.ClientError):
            for pod in mine:
                await self._kubernetes.delete(pod.path, at_once=True, uid=pod.uid)

    async def _evicted(self, pod: Pod) -> None:
        """Have a pod leave its node, as soon as disruption budgets let it; those of DaemonSets stay to the end."""
        if pod.owner == "DaemonSet":
            return
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod.name}}
        while pod.uid in self._pods:
            try:
                await self._kubernetes.post(f"{pod.path}/eviction", eviction)
            except ApiError as error:
                if error.status != _TOO_MANY:
                    return
            await asyncio.sleep(_RETRY)

    async def _identity(self, namespace: str, account: str) -> dict[str, str] | None:
        """What EKS's webhooks tell pods whose service account has a role, by an association or an annotation."""
        place = self._cluster
        found = await asyncio.to_thread(
            self._cloud.client("eks").list_pod_identity_associations,
            clusterName=place.name,
            namespace=namespace,
            serviceAccount=account,
        )
        everywhere = {
            "AWS_REGION": place.region,
            "AWS_DEFAULT_REGION": place.region,
            "AWS_STS_REGIONAL_ENDPOINTS": "regional",
        }
        if not found["associations"]:
            said = await self._kubernetes.get(f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}") or {}
            role = said.get("metadata", {}).get("annotations", {}).get(_ROLE)
            return {**everywhere, "AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": WEB_TOKEN_FILE} if role else None
        return {
            **everywhere,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{AGENT}{POD_IDENTITY}/{'/'.join(place)}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": IDENTITY_TOKEN_FILE,
        }

    async def _policies_are_enforced(self) -> bool:
        """Whether the add-on that makes pods' networks was told to."""
        eks = self._cloud.client("eks")
        try:
            found = await asyncio.to_thread(eks.describe_addon, clusterName=self._cluster.name, addonName="vpc-cni")
        except eks.exceptions.ResourceNotFoundException:
            return False
        return are_enforced(found["addon"].get("configurationValues", ""))

    def _networks(self) -> dict[str, PodNetwork]:
        return {uid: pod.network for uid, pod in self._pods.items() if pod.network}

    async def _network(self, address: str) -> PodNetwork:
        return await asyncio.to_thread(self._sandbox.network.pod, address)

    async def _groups(self, scene: Scene) -> Mapping[str, Rules]:
        """The rules of pods by their security groups."""
        nodes = [machine.address for machine in self._machines.all.values()]
        find = security_groups.of_pods
        return await asyncio.to_thread(find, self._cloud, scene, lambda: self._machines.security_group, nodes)

    async def _address(self, machine: Machine) -> str:
        """Where a pod is; on Fargate the machine's interface is the pod's."""
        if machine.name in self._fargate.machines:
            return machine.address
        return await asyncio.to_thread(self._machines.assign, machine)

    async def _release(self, machine: Machine, address: str) -> None:
        await asyncio.to_thread(self._machines.unassign, machine, address)
