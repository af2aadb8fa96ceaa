"""Hubs, servers and kernels as copies of a process that has read their modules, which is most of what a start takes.

That process is `python forks.py`, with the preview's Python and a socket to be asked at. What it has made ends with it,
and it ends with its standard input, which the tests' process alone holds: nothing outlives that, even if killed.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import IO, Any

READ = (
    *("jupyterhub.app", "jupyterhub.authenticators.shared", "kubespawner", "sqlalchemy.dialects.sqlite"),
    *(f"oauthenticator.{name}" for name in ("auth0", "azuread", "generic", "gitlab", "globus", "openshift")),
    *("jupyter_server.serverapp", "jupyter_server.nbconvert.handlers", "jupyter_server.services.kernels.handlers"),
    *("jupyter_lsp", "jupyter_server_terminals", "jupyterlab_server", "notebook_shim.nbserver"),
    *(f"jupyterlab.handlers.{name}_handler" for name in ("build", "error", "extension_manager", "plugin_manager")),
    *("jupyterlab.extensions", "jupyterlab.handlers.announcements", "jupyterhub.singleuser.extension"),
    *("httpcore", "httpx", "psutil", "tornado.curl_httpclient", "tornado.platform.asyncio"),
    *("ipykernel.debugger", "ipykernel.kernelapp", "ipykernel.kernelspec", "jupyterhub_idle_culler"),
)
"""What they read; but not JupyterLab's application, which looks for its folders, and starts yarn, while it is read."""
AGAIN = ("jupyterhub.singleuser", "ipykernel.kernelapp")
"""What each reads once more, as it looks, while it is read, at what each is told in variables of its own: which kind of
server it is, and who is the kernel's parent."""
MODULES = ("jupyterhub", "jupyterhub_idle_culler", "ipykernel_launcher")
"""What is run by name; the other copies are servers."""
STARTERS = ("jupyterhub.spawner", "jupyterhub.services.service", "jupyter_client.launcher")
SWEEP = Path(__file__).parents[3] / "preview" / "hub" / "sweep.py"


class Fork(subprocess.Popen[bytes]):
    """A process that is such a copy."""

    def __init__(self, origin: str, command: Sequence[str], cwd: str, env: Mapping[str, str], output: int) -> None:
        self.args, self.returncode = command, None
        self.stdin, self.stdout, self.stderr = BytesIO(), None, None
        self._line = asked(origin, {"command": [*command], "cwd": cwd, "env": {**env}}, output)
        self.pid = int(self._line.readline())

    def poll(self) -> int | None:
        """How it has ended, if it has."""
        if self.returncode is None and select.select([self._line], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        if self.returncode is None:
            self.returncode = int(self._line.readline() or -signal.SIGKILL)
            self._line.close()
        return self.returncode


def popen(origin: str) -> Callable[..., subprocess.Popen[bytes]]:
    """What starts processes as `subprocess.Popen` does, but copies where it can."""

    def begun(command: Sequence[str], **how: Any) -> subprocess.Popen[bytes]:
        if command[0] != "jupyterhub-singleuser" and (command[1] != "-m" or command[2] not in MODULES):
            return subprocess.Popen(command, **how)
        here = Path.cwd()
        (how.get("preexec_fn") or str)()  # which goes where a server is to be
        cwd = str(how.get("cwd") or Path.cwd())
        os.chdir(here)
        return Fork(origin, command, cwd, how["env"], how["stdout"].fileno() if how.get("stdout") else 1)

    return begun


def end(origin: str, run: str) -> None:
    """End what is left of a preview of that folder."""
    asked(origin, {"end": run}, 1).read()


def asked(origin: str, what: dict[str, Any], output: int) -> IO[str]:
    """The answers of the process that makes copies."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(origin)
        socket.send_fds(line, [b"\0"], [output])
        line.sendall(json.dumps(what).encode() + b"\n")
        return line.makefile()


class Origin:
    """Makes copies of this process, and tells of their ends."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._copies: dict[int, tuple[str, socket.socket]] = {}
        self._runs: set[str] = set()
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(self._wake)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def command(self) -> list[str]:
        """Make copies until standard input ends. It returns in them, with what each is to run."""
        while True:
            ready, _, _ = select.select([0, self._listener.fileno(), self._woken], [], [])
            if self._woken in ready:
                os.read(self._woken, 1000)
                self._tell_of_ends()
            if self._listener.fileno() in ready and (command := self._answer()):
                return command
            if 0 in ready:
                for run in [*self._runs]:
                    self._end(run)
                    subprocess.run([sys.executable, SWEEP, run], check=False)
                sys.exit()

    def _answer(self) -> list[str] | None:
        line, _ = self._listener.accept()
        _, (output, *_), _, _ = socket.recv_fds(line, 1, 1)
        with line.makefile() as said:
            what = json.loads(said.readline())
        command: list[str] | None = what.get("command")
        if command is None:
            self._end(what["end"])
        elif pid := os.fork():
            run = what["env"]["PREVIEW_RUN"]
            self._runs.add(run)
            self._copies[pid] = run, line
            os.close(output)
            return None
        else:
            self._begin(output, what)
            line.sendall(f"{os.getpid()}\n".encode())  # in a group of its own by now
        os.close(output)
        line.close()
        return command

    def _begin(self, output: int, what: dict[str, Any]) -> None:
        """Have this copy what a new process has."""
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for each in (self._listener, *(line for _, line in self._copies.values())):
            each.close()
        for number in (self._woken, self._wake):
            os.close(number)
        with Path(os.devnull).open() as nothing:
            os.dup2(nothing.fileno(), 0)
        for number in (1, 2):
            os.dup2(output, number)
        os.environ.clear()
        os.environ.update(what["env"])
        os.chdir(what["cwd"])

    def _tell_of_ends(self) -> None:
        for pid, (_, line) in [*self._copies.items()]:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self._copies[pid]
                with suppress(OSError), line:  # who asked for it may have ended before
                    line.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())

    def _end(self, run: str) -> None:
        self._runs.discard(run)
        for pid, (its, _) in self._copies.items():
            if its == run:
                os.kill(pid, signal.SIGKILL)


def main(listener: socket.socket) -> None:
    """Read the modules, make copies, and be what a copy is to be."""
    for name in READ:
        import_module(name)
    for name in AGAIN:
        package, _, module = name.rpartition(".")
        delattr(sys.modules[package], module)
        del sys.modules[name]
    for name in STARTERS:
        vars(sys.modules[name])["Popen"] = popen(listener.getsockname())
    gc.freeze()  # or a look for garbage would touch all of it, which copies it
    python, *words = Origin(listener).command()
    if words[:1] == ["-m"]:
        sys.argv, sys.path[0] = words[1:], str(Path.cwd())
        run(words[1])
    else:
        sys.argv, sys.path[0] = [python, *words], str(Path(sys.executable).parent)
        run("jupyterhub.singleuser")


def run(module: str) -> None:
    """Be a program; at its end leave all in its place, for to clear it away would touch, and so copy, all of it."""
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(0)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
