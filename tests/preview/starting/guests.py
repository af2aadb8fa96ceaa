"""Programs of Node's as guests of one process (`guests.mjs`), which has read their modules: what a start takes."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.preview.starting.forks import Fork

SCRIPT = Path(__file__).with_name("guests.mjs")


class Guest(Fork):
    """Such a program, as what has started it sees a process: what it hears of its end is what it hears of a copy's."""

    def __init__(self, host: str, command: Sequence[str], env: Mapping[str, str], log: str) -> None:
        self.args, self.returncode = command, None
        self.stdin = self.stdout = self.stderr = None
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(host)
        self._socket.sendall(json.dumps({"command": [*command], "env": {**env}, "log": log}).encode() + b"\n")
        self._line = self._socket.makefile()

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        code = super().wait(timeout)
        self._socket.close()
        return code

    def kill(self) -> None:
        """End it: its ports and its connections are closed."""
        if self.returncode is None:
            self._socket.shutdown(socket.SHUT_WR)


def popen(host: str, others: Callable[..., subprocess.Popen[bytes]]) -> Callable[..., subprocess.Popen[bytes]]:
    """What starts Node's programs as guests, and other processes as others do."""

    def begun(command: Sequence[str], **how: Any) -> subprocess.Popen[bytes]:
        if Path(command[0]).name == "node":
            return Guest(host, command, how["env"], how["stdout"].name)
        return others(command, **how)

    return begun
