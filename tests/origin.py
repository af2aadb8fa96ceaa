"""The process that the tests' commands are copies of: it has read what they load, which is most of their time.

That process is `python -m tests.origin`, with a socket to be asked at. It reads nothing until it is asked. What it has
made ends with it, and it ends with its standard input, which the tests' first process alone holds.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
import threading
from contextlib import suppress
from datetime import date
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[1]
READ = (
    *("encodings.idna", "jsii", "preview.command"),
    *("rich._emoji_codes", "rich.progress", "rich.table", "typer._adapters"),
)
"""What commands load besides the modules of the command line. Whether help does without is asked of new processes."""
CALLED: tuple[Any, ...] = ("ce", "cloudformation", "cognito-idp", "logs", "pricing", "secretsmanager", "sts")
"""The services of AWS that most of them call: to read about one takes longer than a command."""


class Origin:
    """Makes copies of this process, and tells of their ends."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._copies: dict[int, socket.socket] = {}
        self._woken, self._wake = os.pipe()
        for number in (self._woken, self._wake):
            os.set_blocking(number, False)
        signal.set_wakeup_fd(self._wake)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the tests end it

    def words(self) -> list[str]:
        """Make copies until standard input ends. It returns in them, with what each is to run."""
        while True:
            ready, _, _ = select.select([0, self._listener.fileno(), self._woken], [], [])
            if self._woken in ready:
                os.read(self._woken, 1000)
                self._tell_of_ends()
            if self._listener.fileno() in ready and (words := self._answer()):
                return words
            if 0 in ready:
                for pid in self._copies:
                    os.kill(pid, signal.SIGKILL)
                sys.exit()

    def _answer(self) -> list[str] | None:
        line, _ = self._listener.accept()
        _, streams, _, _ = socket.recv_fds(line, 1, 3)
        with line.makefile() as said:
            what = json.loads(said.readline())
        pid = os.fork()
        if pid:
            self._copies[pid] = line
        else:
            self._begin(streams, what)
            line.close()
        for number in streams:
            os.close(number)
        return None if pid else list(what["words"])

    def _begin(self, streams: list[int], what: dict[str, Any]) -> None:
        """Have this copy what a new process has."""
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for each in (self._listener, *self._copies.values()):
            each.close()
        for number in (self._woken, self._wake):
            os.close(number)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        for name, number in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
            stream = vars(sys)[f"__{name}__"]
            how = {"buffering": 1 if number == 2 else -1, "encoding": stream.encoding, "errors": stream.errors}
            vars(sys)[name] = vars(sys)[f"__{name}__"] = open(number, "w" if number else "r", closefd=False, **how)  # noqa: SIM115
        os.environ.clear()
        os.environ.update(what["environment"])
        os.chdir(what["cwd"])

    def _tell_of_ends(self) -> None:
        for pid, line in [*self._copies.items()]:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self._copies[pid]
                with suppress(OSError), line:  # who asked for it may have ended before
                    line.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def read() -> None:
    """Read what commands load, and what they make the same of each time."""
    import blueprint.cli

    for each in pkgutil.walk_packages(blueprint.cli.__path__, "blueprint.cli."):
        import_module(each.name)
    for name in READ:
        import_module(name)
    import boto3
    import botocore.session

    from blueprint.config import load

    load(json.loads((ROOT / "cdk.context.json").read_text()), today=date.today())
    botocore.session.create_loader = cache(botocore.session.create_loader)
    for name in CALLED:
        boto3.Session("-", "-", region_name="eu-central-1").client(name)
    gc.collect()
    gc.freeze()  # or a look for garbage would touch all of it, which copies it


def run(words: list[str]) -> NoReturn:
    """Run a script, or `-m` and a module, as Python does, but leave the memory as it is at the end."""
    try:
        if words[0] == "-m":
            sys.argv = words[1:]
            sys.path.insert(0, str(Path.cwd()))
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = words
            sys.path.insert(0, str(Path(words[0]).parent))
            runpy.run_path(words[0], run_name="__main__")
        code: Any = 0
    except SystemExit as end:
        code = end.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if not stream.closed:
            stream.flush()
    os._exit(code or 0)


def main(listener: socket.socket) -> None:
    """Wait until somebody asks, read, and make copies."""
    ready, _, _ = select.select([0, listener.fileno()], [], [])
    if 0 not in ready:
        read()
    run(Origin(listener).words())


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
