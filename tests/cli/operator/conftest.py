"""A deployment for each test, in one process: AWS is the rehearsal's."""

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer import testing
from typer.main import get_command

from blueprint.cli.checks.aws import Account
from blueprint.cli.cluster import pods
from rehearsal.aws import Server
from tests.cli.internet import Internet
from tests.cli.operator.cluster import Cluster
from tests.cli.operator.deployment import ACCOUNT, REGION, Around, Clusters, Deployment
from tests.moto_server import without_sockets


@pytest.fixture(scope="package")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Around]:
    """AWS, a cluster and the way to the hub."""
    folder = tmp_path_factory.mktemp("around")
    cluster, internet, nothing = Cluster(folder / "cluster"), Internet(folder), folder / "nothing"
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "CDK_"))]:
            patch.delenv(name)
        patch.setattr(testing, "_get_command", cache(get_command))  # a tree of all commands, for each that is run
        patch.setattr(Account, "client", shared(Account.client))
        storage = folder / "storage"
        with (
            Server(folder / "aws", Clusters(cluster), modules=nothing, charts=nothing, storage=storage) as server,
            without_sockets(server.url, server),
        ):
            yield Around(server, cluster, internet)
    internet.close()
    cluster.close()


def shared(make: Callable[..., Any]) -> Callable[..., Any]:
    """A client for all accounts with the same credentials: it takes longer to make than to use."""
    made: dict[object, Any] = {}

    def client(account: Account, service: str, region: str | None = None) -> Any:
        of_aws = {name: value for name, value in os.environ.items() if name == "HOME" or name.startswith("AWS_")}
        key = service, region, account.profile, account.region, *sorted(of_aws.items())
        if key not in made:
            made[key] = make(account, service, region)
        return made[key]

    return client


@pytest.fixture
def empty(around: Around, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """A folder with settings, and an account with no more than the stack Data and the cluster of another test."""
    given = {**around.server.credentials(ACCOUNT).environment(), **around.internet.environment}
    more = {"AWS_ENDPOINT_URL": around.server.url, "AWS_REGION": REGION, "COLUMNS": "200"}
    for name, value in {**given, **more}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(pods, "PAUSES", (0.0,))
    monkeypatch.chdir(tmp_path)
    deployment = Deployment(around, tmp_path)
    deployment.clear()
    return deployment


@pytest.fixture
def bare(empty: Deployment) -> Deployment:
    """Nothing at all is deployed."""
    empty.delete()
    return empty


@pytest.fixture
def deployment(empty: Deployment) -> Deployment:
    """A hub that is deployed."""
    empty.deploy()
    return empty
