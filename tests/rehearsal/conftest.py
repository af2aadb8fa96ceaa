from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from templates.assembly import Assembly

from blueprint.rehearsal.aws import Cloud, Server
from blueprint.rehearsal.kubernetes.build import program

from .kubernetes import NoKubernetes
from .stacks import ACCOUNT, REGION, Stacks

Synthesized = Callable[[str], Assembly]
CACHE = Path(__file__).parents[2] / ".cache" / "rehearsal"


@pytest.fixture(scope="module")
def kubernetes() -> NoKubernetes:
    return NoKubernetes()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, kubernetes: NoKubernetes) -> Iterator[Server]:
    """A server of the module's own: tests in between may use moto for themselves, and empty it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        folder = tmp_path_factory.mktemp("aws")
        with Server(folder, kubernetes, modules=folder / "no-modules", charts=folder / "no-charts") as server:
            yield server


@pytest.fixture
def cloud(server: Server) -> Cloud:
    return server.cloud(ACCOUNT, REGION)


_numbers = count(1)


@pytest.fixture
def stacks(server: Server, cloud: Cloud) -> Stacks:
    """Stacks with names that no other test has."""
    return Stacks(cloud, f"test{next(_numbers)}", server.wait)


@pytest.fixture(scope="session")
def built() -> Path:
    """The program of the default Kubernetes minor, which takes Go minutes to build."""
    found = program("1.35", CACHE)
    if not found.exists():
        pytest.skip("no Kubernetes control plane is built in .cache/rehearsal: python -m blueprint.rehearsal build")
    return found
