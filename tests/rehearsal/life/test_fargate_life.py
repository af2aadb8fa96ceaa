"""A hub with servers on Fargate, from its deployment to its destroy, in the sandbox."""

from __future__ import annotations

from pathlib import Path

from tests.rehearsal.rehearsed import built_controller
from tests.rehearsal.sandboxed import run_inside

CONTROLLERS = ("aws-load-balancer-controller", "external-dns", "external-secrets", "aws-efs-csi-driver")


def test_server_without_a_machine_has_its_persons_home_its_role_and_its_network_and_nothing_is_left(
    built: Path, node_modules: Path
) -> None:
    for each in CONTROLLERS:
        built_controller(each)
    run_inside(Path(__file__).with_name("inside_fargate_life.py"))
