"""Programs that the rehearsal starts, watches and stops."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from preview import surroundings
from rehearsal import guard

_PAUSE = 0.05
_GRACE = 10.0
_TAIL = 15


class ProcessError(Exception):
    """A program ended, or did not become ready; the message ends with the last lines of its log."""


class Process:
    """A program that runs until it is stopped, in a process group of its own; its output goes to a file.

    When this process is killed, so is the program.
    """

    def __init__(self, command: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None) -> None:
        self.name = log.stem
        self.log = log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                [str(part) for part in command],
                env=surroundings.inside() if env is None else dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        guard.add(self._popen.pid)

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._popen.poll() is None

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return when `ready` says so. Raises ProcessError when the program has ended, or after so many seconds."""
        end = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise ProcessError(f"{self.name} ended with {self._popen.returncode}:\n{self._tail()}")
            if time.monotonic() > end:
                raise ProcessError(f"{self.name} is not ready after {seconds:.0f} s:\n{self._tail()}")
            time.sleep(_PAUSE)

    def stop(self, grace: float = _GRACE) -> None:
        """Ask it and its children to end, and kill what is left of them when it has, or after so many seconds."""
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(grace)
        self._signal(signal.SIGKILL)
        guard.remove(self._popen.pid)
        self._popen.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody left, or only who has ended
            os.killpg(self._popen.pid, number)

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-_TAIL:])
