"""Ends what this process has started when this process is killed, and can end nothing itself.

A process of its own reads which process groups there are from a pipe; where the pipe ends, nobody is there to stop
them. (`PR_SET_PDEATHSIG` would do it as soon as the thread ends that started a program.)
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from threading import Lock


class _Guard:
    """This process's guard, which is started when there is something to guard."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def tell(self, what: str) -> None:
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                # A session of its own: Ctrl-C is for others.
                command = [sys.executable, "-I", __file__]
                self._process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
            assert self._process.stdin is not None
            self._process.stdin.write(f"{what}\n".encode())
            self._process.stdin.flush()


_GUARD = _Guard()


def add(group: int) -> None:
    """Have a process group killed when this process has ended."""
    _GUARD.tell(f"+{group}")


def remove(group: int) -> None:
    """Forget a process group that has been stopped: others may get its number."""
    _GUARD.tell(f"-{group}")


def _watch() -> None:
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    _watch()
