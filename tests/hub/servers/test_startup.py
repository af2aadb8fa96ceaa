"""Scripts that run before a server: run as a pod runs them, with a program in the server's place."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from blueprint.hub.startup import startup_command, startup_files
from tests.config.seed import config

HELLO, FAILED = "echo hello; echo trouble >&2", "The startup script {} failed, or took too long: {}\n"
SERVER = [sys.executable, "-c", "import sys; print(sys.argv[1:])", "--port=1 2"]


def command(folder: Path, **scripts: str) -> list[str]:
    """The command of a server of the profile `course`, with the deployment's script and the profile's."""
    for name, text in scripts.items():
        (folder / f"{name}.sh").write_text(text)
    of_profile = ", startup: course.sh" if "course" in scripts else ""
    (folder / "profiles.yaml").write_text(f"course: {{title: A course{of_profile}}}")
    settings = config(
        {"singleuser.profiles": "profiles.yaml", **({"singleuser.startup": "all.sh"} if "all" in scripts else {})},
        folder=folder,
    )
    words = startup_command(settings, "course")
    for file in startup_files(settings).values():
        here = folder / "a folder" / Path(file["mountPath"]).name
        here.parent.mkdir(exist_ok=True)
        here.write_text(file["stringData"])
        words = [str(here) if each == file["mountPath"] else each for each in words]
    return words


def run(words: list[str], home: Path) -> str:
    """What the server prints that starts after the scripts."""
    shell = [words[0], words[1], words[2].replace("timeout -k 10 300", "timeout -k 10 1"), *words[3:-1]]
    environment = {"HOME": str(home), "PATH": os.defpath, "TMPDIR": str(home.parent)}
    done = subprocess.run([*shell, *SERVER], env=environment, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize(
    ("script", "said"),
    [
        pytest.param(HELLO, "hello\ntrouble\n", id="well"),
        pytest.param(f"{HELLO}\nexit 3", f"hello\ntrouble\n{FAILED.format('course.sh', 3)}", id="failing"),
        pytest.param("cat; echo 'a b' \"$HOME\"", "a b {home}\n", id="nobody answers it"),
        pytest.param("exec sleep 1000", FAILED.format("course.sh", 124), id="without end"),
        pytest.param("kill -9 $$", FAILED.format("course.sh", 137), id="killed"),
        pytest.param("if", "{syntax}", id="no script"),
    ],
)
def test_server_starts_however_its_script_ends_and_leaves_what_it_said(tmp_path: Path, script: str, said: str) -> None:
    assert run(command(tmp_path, course=script), tmp_path) == "['--port=1 2']\n"
    log = (tmp_path / "startup.log").read_text().replace("Killed\n", "")
    if said == "{syntax}":
        assert log.endswith(FAILED.format("course.sh", 2))
    else:
        assert log == said.format(home=tmp_path)


def test_script_of_the_deployment_comes_before_that_of_the_profile(tmp_path: Path) -> None:
    words = command(tmp_path, all="echo first; exit 4", course="echo second")
    assert run(words, tmp_path) == "['--port=1 2']\n"
    assert (tmp_path / "startup.log").read_text() == f"first\n{FAILED.format('default.sh', 4)}second\n"


def test_script_of_the_deployment_is_everybodys(tmp_path: Path) -> None:
    assert run(command(tmp_path, all="echo hello"), tmp_path) == "['--port=1 2']\n"
    assert (tmp_path / "startup.log").read_text() == "hello\n"


def test_scripts_together_leave_the_server_half_of_its_time(tmp_path: Path) -> None:
    both, one = command(tmp_path, all="true", course="true"), command(tmp_path, course="true")
    assert ("timeout -k 10 150 " in both[2], "timeout -k 10 300 " in one[2]) == (True, True)


def test_without_scripts_there_is_no_command(tmp_path: Path) -> None:
    assert command(tmp_path) == []


def test_server_starts_where_the_home_cannot_be_written(tmp_path: Path) -> None:
    assert run(command(tmp_path, course="echo said"), tmp_path / "none") == "['--port=1 2']\n"
    assert (tmp_path / "startup.log").read_text() == "said\n"
