from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from rehearsal.aws import Cloud, Server
from rehearsal.aws.runtime import modules
from rehearsal.kubernetes.build import installed
from tests.moto_server import without_sockets
from tests.rehearsal.deploying import prepare
from tests.rehearsal.lives import Life
from tests.rehearsal.no_kubernetes import NoKubernetes
from tests.rehearsal.stacks import ACCOUNT, REGION, Stacks
from tests.templates.assembly import Assembly
from tests.templates.variants import SHIPPED

Synthesized = Callable[[str], Assembly]
CACHE = Path(__file__).parents[2] / ".cache" / "rehearsal"


HERE = Path(__file__).parent
OF_PROGRAMS = ("sandbox/test_sandbox.py", "life/test_cdk.py")
"""Tests that need nothing built, and take long: they are of what the programs run in, and the CDK's of it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of the rehearsal's programs, most of which need what `make rehearse` has built."""
    long = [HERE / each for each in OF_PROGRAMS]
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if item.path in long or (item.path.is_relative_to(HERE) and {"built", "node_modules"} & asked):
            item.add_marker("programs")


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
        nothing = folder / "nothing"
        with (
            Server(folder, kubernetes, modules=nothing, charts=nothing) as server,
            without_sockets(server.url, server),
        ):
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
    """What runs the default Kubernetes minor, which takes Go minutes to build where it is not fetched."""
    found = installed("1.35", CACHE)
    if found is None:
        pytest.skip("no Kubernetes control plane is in .cache/rehearsal: python -m rehearsal build")
    return found


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The modules of Lambda's Node runtime."""
    found = modules(CACHE)
    if not found.exists():
        pytest.skip("the modules of Lambda's Node runtime are not installed: python -m rehearsal build")
    return found


@pytest.fixture(scope="module")
def functions_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Lambda functions lie unpacked, which takes a while: for servers of several tests."""
    return tmp_path_factory.mktemp("functions")


@pytest.fixture
def life(node_modules: Path, functions_folder: Path, tmp_path: Path) -> Iterator[Life]:
    """Accounts of a test's own, with a parent zone and the shipped context's client secret in them."""
    with Server(
        functions_folder, NoKubernetes(), modules=node_modules, charts=functions_folder, enforce=True
    ) as server:
        life = Life(server, tmp_path)
        life.dns.client("route53").create_hosted_zone(Name="example.com", CallerReference="parent")
        prepare(life.workload, SHIPPED)
        yield life
