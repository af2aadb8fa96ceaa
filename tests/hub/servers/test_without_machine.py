"""Servers on Fargate, by the pinned KubeSpawner's own code: what Kubernetes is asked for, and which home is theirs."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyterhub.objects import Hub  # type: ignore[import-untyped]
from jupyterhub.orm import Spawner  # type: ignore[import-untyped]
from kubernetes_asyncio.client import ApiClient
from kubespawner import KubeSpawner  # type: ignore[import-untyped]
from tornado.web import HTTPError

from blueprint.hub.profiles import about_prices, profile_values
from blueprint.values import CHARTS
from tests.config.seed import config
from tests.hub.deployed import GROUP, hub_config
from tests.hub.test_profiles import User
from tests.values.pods import breaches

PROFILES = """
notebook: {title: Notebook}
alone:
  title: A machine of one's own
  compute: fargate
  sizes: {some: {cpu: 1, memory: 4G, disk: 50Gi}}
"""
CLAIMS = "/api/v1/namespaces/jupyterhub/persistentvolumeclaims"
WITHOUT_IAM, USUAL = "home-without-iam", "home"


@dataclass
class Api:
    """An API server that has one claim, which is gone some looks after its deletion, and bound some later."""

    url: str = ""
    claim: dict[str, Any] | None = None
    leaving: int = 0
    unbound: int = 0
    calls: list[str] = field(default_factory=list)

    def have(self, storage_class: str, *, phase: str = "Bound") -> None:
        number = sum(each == f"POST {CLAIMS}" for each in self.calls)
        self.claim = {
            "metadata": {"name": "claim-ann", "namespace": "jupyterhub", "uid": f"claim-{number}"},
            "spec": {"storageClassName": storage_class},
            "status": {"phase": phase},
        }

    def answer(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        self.calls.append(f"{method} {path}")
        if method == "POST":
            self.have(body["spec"]["storageClassName"], phase="Pending")
            return self.claim
        if self.claim is None:
            return None
        found = json.loads(json.dumps(self.claim))
        if method == "DELETE":
            assert body["preconditions"]["uid"] == found["metadata"]["uid"]
            self.claim["metadata"]["deletionTimestamp"] = "2026-11-29T11:00:00Z"
            self.leaving -= 1
            if self.leaving < 0:
                self.claim = None
        elif self.unbound > 0:
            self.unbound -= 1
        else:
            self.claim["status"]["phase"] = "Bound"
        return dict(found)


@pytest.fixture
def api() -> Iterator[Api]:
    found = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            said = found.answer(self.command, self.path, json.loads(body or b"{}"))
            self.send_response(200 if said else 404)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(said or {"reason": "NotFound"}).encode())

        def do_POST(self) -> None:
            self.do_GET()

        def do_DELETE(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    server.server_close()


def pod(
    folder: Path, api: Api, choice: str, *, without: bool = True, home: str = "efs", other: str = ""
) -> dict[str, Any]:
    """The pod of somebody's server, as Kubernetes gets it."""
    (folder / "profiles.yaml").write_text(PROFILES if without else "notebook: {title: Notebook}")
    (folder / "client-secret").write_text("secret")
    (folder / "state-key").write_text("ab" * 32)

    async def make() -> dict[str, Any]:
        changes = {"singleuser.profiles": "profiles.yaml", "storage.home": home}
        options = hub_config({**changes, **({"network.nat.gateways": 1} if home == "ebs" else {})}, folder)
        # The chart's, of which this knows what the overrides have to take back.
        affinity = {"matchExpressions": [{"key": "hub.jupyter.org/node-purpose", "operator": "In", "values": ["user"]}]}
        classes = {"efs": WITHOUT_IAM if without else USUAL, "ebs": USUAL}
        options.KubeSpawner.update(
            storage_pvc_ensure=True,
            namespace="jupyterhub",
            pvc_name_template="claim-{username}",
            storage_class=classes[home],
            storage_capacity="1Gi",
            node_affinity_required=[affinity],
            tolerations=[{"key": "hub.jupyter.org/dedicated", "operator": "Equal", "value": "user"}],
            extra_labels={"hub.jupyter.org/network-access-hub": "true"},
            k8s_api_host=api.url,
        )
        others = {"other": SimpleNamespace(active=True, pvc_name=other)}
        user = User("ann", [], spawners=others)
        spawner = KubeSpawner(config=options, user=user, hub=Hub(), orm_spawner=Spawner(name=""), _mock=True)
        await spawner._run_apply_user_options({"profile": choice})
        await spawner.load_user_options()
        changed = await spawner.modify_pod_hook(spawner, await spawner.get_pod_manifest())
        await spawner.api.api_client.close()
        async with ApiClient() as client:
            made: dict[str, Any] = client.sanitize_for_serialization(changed)
        return made

    return asyncio.run(make())


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow each other without a pause; and the stack's part of the values."""
    from hub.storage import homes

    monkeypatch.setattr(homes, "PAUSE", 0)


def test_pod_asks_for_all_that_is_paid_for_and_for_no_more_than_it_is_sure_of(tmp_path: Path, api: Api) -> None:
    api.have(WITHOUT_IAM)
    spec = pod(tmp_path, api, "alone")["spec"]
    (server,), (first,) = spec["containers"], spec["initContainers"]
    memory = str(5 * 2**30 - 2**28)
    for each in (server, first):
        found = each["resources"]
        assert {name: str(value) for name, value in found["requests"].items()} == {
            "cpu": "1.0",
            "memory": memory,
            "ephemeral-storage": "50Gi",
        }
        assert found["limits"] == found["requests"]


