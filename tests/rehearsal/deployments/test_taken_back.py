"""Settings that are changed and taken back: the stacks follow both ways, and user data stays what it was."""

from __future__ import annotations

from tests.rehearsal.lives import Life
from tests.templates.variants import SHIPPED, Context

CHANGES: list[Context] = [
    {"storage.backup.days": 0},
    {"storage.keep": False},
    {"storage.shared": False, "team.directories": ["biology"], "storage.efs.archive.days": 0},
    {"nodes.user.capacity": "spot", "nodes.user.instance.types": ["m7i.xlarge"], "nodes.disk.size": 200},
    {"network.nat.gateways": 3},
    {"ingress.scheme": "internal", "ingress.allowed.cidrs": ["10.20.0.0/16"]},
    {"api.endpoint": "public", "api.allowed.cidrs": ["203.0.113.0/24"]},
    {"admin.roles": []},
    {"tags": {"CostCenter": "4711"}},
    {"identity.provider": "generic", "groups.claim": "groups"},
]
KEPT = ("UserDataHomes", "UserDataDatabase", "UserDataKey", "UserDataStateKey", "UserDataBackups", "NetworkVpc")


def test_settings_can_be_taken_back(life: Life) -> None:
    life.deploy(SHIPPED)
    at_first = _kept(life)
    assert len(at_first) > len(KEPT)
    for change in CHANGES:
        life.deploy({**SHIPPED, **change})
        life.deploy(SHIPPED)
        assert (life.failures, _kept(life)) == ([], at_first), change


def _kept(life: Life) -> dict[str, str]:
    """The resources of user data and of the VPC by their logical ids."""
    return {id: ref for id, ref in life.stacks["Data"].refs().items() if id.startswith(KEPT)}
