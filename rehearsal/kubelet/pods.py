"""A pod on a node: from the moment it is bound to the node until it is gone."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp

from rehearsal.kubelet import custom_resources
from rehearsal.kubelet.api import STRATEGIC, ApiError, Object
from rehearsal.kubelet.background import background
from rehearsal.kubelet.capacity.machines import Machine
from rehearsal.kubelet.containers import Container
from rehearsal.kubelet.environment import NotYetError, environment, expanded
from rehearsal.kubelet.plans import plan
from rehearsal.kubelet.status import Since, all_containers, is_sidecar, status
from rehearsal.kubelet.storage.volumes import Volumes, with_identity
from rehearsal.kubelet.surroundings import Surroundings
from rehearsal.kubernetes.programs import Program
from rehearsal.sandbox.container import Plan
from rehearsal.sandbox.network import PodNetwork

NOTHING_RUNS: Final = "rehearsal/nothing-runs"
"""The annotation of pods that count as running, and names their images for which there is no program."""

_RETRY: Final = 0.5
_GRACE: Final = 30
_CONFLICT: Final = 409


class Pod:
    """One pod."""

    def __init__(self, surroundings: Surroundings, machine: Machine, pod: Object) -> None:
        self.machine = machine
        self.uid: str = pod["metadata"]["uid"]
        self.namespace: str = pod["metadata"]["namespace"]
        self.name: str = pod["metadata"]["name"]
        self._around = surroundings
        self._pod = pod
        self._folder = surroundings.folder / "pods" / f"{self.namespace}_{self.name}"
        self.path = f"/api/v1/namespaces/{self.namespace}/pods/{self.name}"
        self._containers: list[Container] = []
        self._first: list[Container] = []
        self.network: PodNetwork | None = None
        self._address = ""
        self._volumes: Volumes | None = None
        self._identity: dict[str, str] | None = None
        self._problem: str | None = None
        self._since: Since = {}
        self._told: Object | None = None
        self._changed = asyncio.Event()
        self._gone = False
        self._work: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None

    @property
    def owner(self) -> str:
        """The kind of what owns it."""
        return next((each["kind"] for each in self._pod["metadata"].get("ownerReferences", ())), "")

    def start(self) -> None:
        """Begin to run it."""
        self._work = background(self._run())
        self._telling = background(self._tell())

    def update(self, pod: Object) -> None:
        """Go by what it is now; when it is to be deleted, end it."""
        self._pod = self._addressed({**pod, "spec": self._pod["spec"]})
        self._changed.set()
        if "deletionTimestamp" in pod["metadata"] and self._ending is None and not self._gone:
            self._ending = background(self._end(pod["metadata"].get("deletionGracePeriodSeconds", _GRACE)))

    def refresh(self) -> None:
        """Show in its volumes what has changed."""
        if self._volumes is not None and not self._gone:
            background(self._volumes.refresh())

    async def vanish(self) -> None:
        """End it at once, and tell nobody."""
        if self._gone:
            return
        self._gone = True
        for task in (self._telling, self._ending):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
        for container in [*self._first, *self._containers]:
            container.kill()
        if self._work is not None:
            self._work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._work
        await asyncio.gather(*(container.stop(0) for container in [*self._first, *self._containers]))
        await self._clean()

    def kill(self) -> None:
        """Kill its processes, as a failure would: what then happens is Kubernetes' affair."""
        for container in self._containers:
            container.fail()

    async def _run(self) -> None:
        await self._retried(self._prepare)
        spec = self._pod["spec"]
        policy = spec.get("restartPolicy", "Always")
        self._first = [self._container(each, _first_policy(each, policy)) for each in spec.get("initContainers", ())]
        self._containers = [self._container(each, policy) for each in spec["containers"]]
        self._changed.set()
        beside = [background(self._renew_tokens())]
        sidecars = []
        try:
            for container in self._first:
                if is_sidecar(container.spec):
                    sidecars.append(container)
                    beside.append(background(container.run()))
                    continue
                await container.run()
                if container.ended:
                    return
            await asyncio.gather(*(container.run() for container in self._containers))
        finally:
            for container in sidecars:
                container.kill()
            for task in beside:
                task.cancel()

    async def _prepare(self) -> None:
        spec = self._pod["spec"]
        around = self._around
        self._folder.mkdir(parents=True, exist_ok=True)
        runs = any(around.programs(each["image"]) for each in all_containers(spec))
        if not self._address:
            host = spec.get("hostNetwork", False)
            self._address = self.machine.address if host else await around.address(self.machine)
            if not host and runs:
                self.network = await around.network(self._address)
            self._pod = self._addressed(self._pod)
        if runs:
            await custom_resources.served(around.kubernetes)
        account = spec.get("serviceAccountName", "default")
        if self._identity is None:
            self._identity = await around.identity(self.namespace, account)
            if self._identity:
                self._pod = with_identity(self._pod, self._identity)
        self._volumes = Volumes(
            self._pod,
            self._folder / "volumes",
            around.folder / "nodes" / self.machine.name,
            find=lambda kind, name: around.find(kind, self.namespace, name),
            token=self._token,
            claim=lambda name: around.claim(self.namespace, self.machine, name, self._token),
        )
        await self._volumes.prepare()

    def _addressed(self, pod: Object) -> Object:
        """A pod with its addresses, of which Kubernetes may not know yet."""
        if not self._address:
            return pod
        own, host = self._address, self.machine.address
        addresses = {"podIP": own, "podIPs": [{"ip": own}], "hostIP": host, "hostIPs": [{"ip": host}]}
        return {**pod, "status": {**pod.get("status", {}), **addresses}}

    async def _retried(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except (NotYetError, ValueError, ApiError, OSError) as error:
                self._problem = str(error)
                self._changed.set()
                await asyncio.sleep(_RETRY)
            else:
                self._problem = None
                return

    async def _renew_tokens(self) -> None:
        assert self._volumes is not None
        while (seconds := self._volumes.renewal) is not None:
            await asyncio.sleep(max(seconds, _RETRY))
            with contextlib.suppress(ApiError, OSError):
                await self._volumes.refresh()

    def _container(self, spec: Object, policy: str) -> Container:
        program = self._around.programs(spec["image"])
        make = functools.partial(self._plan, spec, program) if program else None
        log = self._folder / f"{spec['name']}.log"
        return Container(spec, make, log, policy, self._address, self._changed.set)

    async def _plan(self, spec: Object, program: Program) -> Plan:
        """What a container is to run, now."""
        assert self._volumes is not None
        staging = self._folder / "root"
        staging.mkdir(exist_ok=True)
        around = self._around
        values = environment(
            self._pod, spec, around.services(), lambda kind, name: around.find(kind, self.namespace, name)
        )
        return plan(
            self._pod,
            spec,
            program,
            own=values,
            every={**around.environment, **(self._identity or {})},
            files=around.files,
            shown=around.shown,
            mounts=self._volumes.mounts(spec, lambda text: expanded(text, values)),
            network=self.network.namespace if self.network else None,
            staging=staging,
        )

    async def _token(self, audience: str | None, seconds: int) -> str:
        account = self._pod["spec"].get("serviceAccountName", "default")
        bound = {"apiVersion": "v1", "kind": "Pod", "name": self.name, "uid": self.uid}
        wanted: Object = {"expirationSeconds": seconds, "boundObjectRef": bound}
        if audience:
            wanted["audiences"] = [audience]
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": wanted}
        path = f"/api/v1/namespaces/{self.namespace}/serviceaccounts/{account}/token"
        return str((await self._around.kubernetes.post(path, request))["status"]["token"])

    async def _tell(self) -> None:
        """Tell Kubernetes of each change."""
        images = {each["image"] for each in all_containers(self._pod["spec"])}
        if nothing := sorted(image for image in images if not self._around.programs(image)):
            note = {"metadata": {"annotations": {NOTHING_RUNS: ", ".join(nothing)}}}
            await self._around.kubernetes.patch(self.path, note)
        while True:
            self._changed.clear()
            told = self._status()
            if told != self._told:
                change = {"metadata": {"uid": self.uid}, "status": told}
                try:
                    await self._around.kubernetes.patch(f"{self.path}/status", change, STRATEGIC)
                    self._told = told
                except (ApiError, OSError, aiohttp.ClientError) as error:
                    if isinstance(error, ApiError) and error.status == _CONFLICT:
                        return  # another pod has the name now
                    await asyncio.sleep(_RETRY)
                    continue
            await self._changed.wait()

    def _status(self) -> Object:
        return status(
            self._pod, self._first, self._containers, self._since, address=self._address, problem=self._problem
        )

    async def _end(self, seconds: float) -> None:
        """End it as Kubernetes asks, and say when it is gone."""
        containers = [*self._containers, *self._first]
        await asyncio.gather(*(container.stop(seconds) for container in containers))
        self._gone = True
        for task in (self._work, self._telling):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await self._clean()
        while True:
            try:
                await self._around.kubernetes.delete(self.path, at_once=True, uid=self.uid)
            except (ApiError, OSError, aiohttp.ClientError):
                await asyncio.sleep(_RETRY)
            else:
                return

    async def _clean(self) -> None:
        if self.network is not None:
            self.network.close()
            self.network = None
        if self._volumes is not None:
            self._volumes.remove()
        if self._address and not self._pod["spec"].get("hostNetwork"):
            await self._around.release(self.machine, self._address)


def _first_policy(spec: Object, policy: str) -> str:
    """When an init container is started again."""
    if is_sidecar(spec):
        return "Always"
    return "Never" if policy == "Never" else "OnFailure"
