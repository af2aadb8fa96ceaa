"""The staged world, sound at the beginning of each test."""

import os
from collections.abc import Iterator
from itertools import count

import pytest
from moto.route53 import models

from tests.cli.aws import CREDENTIALS
from tests.cli.doctor.staging import Stage
from tests.cli.internet import Internet


@pytest.fixture(scope="package")
def built(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The clients, which take longer to make than all else."""
    internet = Internet(tmp_path_factory.mktemp("internet"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": server, **internet.environment}.items():
            patch.setenv(name, value)
        for name in {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_PROFILE"} & set(os.environ):
            patch.delenv(name)
        # AWS's ids of zones begin with Z, moto's with any capital.
        numbers = count(1)
        patch.setattr(models, "create_route53_zone_id", lambda *_, **__: f"Z{next(numbers):020}")
        yield Stage(internet)
    internet.close()


@pytest.fixture
def stage(built: Stage) -> Stage:
    built.set_up()
    return built
