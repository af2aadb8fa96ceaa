"""Karpenter itself starts and ends machines in the stand-in, as pods in the sandbox."""

from __future__ import annotations

from pathlib import Path

from tests.rehearsal.rehearsed import built_controller
from tests.rehearsal.sandboxed import run_inside


def test_machines_come_for_pods_and_go(built: Path) -> None:
    built_controller("karpenter")
    run_inside(Path(__file__).with_name("inside_karpenter.py"))
