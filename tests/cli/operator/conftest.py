"""A deployment for each test, in one process: AWS is the rehearsal's."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from blueprint.cli.cluster import pods
from rehearsal.aws import Server
from tests.cli.internet import Internet, internet
from tests.cli.operator.cluster import Cluster
from tests.cli.operator.deployment import ACCOUNT, REGION, Clusters, Deployment

__all__ = ["internet"]


def settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server | None = None, internet: Internet | None = None
) -> Path:
    """The surroundings of a command: a folder, and once they are there, credentials and the ways to AWS and the hub."""
    folder = tmp_path / "project"
    if server is None or internet is None:
        for name in [name for name in os.environ if name.startswith(("AWS_", "CDK_"))]:
            monkeypatch.delenv(name)
        folder.mkdir()
        monkeypatch.chdir(folder)
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(pods, "PAUSES", (0.0,))
        return folder
    given = {**server.credentials(ACCOUNT).environment(), **internet.environment}
    for name, value in {**given, "AWS_ENDPOINT_URL": server.url, "AWS_REGION": REGION}.items():
        monkeypatch.setenv(name, value)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Clusters]]:
    """AWS for a module: what a deployment is made of takes seconds to make."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        folder, clusters = tmp_path_factory.mktemp("aws"), Clusters()
        nothing = folder / "nothing"
        with Server(folder, clusters, modules=nothing, charts=nothing, storage=folder / "storage") as server:
            yield server, clusters


@pytest.fixture
def empty(
    server: tuple[Server, Clusters], tmp_path: Path, internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Deployment]:
    """A folder with settings, and accounts in which is no more than the stack Data of another test."""
    folder = settled(tmp_path, monkeypatch)
    settled(tmp_path, monkeypatch, server[0], internet)
    cluster = Cluster(tmp_path / "cluster")
    deployment = Deployment(*server, cluster, internet, folder, server[0]._backups.storage)
    deployment.clear()
    yield deployment
    cluster.close()


@pytest.fixture
def bare(empty: Deployment) -> Deployment:
    """Nothing at all is deployed."""
    empty.delete_data()
    return empty


@pytest.fixture
def deployment(empty: Deployment) -> Deployment:
    """A hub that is deployed."""
    empty.deploy()
    return empty
