"""A hub with Karpenter, from its deployment to its destroy, in the sandbox."""

from __future__ import annotations

from pathlib import Path

from tests.rehearsal.rehearsed import built_controller
from tests.rehearsal.sandboxed import run_inside

CONTROLLERS = ("karpenter", "aws-load-balancer-controller", "external-dns", "external-secrets", "aws-efs-csi-driver")


def test_machines_come_and_go_with_servers_and_none_is_left(built: Path, node_modules: Path) -> None:
    for each in CONTROLLERS:
        built_controller(each)
    run_inside(Path(__file__).with_name("inside_karpenter_life.py"))
