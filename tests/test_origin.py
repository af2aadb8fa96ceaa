"""A copy of the process that has read the modules is as a new process is, to its end."""

import json
import os
import select
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT, ran

FINDS = """
import atexit, gc, json, locale, logging, os, signal, sys, threading, warnings
print(json.dumps({
    "arguments": sys.argv, "module": __name__, "folder": os.getcwd(), "variables": {**os.environ, "PYTHONPATH": ""},
    "signals": {each: repr(signal.getsignal(each)) for each in sorted(signal.valid_signals())},
    "wakes": signal.set_wakeup_fd(-1), "threads": [each.name for each in threading.enumerate()],
    "streams": [(each.encoding, each.errors, each.isatty(), each.line_buffering, each.fileno())
                for each in (sys.stdin, sys.stdout, sys.stderr)],
    "open": sorted(map(int, os.listdir("/proc/self/fd")))[:-1] if os.path.exists("/proc/self/fd") else [],
    "leads": os.getsid(0) == os.getpid(), "children": os.path.exists("/proc/self/task") and open(
        f"/proc/self/task/{os.getpid()}/children").read(),
    "locale": locale.getlocale(), "handlers": [repr(each) for each in logging.getLogger().handlers],
    "warns": [repr(each) for each in warnings.filters if "urllib3" not in repr(each)],
    "collects": (gc.isenabled(), gc.get_threshold()),
    "path": sys.path[0], "said": sys.stdin.read(),
}))
"""
READS_NOTHING = """
import socket, sys
from tests import origin
origin.read = int
origin.main(socket.socket(fileno=int(sys.argv[1])))
"""
ENDS = {
    "with a number": "raise SystemExit(3)",
    "with words": "import sys; print('out'); sys.exit('words')",
    "with an error": "raise ValueError('so')",
    "with what was to be done at its end": "import atexit; atexit.register(print, 'late')",
    "after its threads": "import threading; threading.Timer(0.01, print, ['late']).start()",
    "killed": "import os; os.kill(os.getpid(), 9)",
}


def both(script: Path, stdin: str = "") -> list[tuple[int, str, str]]:
    """A copy and a new process: exit code, output and errors, but for the frames of what runs a copy."""
    found = []
    for path in (str(ROOT), f"{ROOT}{os.pathsep}"):
        environment = {"PYTHONPATH": path, "MINE": "ü"}
        done = ran([str(script), "a", "b c"], cwd=script.parent, stdin=stdin, environment=environment)
        found.append((done.returncode, done.stdout, "".join(done.stderr.splitlines()[-1:])))
    return found


def test_it_finds_what_a_new_process_finds(tmp_path: Path) -> None:
    (tmp_path / "finds.py").write_text(FINDS)
    copy, new = (json.loads(stdout) for _, stdout, _ in both(tmp_path / "finds.py", "told\n"))
    assert copy == new


@pytest.mark.parametrize("code", ENDS.values(), ids=ENDS)
def test_it_ends_as_a_new_process_ends(code: str, tmp_path: Path) -> None:
    (tmp_path / "ends.py").write_text(code)
    copy, new = both(tmp_path / "ends.py")
    assert copy == new


def test_it_ends_with_the_tests(tmp_path: Path) -> None:
    (tmp_path / "stays.py").write_text("print('up', flush=True); import signal; signal.pause()")
    reading, writing = os.pipe()
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as line, os.fdopen(reading) as said:
        listener.bind(str(tmp_path / "origin"))
        listener.listen()
        command = [sys.executable, "-c", READS_NOTHING, str(listener.fileno())]
        with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT, pass_fds=[listener.fileno()]) as origin:
            line.connect(str(tmp_path / "origin"))
            socket.send_fds(line, [b"\0"], [writing] * 3)
            line.sendall(b'{"words": ["stays.py"], "cwd": "%s", "environment": {}}\n' % os.fsencode(tmp_path))
            os.close(writing)
            assert said.readline() == "up\n"
            origin.communicate()
        assert select.select([said], [], [], 10)[0], "it runs on"
        assert said.read() == ""
