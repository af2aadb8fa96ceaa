"""Programs of Node's as guests of one process (`guests.mjs`), which has read their modules: what a start takes."""

from __future__ import annotations

import json
import select
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("guests.mjs")


class Guest(subprocess.Popen[bytes]):
    """Such a program, as what has started it sees a process."""

    def __init__(self, host: str, command: Sequence[str], env: Mapping[str, str], log: str) -> None:
        self.args, self.returncode = command, None
        self.stdin = self.stdout = self.stderr = None
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(host)
        self._line.sendall(json.dumps({"command": [*command], "env": {**env}, "log": log}).encode() + b"\n")

    def poll(self) -> int | None:
        """How it has ended, if it has."""
        if self.returncode is None and select.select([self._line], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        if self.returncode is None:
            self._line.recv(1)
            self._line.close()
            self.returncode = -signal.SIGKILL
        return self.returncode

    def kill(self) -> None:
        """End it: its ports and its connections are closed."""
        if self.returncode is None:
            self._line.shutdown(socket.SHUT_WR)


def popen(host: str, others: Callable[..., subprocess.Popen[bytes]]) -> Callable[..., subprocess.Popen[bytes]]:
    """What starts Node's programs as guests, and other processes as others do."""

    def begun(command: Sequence[str], **how: Any) -> subprocess.Popen[bytes]:
        if Path(command[0]).name == "node":
            return Guest(host, command, how["env"], how["stdout"].name)
        return others(command, **how)

    return begun
