"""The controllers of the EFS and EBS CSI drivers make volumes in the stand-in, as pods in the sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal import controllers
from tests.rehearsal.conftest import CACHE
from tests.rehearsal.sandboxed import run_inside


def test_the_drivers_make_the_volumes_of_claims(built: Path) -> None:
    needed = [each for each in controllers.CONTROLLERS if "csi" in each.name or "provisioner" in each.name]
    if missing := [each.name for each in needed if not controllers.installed(each, CACHE)]:
        pytest.skip(f"not in .cache/rehearsal: {', '.join(missing)}")
    run_inside(Path(__file__).with_name("inside_csi.py"))
