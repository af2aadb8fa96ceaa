"""A real control plane runs. Where none is built, these tests are skipped: Go takes minutes for it."""

from __future__ import annotations

import asyncio
import json
import ssl
import stat
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from rehearsal.kubelet import custom_resources
from rehearsal.kubelet.api import Kubernetes
from rehearsal.kubernetes.build import RELEASES
from rehearsal.kubernetes.control_plane import ControlPlane
from rehearsal.processes import ProcessError


class Webhook(BaseHTTPRequestHandler):
    """Knows one token."""

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["content-length"])))
        known = question["spec"]["token"] == "known"
        user = {"username": "somebody", "groups": ["system:masters"]}
        status = {"authenticated": True, "user": user} if known else {"authenticated": False}
        answer = json.dumps({**question, "status": status}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def plane(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    Thread(target=server.serve_forever, daemon=True).start()
    webhook = f"http://127.0.0.1:{server.server_port}/"
    plane = ControlPlane(tmp_path_factory.mktemp("cluster"), token_webhook=webhook)
    plane.start(built)
    yield plane
    plane.stop()
    server.shutdown()
    server.server_close()


def ask(plane: ControlPlane, path: str, token: str | None = None) -> int:
    """The status of an answer to somebody without a certificate."""
    context = ssl.create_default_context(cafile=str(plane.ca))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(urllib.request.Request(plane.url + path, headers=headers)) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_server_says_which_release_it_is(plane: ControlPlane) -> None:
    answer = plane.get("/version")
    assert answer is not None
    assert json.loads(answer)["gitVersion"] == f"v{RELEASES['1.35']}"


@pytest.mark.parametrize(
    ("token", "status"),
    [
        pytest.param("known", 200, id="whom the webhook knows"),
        pytest.param("unknown", 401, id="whom it does not know"),
        pytest.param(None, 403, id="nobody"),
    ],
)
def test_the_webhook_says_who_may_enter(plane: ControlPlane, token: str | None, status: int) -> None:
    assert ask(plane, "/api/v1/secrets", token) == status


@pytest.mark.parametrize(
    ("audience", "owner"),
    [
        pytest.param("pods.eks.amazonaws.com", "system:serviceaccount:kube-public:robot", id="its audience"),
        pytest.param("others", None, id="another audience"),
    ],
)
def test_a_token_tells_its_owner_to_its_audience(plane: ControlPlane, audience: str, owner: str | None) -> None:
    accounts = "/api/v1/namespaces/kube-public/serviceaccounts"
    plane.post(accounts, {"metadata": {"name": "robot"}})  # refused when it is there
    spec = {"audiences": ["pods.eks.amazonaws.com"]}
    answer = plane.post(
        f"{accounts}/robot/token", {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    )
    assert answer is not None
    assert plane.token_owner(answer["status"]["token"], audience) == owner


def test_only_its_owner_reads_the_kubeconfig(plane: ControlPlane) -> None:
    assert stat.S_IMODE(plane.kubeconfig.stat().st_mode) == 0o600


def test_a_program_that_ends_is_told_with_its_log(tmp_path: Path) -> None:
    with pytest.raises(ProcessError, match="kube-apiserver ended with 1"):
        ControlPlane(tmp_path).start(Path("/bin/false"))


def _apart(folder: Path, script: str) -> Path:
    """A release's folder, with a program for each part of a control plane."""
    folder.mkdir()
    for name in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"):
        program = folder / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    return folder


def test_released_programs_are_started_each_by_its_name(tmp_path: Path) -> None:
    released = _apart(tmp_path / "released", 'echo "$0 $1"; exit 3')
    started = rf"kube-apiserver ended with 3:\n{released}/kube-apiserver --etcd-servers="
    with pytest.raises(ProcessError, match=started):
        ControlPlane(tmp_path / "cluster").start(released)


def test_a_cluster_goes_on_where_it_was_stopped(built: Path, tmp_path: Path) -> None:
    """With a release's programs, too, where it was begun with the one that was built."""
    released = built if built.is_dir() else _apart(tmp_path / "released", f'exec "{built}" "${{0##*/}}" "$@"')
    plane = ControlPlane(tmp_path / "cluster")
    plane.start(built)
    before = plane.get("/api/v1/namespaces/kube-system")
    plane.stop()
    down = plane.get("/readyz")
    plane.start(released)
    after = plane.get("/api/v1/namespaces/kube-system")
    plane.stop()
    assert before is not None
    assert after is not None
    assert (down, json.loads(after)["metadata"]["uid"]) == (None, json.loads(before)["metadata"]["uid"])


def test_a_stopped_cluster_leaves_no_process(built: Path, tmp_path: Path) -> None:
    plane = ControlPlane(tmp_path)
    plane.start(built)
    plane.stop()
    commands = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path) not in commands


def test_custom_resources_are_waited_for_until_they_are_served(plane: ControlPlane) -> None:
    groups = [f"group-{number}.example.com" for number in range(10)]
    for group in groups:
        plane.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition(group))

    async def wait() -> None:
        kubernetes = Kubernetes(plane.url, plane.ca, plane.admin)
        await custom_resources.served(kubernetes)
        await kubernetes.close()

    asyncio.run(wait())
    assert [group for group in groups if plane.get(f"/apis/{group}/v1") is None] == []


def definition(group: str) -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object"}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"things.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": "Thing", "plural": "things"},
            "scope": "Namespaced",
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }
