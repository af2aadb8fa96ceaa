"""The folder of a rehearsal, and those of rehearsals that were killed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from rehearsal import folder

RUNNING = """
import signal, sys, tempfile
from rehearsal import folder
tempfile.tempdir = sys.argv[1]
with folder.running() as place:
    (place / "secret").touch()
    print(place, flush=True)
    signal.pause()
"""


@pytest.fixture(autouse=True)
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_goes_with_its_rehearsal(where: Path) -> None:
    with folder.running() as place:
        assert (place.parent, place.stat().st_mode & 0o777) == (where, 0o700)
    assert list(where.iterdir()) == []


def test_the_folder_of_a_rehearsal_that_was_killed_goes_with_the_next_one(where: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", RUNNING, where], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        found = Path(other.stdout.readline().strip())
        with folder.running():
            beside = (found / "secret").exists()
        other.kill()
    left = (found / "secret").exists()
    with folder.running():
        assert (beside, left, found.exists()) == (True, True, False)


def test_what_is_no_rehearsals_is_left_alone(where: Path) -> None:
    (where / "rehearsal-of-a-choir").mkdir()
    (where / "elsewhere").mkdir()
    (where / "elsewhere" / "lock").touch()
    (where / "rehearsal-link").symlink_to(where / "elsewhere")
    with folder.running():
        pass
    assert {each.name for each in where.iterdir()} == {"rehearsal-of-a-choir", "elsewhere", "rehearsal-link"}
