"""The deployed hub, sound at the beginning of each test, and what AWS tells before an upgrade."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cli.aws import aws, server
from tests.cli.conftest import run
from tests.cli.doctor.conftest import built
from tests.cli.doctor.staging import Stage
from tests.cli.verify.hub import DeployedHub

__all__ = ["aws", "built", "run", "server"]


@pytest.fixture(scope="package")
def deployed(built: Stage) -> DeployedHub:
    return DeployedHub(built)


@pytest.fixture
def hub(deployed: DeployedHub) -> DeployedHub:
    deployed.set_up()
    deployed.change_nodes(version="1.35")
    deployed.stage.border.answer("eks", "ListInsights", insights(PASSING=2))
    deployed.stage.border.answer("backup", "ListRecoveryPointsByResource", recovery_points(timedelta(hours=8)))
    return deployed


def insights(**by_status: int) -> Any:
    """What EKS found, by its statuses."""
    return {
        "insights": [
            {
                "id": f"{status}-{number}",
                "name": "Deprecated APIs removed in Kubernetes v1.36",
                "category": "UPGRADE_READINESS",
                "kubernetesVersion": "1.35",
                "insightStatus": {"status": status, "reason": f"reason of {status}"},
            }
            for status, count in by_status.items()
            for number in range(count)
        ]
    }


def recovery_points(*ages: timedelta, status: str = "COMPLETED") -> Any:
    """Backups of whatever is asked for."""
    now = datetime.now(UTC)
    return {"RecoveryPoints": [{"CreationDate": now - age, "Status": status} for age in ages]}
