"""A process that several use is one, begun by the first of them, and it ends with the last."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from preview.browser import until
from tests.preview.starting.shared import shared

# It tells who it is, until its input ends.
TELL = """import os, select, socket, sys
listener = socket.socket(fileno=int(sys.argv[1]))
while listener in select.select([0, listener], [], [])[0]:
    listener.accept()[0].sendall(f"{os.getpid()} {os.environ['FOLDER']}".encode())
"""
USE = """import sys
from pathlib import Path
from tests.preview.starting.test_shared import used
with used(Path(sys.argv[1])) as found:
    print(*found, flush=True)
    sys.stdin.read()
"""


@contextmanager
def used(note: Path) -> Iterator[list[str]]:
    with shared(note, [sys.executable, "-c", TELL], lambda folder: {"FOLDER": str(folder)}) as address:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(address)
            found = line.makefile().read().split()
        yield found


def runs(process: str) -> bool:
    """Whether it has not ended; nobody may have asked yet how."""
    stat = Path("/proc", process, "stat")
    return stat.exists() and stat.read_text().rpartition(") ")[2][0] != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_it_is_one_for_all_and_ends_with_the_last(tmp_path: Path) -> None:
    with ExitStack() as first, ExitStack() as second:
        found = first.enter_context(used(tmp_path / "note"))
        assert second.enter_context(used(tmp_path / "note")) == found
        first.close()
        assert runs(found[0])
        second.close()
        until(lambda: not runs(found[0]))
    assert not Path(found[1]).exists()
    with used(tmp_path / "note") as anew:
        assert anew[0] != found[0]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_it_does_not_outlive_who_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", USE, str(tmp_path / "note")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as user:
        assert user.stdout is not None
        found = user.stdout.readline().split()
        assert runs(found[0])
        user.kill()
    until(lambda: not runs(found[0]))
    shutil.rmtree(found[1])
