"""Tests that need the rehearsal's sandbox: modules that pytest runs in there when a test outside asks for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.sandbox import entry


def run_inside(module: Path) -> None:
    """Run the tests of a module in the sandbox. Fails with what they print."""
    words = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:xdist", "-p", "no:cacheprovider", str(module)]
    done = subprocess.run(entry.command(words), capture_output=True, text=True, check=False)
    if entry.FORBIDDEN in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr
    if "skipped" in done.stdout.splitlines()[-1]:
        pytest.skip(done.stdout)
