"""The deployed hub, sound at the beginning of each test."""

import pytest

from tests.cli.aws import aws, server
from tests.cli.doctor.conftest import built, stage
from tests.cli.doctor.staging import Stage
from tests.cli.verify.hub import DeployedHub

__all__ = ["aws", "built", "server", "stage"]


@pytest.fixture
def hub(stage: Stage) -> DeployedHub:
    deployed = DeployedHub(stage)
    deployed.set_up()
    return deployed
