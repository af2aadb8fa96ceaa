"""The deployed hub, sound at the beginning of each test."""

import pytest

from tests.cli.doctor.conftest import built, stage
from tests.cli.doctor.staging import Stage
from tests.cli.verify.hub import DeployedHub

__all__ = ["built", "stage"]


@pytest.fixture(scope="package")
def deployed(built: Stage) -> DeployedHub:
    return DeployedHub(built)


@pytest.fixture
def hub(deployed: DeployedHub) -> DeployedHub:
    deployed.set_up()
    return deployed
