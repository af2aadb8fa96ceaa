"""Runs what pods run: copies of one Python that has read what their scripts load, which is most of their time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from threading import Lock

_ONE_AFTER_ANOTHER = """
import concurrent.futures.thread, contextlib, filecmp, json, os, pathlib, shutil, socket, sqlite3, sys, time, typing
for line in sys.stdin:
    script, *words = json.loads(line)
    said, says = os.pipe()
    child = os.fork()
    if not child:
        for stream in (1, 2):
            os.dup2(says, stream)
        sys.argv = ["-c", *words]
        exec(compile(script, "<string>", "exec"), {"__name__": "__main__"})
        sys.stdout.flush()
        os._exit(0)
    os.close(says)
    with open(said) as said:
        told = said.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps([code, told]), flush=True)
"""


class Kubelet:
    """Python with nothing but its own library, as in the hub's image; it starts with the first pod."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._python: subprocess.Popen[str] | None = None

    def run(self, words: Sequence[str]) -> tuple[int, str]:
        """Run `python3 -I -c` with a script and what it is told: how it ended, and what it said."""
        assert words[:3] == ["python3", "-I", "-c"]
        with self._lock:
            if self._python is None:
                command = [sys.executable, "-I", "-S", "-c", _ONE_AFTER_ANOTHER]
                pipe, environment = subprocess.PIPE, {"PATH": os.defpath}
                self._python = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)
            assert self._python.stdin
            assert self._python.stdout
            self._python.stdin.write(f"{json.dumps(words[3:])}\n")
            self._python.stdin.flush()
            code, said = json.loads(self._python.stdout.readline())
        return code, said

    def close(self) -> None:
        """End it."""
        if self._python is not None:
            self._python.communicate()
