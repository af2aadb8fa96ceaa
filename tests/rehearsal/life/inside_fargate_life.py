"""The life of a hub with servers on Fargate, in the sandbox: test_fargate_life.py runs this."""

from __future__ import annotations

from pathlib import Path

from tests.rehearsal.life.scene import lived

_HERE = Path(__file__).parent.relative_to(Path.cwd())
OVERRIDES = [
    f"singleuser.profiles={_HERE / 'profiles-without-machines.yaml'}",
    f"aws.access={_HERE / 'access-without-machines.yaml'}",
]


def test_servers_without_machines_come_and_go(tmp_path: Path) -> None:
    assert lived("A server without a machine", OVERRIDES, tmp_path)
