"""Users' servers start behind the network policies, or not at all."""

import asyncio
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from jupyterhub.objects import Hub  # type: ignore[import-untyped]
from jupyterhub.orm import Spawner  # type: ignore[import-untyped]
from kubernetes_asyncio.client import ApiClient
from kubernetes_asyncio.config import kube_config
from kubespawner import KubeSpawner  # type: ignore[import-untyped]

from blueprint.values import CHARTS
from tests.hub.conftest import KUBECONFIG
from tests.hub.deployed import hub_config
from tests.hub.test_servers import User
from tests.values.pods import breaches

CLAIM = "/api/v1/namespaces/jupyterhub/persistentvolumeclaims/claim-ann"
HOME = {
    "metadata": {"name": "claim-ann", "uid": "the-claim"},
    "spec": {"storageClassName": "home"},
    "status": {"phase": "Pending"},
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An API server that has the claim of a home, and nothing else."""

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = HOME if self.path == CLAIM else {}
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    file = tmp_path_factory.mktemp("api") / "kubeconfig"
    file.write_text(KUBECONFIG)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(file))
        yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def pod(api: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Somebody's pod, as Kubernetes gets it."""
    tmp_path = tmp_path_factory.mktemp("pod")
    (tmp_path / "client-secret").write_text("secret")
    (tmp_path / "state-key").write_text("ab" * 32)

    async def make() -> dict[str, Any]:
        config = hub_config({}, tmp_path)
        config.KubeSpawner.update(storage_pvc_ensure=True, namespace="jupyterhub", pvc_name_template="claim-{username}")
        config.KubeSpawner.k8s_api_host = api
        spawner = KubeSpawner(
            config=config, user=User(admin=False), hub=Hub(), orm_spawner=Spawner(name=""), _mock=True
        )
        changed = await spawner.modify_pod_hook(spawner, await spawner.get_pod_manifest())
        await spawner.api.api_client.close()
        async with ApiClient() as client:
            found: dict[str, Any] = client.sanitize_for_serialization(changed)
        return found

    return asyncio.run(make())


def test_every_users_pod_waits_for_its_policies_first(pod: dict[str, Any]) -> None:
    first, server = pod["spec"]["initContainers"][0], pod["spec"]["containers"][0]
    assert first["image"] == server["image"]
    assert "volumeMounts" not in first  # nothing of its user's may have a say in it
    assert breaches(pod["spec"]) == []
    program = first["command"]
    assert (program[:2], program[3:]) == (["python3", "-c"], ["60", "1.5"])
    assert program[2] == (CHARTS / "server" / "shut_in.py").read_text()


def test_every_users_pod_is_owned_by_the_claim_of_its_home(pod: dict[str, Any]) -> None:
    owner = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": "claim-ann", "uid": "the-claim"}
    # Neither its controller, which would have the autoscaler take it for one that comes back, nor kept by it.
    assert pod["metadata"]["ownerReferences"] == [owner]


def waited(address: tuple[str, int]) -> subprocess.CompletedProcess[str]:
    """What becomes of the wait where Kubernetes is at an address."""
    return subprocess.run(
        [sys.executable, "-c", (CHARTS / "server" / "shut_in.py").read_text(), "0.3", "0.1"],
        env={"KUBERNETES_SERVICE_HOST": address[0], "KUBERNETES_SERVICE_PORT": str(address[1])},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def silent() -> Iterator[tuple[str, int]]:
    """An address that answers no packet: a queue of connections that is full."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(2):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield server.getsockname()


def test_pod_from_which_nothing_gets_through_is_shut_in() -> None:
    with silent() as address:
        assert waited(address).returncode == 0


@pytest.mark.parametrize("listening", [True, False], ids=["answered", "refused"])
def test_pod_that_reaches_kubernetes_does_not_start(listening: bool) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if listening:
            server.listen()
        done = waited(server.getsockname())
    assert done.returncode == 1
    assert done.stderr.startswith("No network policy holds for this pod")
