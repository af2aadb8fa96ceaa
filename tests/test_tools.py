"""That the scripts which refresh tables tell of what they were given, and leave the table alone where they fail."""

import os

import pytest

from blueprint.config.facts import instances, prices
from tests.processes import ROOT, ran

APART = {
    "PYTHONPATH": str(ROOT),
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


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
    done = ran([f"tools/instance_{script}.py", *words], environment={**APART, "PATH": os.devnull})
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert [table.read_bytes() for table in (instances.TABLE, prices.TABLE)] == before


@pytest.mark.parametrize("script", ["prices", "types"])
def test_help_changes_nothing(script: str) -> None:
    done = ran([f"tools/instance_{script}.py", "--help"], environment=APART)
    assert done.returncode == 0
    assert "Make the table of instance" in done.stdout
