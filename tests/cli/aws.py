"""AWS on loopback for commands that run in processes of their own."""

from collections.abc import Iterator

import pytest
from moto.moto_api._internal.models import moto_api_backend

from tests.moto_server import served

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with served() as url:
        yield url


@pytest.fixture
def aws(server: str) -> str:
    """The endpoint of an AWS with nothing in it."""
    moto_api_backend.reset()
    return server
