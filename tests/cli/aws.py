"""AWS on loopback for commands that run in processes of their own."""

import urllib.request
from collections.abc import Iterator

import pytest

from tests.moto_server import served

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with served() as url:
        yield url


@pytest.fixture
def aws(server: str) -> str:
    """The endpoint of an AWS with nothing in it."""
    urllib.request.urlopen(urllib.request.Request(f"{server}/moto-api/reset", method="POST")).close()
    return server