def test_only_fargate_takes_it(tmp_path: Path, api: Api) -> None:
    api.have(WITHOUT_IAM)
    found = pod(tmp_path, api, "alone")
    assert found["spec"]["schedulerName"] == "fargate-scheduler"
    assert found["metadata"]["labels"]["jupyterhub-eks/compute"] == "fargate"
    assert found["metadata"]["labels"]["hub.jupyter.org/network-access-hub"] == "true"
    assert {"affinity", "nodeSelector", "hostNetwork"} & found["spec"].keys() == set()
    assert found["spec"].get("tolerations", []) == []
    assert breaches(found["spec"]) == []


def test_it_has_its_profiles_account_and_no_token_for_kubernetes(tmp_path: Path, api: Api) -> None:
    api.have(WITHOUT_IAM)
    spec = pod(tmp_path, api, "alone")["spec"]
    assert (spec["serviceAccountName"], spec["automountServiceAccountToken"]) == ("server-alone", False)


def test_server_on_a_node_is_as_ever(tmp_path: Path, api: Api) -> None:
    api.have(WITHOUT_IAM)
    found = pod(tmp_path, api, "notebook")
    assert found["spec"]["affinity"]
    assert "schedulerName" not in found["spec"]
    assert "serviceAccountName" not in found["spec"]
    assert "jupyterhub-eks/compute" not in found["metadata"]["labels"]
    assert "env" not in found["spec"]["initContainers"][0]
    assert found["spec"]["initContainers"][0]["command"][3:] == ["60", "1.5"]


def test_it_waits_for_a_home_that_is_bound(tmp_path: Path, api: Api) -> None:
    """Its scheduler gives up what is not, and never looks at it again."""
    api.have(WITHOUT_IAM, phase="Pending")
    api.unbound = 3
    pod(tmp_path, api, "alone")
    assert api.calls == [f"GET {CLAIMS}/claim-ann"] * 5


def test_server_on_a_node_waits_for_none(tmp_path: Path, api: Api) -> None:
    api.have(WITHOUT_IAM, phase="Pending")
    api.unbound = 3
    pod(tmp_path, api, "notebook")
    assert api.calls == [f"GET {CLAIMS}/claim-ann"]


@pytest.mark.parametrize("choice", ["alone", "notebook"])
def test_home_that_is_mounted_with_iam_is_made_anew_by_its_name(tmp_path: Path, api: Api, choice: str) -> None:
    api.have(USUAL)
    api.leaving = 2
    owner = pod(tmp_path, api, choice)["metadata"]["ownerReferences"][0]
    name = f"{CLAIMS}/claim-ann"
    made = [f"GET {name}", *[f"DELETE {name}"] * 4, f"POST {CLAIMS}"]
    assert api.calls[: len(made)] == made
    assert api.claim is not None
    assert (api.claim["spec"]["storageClassName"], owner["uid"]) == (WITHOUT_IAM, api.claim["metadata"]["uid"])


def test_home_that_another_server_has_is_not_made_anew(tmp_path: Path, api: Api) -> None:
    """It would be there until that one ends, and be going all the while."""
    api.have(USUAL)
    pod(tmp_path, api, "notebook", other="claim-ann")
    with pytest.raises(HTTPError, match="Stop that one first"):
        pod(tmp_path, api, "alone", other="claim-ann")
    assert api.calls == [f"GET {CLAIMS}/claim-ann"] * 2


def test_home_that_another_server_has_may_be_in_two(tmp_path: Path, api: Api) -> None:
    api.have(WITHOUT_IAM)
    pod(tmp_path, api, "alone", other="claim-ann")
    assert api.calls == [f"GET {CLAIMS}/claim-ann"]


def test_home_is_mounted_with_iam_again_when_nothing_is_on_fargate_any_more(tmp_path: Path, api: Api) -> None:
    api.have(WITHOUT_IAM)
    pod(tmp_path, api, "notebook", without=False)
    assert api.claim is not None
    assert api.claim["spec"]["storageClassName"] == USUAL


def test_home_on_ebs_is_never_made_anew(tmp_path: Path, api: Api) -> None:
    """There the files are the claim's."""
    api.have("gp3-of-somebody")
    pod(tmp_path, api, "notebook", without=False, home="ebs")
    assert api.calls == [f"GET {CLAIMS}/claim-ann"]


@pytest.mark.parametrize(
    ("groups", "code"),
    [
        pytest.param(GROUP, 0, id="its own"),
        pytest.param("", 1, id="the cluster's, as without a policy"),
        pytest.param(f"{GROUP},sg-0fedcba9876543210", 1, id="another one besides"),
    ],
)
def test_server_starts_behind_its_security_group_alone(groups: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", (CHARTS / "server" / "shut_in.py").read_text(), "60", "1.5", GROUP],
        env={"SECURITY_GROUPS": groups, "KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert (GROUP in done.stderr) == bool(code)


def test_choice_says_what_it_costs_and_whose_machine_it_is(tmp_path: Path) -> None:
    (tmp_path / "profiles.yaml").write_text(PROFILES)
    settings = config({"singleuser.profiles": "profiles.yaml"}, folder=tmp_path)
    _, alone = profile_values(settings)["offers"]
    (size,) = alone["options"][1]["choices"]
    dollars = 1 * 0.04048 + 5 * 0.004445 + 40 * 0.000111
    assert (
        size["display_name"] == f"4.7 GB of memory, 1 CPU, 50 GB of disk, alone on its machine, ${dollars:.3f} an hour"
    )
    assert "what Fargate takes for a machine of its own in us-east-1" in about_prices(settings)
