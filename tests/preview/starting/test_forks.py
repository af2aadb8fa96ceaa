"""Copies of a process behave as processes do that were begun anew, and all end with it."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from preview import surroundings
from preview.browser import PATIENCE, until
from preview.installation import Installation
from tests.preview.starting.forks import Fork, end
from tests.preview.starting.shared import listen

# It runs, in its copies, the code that they are told.
RUN = """import socket, sys
sys.path.insert(0, sys.argv[1])
from forks import Origin
exec(Origin(socket.socket(fileno=int(sys.argv[2]))).command()[0])
"""
LASTING = f"import time; print('here', flush=True); time.sleep({PATIENCE}); print('late')"
Begin = Callable[..., Fork]


@pytest.fixture
def process(installation: Installation, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [str(installation.bin / "python"), "-c", RUN, str(Path(__file__).parent)]
    with listen(command, str(tmp_path / "s"), surroundings.inside(), subprocess.PIPE) as process:
        yield process
        process.communicate()


@pytest.fixture
def begin(process: "subprocess.Popen[bytes]", tmp_path: Path) -> Begin:
    """A function that begins a copy, whose output is in a file of its name."""

    def begin(name: str, code: str) -> Fork:
        with (tmp_path / name).open("wb") as output:
            environment = {"PREVIEW_RUN": name, "PATH": os.defpath}
            return Fork(str(tmp_path / "s"), [code], str(tmp_path), environment, output.fileno())

    return begin


def lasting(begin: Begin, folder: Path, name: str) -> Fork:
    copy = begin(name, LASTING)
    until(lambda: (folder / name).read_text() == "here\n")
    return copy


def test_copy_has_its_own_folder_variables_output_and_group(begin: Begin, tmp_path: Path) -> None:
    code = "import os; print(os.getcwd(), os.environ, os.getpgid(0) == os.getpid(), repr(sys.stdin.read()))"
    assert begin("one", code).wait() == 0
    expected = {"PREVIEW_RUN": "one", "PATH": os.defpath}
    assert (tmp_path / "one").read_text() == f"{tmp_path} environ({expected}) True ''\n"


@pytest.mark.parametrize(("code", "status"), [("sys.exit(3)", 3), ("raise KeyError", 1), ("", 0)])
def test_end_is_told_as_it_was(begin: Begin, code: str, status: int) -> None:
    copy = begin("one", code)
    until(lambda: copy.poll() is not None)
    assert copy.wait() == status


def test_signals_reach_it(begin: Begin, tmp_path: Path) -> None:
    copy, other = (lasting(begin, tmp_path, name) for name in ("one", "other"))
    copy.terminate()
    assert copy.wait() == -signal.SIGTERM
    os.kill(other.pid, signal.SIGINT)
    assert other.wait() == -signal.SIGINT
    assert "KeyboardInterrupt" in (tmp_path / "other").read_text()


def test_what_is_left_of_a_preview_ends_and_nothing_else(begin: Begin, tmp_path: Path) -> None:
    copy, other = (lasting(begin, tmp_path, name) for name in ("one", "other"))
    end(str(tmp_path / "s"), "one")
    assert copy.wait() == -signal.SIGKILL
    assert other.poll() is None


def test_nothing_outlives_who_holds_its_input(process: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    read, write = os.pipe()
    Fork(str(tmp_path / "s"), [LASTING], str(tmp_path), {"PREVIEW_RUN": "one"}, write)
    os.close(write)
    with os.fdopen(read) as output:
        assert output.readline() == "here\n"
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 0
        assert output.read() == ""  # once nobody has it open any more
