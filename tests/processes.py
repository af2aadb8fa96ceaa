"""Commands in processes of their own, which begin where Python has read the modules: that is most of their time."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.origin import ROOT

__all__ = ["ROOT", "begun", "ran", "start"]

INHERITED = ("HOME", "LANG", "PATH")
_ADDRESS = "TESTS_ORIGIN"
"""The variable in which the first process of the tests tells the others where copies are made."""


def ran(
    words: Sequence[str], *, cwd: Path = ROOT, stdin: str | bytes | int = "", environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run Python with words: a script or `-m` and a module, and what it is told.

    Other options, and other variables that Python looks at when it starts, need a new Python. Standard input is what is
    given, or an open terminal.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        if not isinstance(stdin, int):
            given.write(stdin.encode() if isinstance(stdin, str) else stdin)
            given.seek(0)
        streams = (stdin if isinstance(stdin, int) else given.fileno(), stdout.fileno(), stderr.fileno())
        code = begun(words, cwd=cwd, environment=environment, streams=streams)()
        for each in (stdout, stderr):
            each.seek(0)
        return subprocess.CompletedProcess([*words], code, stdout.read().decode(), stderr.read().decode())


def begun(
    words: Sequence[str], *, cwd: Path, environment: Mapping[str, str], streams: tuple[int, int, int]
) -> Callable[[], int]:
    """Begin it, in a session of its own; what waits for its end, and gives its exit code."""
    given = {**{name: os.environ[name] for name in INHERITED if name in os.environ}, **environment}
    of_python = {name: value for name, value in given.items() if name.startswith(("LC_", "PYTHON"))}
    if (words[0].startswith("-") and words[0] != "-m") or of_python != {"PYTHONPATH": str(ROOT)}:
        stdin, stdout, stderr = streams
        return subprocess.Popen(
            [sys.executable, *words],
            cwd=cwd, env=given, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True,
        ).wait  # fmt: skip
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(os.environ[_ADDRESS])
        socket.send_fds(line, [b"\0"], streams)
        line.sendall(json.dumps({"words": [*words], "cwd": str(cwd), "environment": given}).encode() + b"\n")
        answer = line.makefile()
    return lambda: int(answer.readline())


def start() -> Callable[[], None]:
    """Start the process that commands are copies of, unless this is a worker of one that has; what ends it.

    A CI's variables must not tell commands what a terminal is.
    """
    if _ADDRESS in os.environ:
        return lambda: None
    folder = tempfile.mkdtemp()
    os.environ[_ADDRESS] = f"{folder}/origin"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.environ[_ADDRESS])
        listener.listen(100)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.origin", str(listener.fileno())],
            cwd=ROOT,
            env={name: os.environ[name] for name in (*INHERITED, "TMPDIR") if name in os.environ},
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
        )

    def end() -> None:
        process.communicate()
        shutil.rmtree(folder)
        del os.environ[_ADDRESS]

    return end
