"""A container: its process, started again as its pod says, and its state as Kubernetes tells it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rehearsal.kubelet import probes
from rehearsal.kubelet.api import Object
from rehearsal.kubelet.environment import NotYetError
from rehearsal.sandbox import container as sandboxed

Make = Callable[[], Awaitable[sandboxed.Plan]]

_RETRY: Final = 0.5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_KILLED: Final = 137


def now() -> str:
    """The time, as Kubernetes writes it."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


class Container:
    """One container. `make` tells what is to run, and is None where nothing is: then it counts as running."""

    def __init__(
        self, spec: Object, make: Make | None, log: Path, policy: str, address: str, changed: Callable[[], None]
    ) -> None:
        self.spec = spec
        self.name: str = spec["name"]
        self.ready = False
        self.ended: int | None = None
        """Its last status, when it will not be started again."""
        self._make = make
        self._log = log
        self._policy = policy
        self._address = address
        self._changed = changed
        self._state: dict[str, Any] = {"waiting": {"reason": "ContainerCreating"}}
        self._last: dict[str, Any] = {}
        self._restarts = 0
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    @property
    def status(self) -> dict[str, Any]:
        """As a pod's status tells it."""
        running = "running" in self._state
        return {
            "name": self.name,
            "image": self.spec["image"],
            "imageID": "",
            "ready": self.ready,
            "started": running and (self.ready or "startupProbe" not in self.spec),
            "restartCount": self._restarts,
            "state": self._state,
            "lastState": self._last,
        }

    @property
    def begun(self) -> bool:
        """Whether it has ever run."""
        return "waiting" not in self._state or self._restarts > 0

    @property
    def running(self) -> bool:
        """Whether it runs now."""
        return "running" in self._state

    async def run(self) -> None:
        """Run it until it has ended for good."""
        if self._make is None:
            await self._pretend()
            return
        pause = _FIRST_PAUSE
        while True:
            code = await self._once(self._make)
            if self._stopping or not (self._policy == "Always" or (self._policy == "OnFailure" and code)):
                self.ended = code
                self._changed()
                return
            await asyncio.sleep(_RETRY)  # until then, its end is to be seen
            self._last, self._restarts = self._state, self._restarts + 1
            self._tell({"waiting": {"reason": "CrashLoopBackOff", "message": f"restarts after {pause} s"}})
            await asyncio.sleep(pause - _RETRY)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def stop(self, seconds: float) -> None:
        """Ask it to end, and kill it after so many seconds."""
        self._stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), seconds)
        except TimeoutError:
            self.kill()
            await process.wait()

    def kill(self) -> None:
        """End it at once, with all its processes."""
        self._stopping = True
        self.fail()

    def fail(self) -> None:
        """Kill all its processes: a failure, after which its pod's policy counts."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _pretend(self) -> None:
        if self._policy == "Always":
            self.ready = True
            self._tell({"running": {"startedAt": now()}})
            return
        self.ended = 0
        self._tell({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": now(), "finishedAt": now()}})

    async def _once(self, make: Make) -> int:
        """Run its process once. The process's status."""
        process = await self._started(make)
        if process is None:
            return _KILLED
        started = now()
        self.ready = not ("readinessProbe" in self.spec or "startupProbe" in self.spec)
        self._tell({"running": {"startedAt": started}})
        probing = asyncio.create_task(self._probe(process))
        try:
            code = await process.wait()
        finally:
            probing.cancel()
        code = code if code >= 0 else 128 - code
        self.ready = False
        reason = "Completed" if code == 0 else "Error"
        end = {"exitCode": code, "reason": reason, "startedAt": started, "finishedAt": now()}
        self._tell({"terminated": end | ({"message": self._tail()} if code else {})})
        return code

    async def _started(self, make: Make) -> asyncio.subprocess.Process | None:
        """Its process, as soon as it can be started; none where it is to be stopped before that."""
        while not self._stopping:
            try:
                probes.check(self.spec)
                plan = await make()
            except (NotYetError, ValueError) as error:
                self._tell({"waiting": {"reason": "CreateContainerConfigError", "message": str(error)}})
                await asyncio.sleep(_RETRY)
                continue
            with self._log.open("ab") as log:
                self._process = process = await asyncio.create_subprocess_exec(
                    *sandboxed.command(),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    pass_fds=[] if plan.network is None else [plan.network],
                    start_new_session=True,
                )
            assert process.stdin is not None
            with contextlib.suppress(ConnectionError):
                process.stdin.write(plan.encoded())
                process.stdin.close()
            return process
        return None

    async def _probe(self, process: asyncio.subprocess.Process) -> None:
        """Ask its probes as long as it runs."""
        if probe := self.spec.get("startupProbe"):
            failures = 0
            while not await probes.succeeds(probe, self.spec, self._address):
                failures += 1
                if failures * probes.FIRST_PERIOD > _patience(probe):
                    process.kill()
                    return
                await asyncio.sleep(probes.FIRST_PERIOD)
        async with asyncio.TaskGroup() as group:
            if probe := self.spec.get("readinessProbe"):
                group.create_task(self._probe_readiness(probe))
            else:
                self._set_ready(True)
            if probe := self.spec.get("livenessProbe"):
                group.create_task(self._probe_liveness(probe, process))

    async def _probe_readiness(self, probe: Object) -> None:
        failures = 0
        while True:
            if await probes.succeeds(probe, self.spec, self._address):
                failures = 0
                self._set_ready(True)
            else:
                failures += 1
                if failures >= probe.get("failureThreshold", 3):
                    self._set_ready(False)
            await asyncio.sleep(probe.get("periodSeconds", 10) if self.ready and not failures else probes.FIRST_PERIOD)

    async def _probe_liveness(self, probe: Object, process: asyncio.subprocess.Process) -> None:
        await asyncio.sleep(probe.get("initialDelaySeconds", 0))
        failures = 0
        while failures < probe.get("failureThreshold", 3):
            await asyncio.sleep(probe.get("periodSeconds", 10))
            failures = 0 if await probes.succeeds(probe, self.spec, self._address) else failures + 1
        process.kill()

    def _set_ready(self, ready: bool) -> None:
        if self.ready != ready:
            self.ready = ready
            self._changed()

    def _tell(self, state: dict[str, Any]) -> None:
        if state != self._state:
            self._state = state
            self._changed()

    def _tail(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]


def _patience(probe: Object) -> float:
    return float(
        probe.get("initialDelaySeconds", 0) + probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3)
    )
