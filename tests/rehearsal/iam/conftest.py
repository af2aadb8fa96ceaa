from collections.abc import Iterator

import pytest

from rehearsal.aws import Server
from tests.moto_server import without_sockets
from tests.rehearsal.no_kubernetes import NoKubernetes


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, kubernetes: NoKubernetes) -> Iterator[Server]:
    """One that refuses what policies do not allow."""
    folder = tmp_path_factory.mktemp("aws")
    with (
        Server(folder, kubernetes, modules=folder, charts=folder, enforce=True) as server,
        without_sockets(server.url, server),
    ):
        yield server
