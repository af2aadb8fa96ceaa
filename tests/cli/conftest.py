"""The app and the commands, run as a person would: in processes of their own."""

import json
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.app import run_app
from tests.cli.aws import aws, server
from tests.processes import ROOT, ran
from tests.templates.variants import SHIPPED

__all__ = ["ROOT", "aws", "server"]

BLUEPRINT = f"{sysconfig.get_path('scripts')}/blueprint"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def run() -> Run:
    def run(*arguments: str, cwd: Path = ROOT, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        given = {"PYTHONPATH": str(ROOT), "COLUMNS": "80", **environment}
        return ran(arguments, cwd=cwd, stdin=stdin, environment=given)

    return run


@pytest.fixture(scope="session")
def example() -> dict[str, object]:
    """The context that the CDK CLI gives the app: the feature flags and the shipped example."""
    flags: dict[str, object] = json.loads((ROOT / "cdk.json").read_text())["context"]
    settings: dict[str, object] = json.loads((ROOT / "cdk.context.json").read_text())
    return {**flags, **settings}


@pytest.fixture(scope="session")
def assembly() -> Path:
    """What `app.py` writes for the shipped example, with CDK's validation on."""
    result = run_app(SHIPPED)
    assert result.code == 0, result.stderr
    return result.output
