"""That the scripts which refresh tables tell of what they were given, and leave the table alone where they fail."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from blueprint.config.facts import instances, prices

ROOT = Path(__file__).parents[1]
APART = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


@pytest.mark.parametrize(
    ("script", "words", "told"),
    [
        ("prices", ["eu-central-9", "moon"], "no region that has EKS: eu-central-9, moon (take some of"),
        ("prices", ["--offline", "eu-central-1"], "--offline knows the prices of us-east-1 alone"),
        (
            "prices",
            ["eu-central-1"],
            "and nothing was changed: Unable to locate credentials",
        ),
        ("prices", ["--offline"], "Go is needed"),
        ("types", ["--of-line"], "unrecognized arguments: --of-line"),
        ("types", [], "and nothing was changed: You must specify a region."),
    ],
)
def test_script_says_why_it_changes_nothing(script: str, words: list[str], told: str) -> None:
    before = [table.read_bytes() for table in (instances.TABLE, prices.TABLE)]
    command = [sys.executable, str(ROOT / "tools" / f"instance_{script}.py"), *words]
    done = subprocess.run(command, env={**APART, "PATH": os.devnull}, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert [table.read_bytes() for table in (instances.TABLE, prices.TABLE)] == before


@pytest.mark.parametrize("script", ["prices", "types"])
def test_help_changes_nothing(script: str) -> None:
    command = [sys.executable, str(ROOT / "tools" / f"instance_{script}.py"), "--help"]
    done = subprocess.run(command, env=APART, capture_output=True, text=True, check=True)
    assert "Make the table of instance" in done.stdout
