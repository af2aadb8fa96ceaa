"""`verify --probe`: a pod like a user's, which a cluster on loopback runs, looks at what it reaches, and is gone."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest

from blueprint.cli.checks.aws import Account
from blueprint.cli.checks.findings import Finding
from blueprint.cli.checks.world import World
from blueprint.cli.cluster.errand import MANAGED
from blueprint.cli.errands import listening
from blueprint.cli.verify import probe, reach
from blueprint.cli.verify.reach import Target
from blueprint.config import load
from tests.cli.operator.deployment import ACCOUNT, HUB, REGION, SETTINGS, Deployment

POLICIES = "/apis/networking.k8s.io/v1/namespaces/jupyterhub/networkpolicies"
LABELS = {"app": "jupyterhub", "component": "singleuser-server", "release": "jupyterhub"}
FAR = Target("what is far", "255.255.255.255", 80)

Found = Callable[..., list[Finding]]


@pytest.fixture
def answering() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def found(deployment: Deployment, answering: int, monkeypatch: pytest.MonkeyPatch) -> Found:
    """What the probe finds around it, with a server of grace's that nobody reaches."""
    monkeypatch.setattr(probe, "_PATIENCE", 0)
    deployment.cluster.put(f"{POLICIES}/singleuser", {"spec": {"podSelector": {"matchLabels": LABELS}}})
    deployment.cluster.put(f"{POLICIES}/hub", {"spec": {"podSelector": {"matchLabels": {"component": "hub"}}}})
    work(deployment, "grace", "255.255.255.255")

    def found(*around: Target) -> list[Finding]:
        hub = Target("the hub", "127.0.0.1", answering, shut=False)
        monkeypatch.setattr(reach, "targets", lambda _: [*(around or [FAR]), hub])
        config = load(SETTINGS, today=date(2026, 11, 1)).config
        account = Account("workload account", ACCOUNT, REGION)
        return list(probe.probed(World(config, account, None, datetime.now(UTC))))

    return found


def work(deployment: Deployment, user: str, address: str) -> None:
    """Somebody has a server."""
    notes = {"hub.jupyter.org/username": user}
    running = {"phase": "Running", "podIP": address}
    metadata = {"labels": {**LABELS}, "annotations": notes}
    deployment.cluster.put(f"{HUB}/pods/jupyter-{user}", {"metadata": metadata, "spec": {}, "status": running})


def test_what_is_shut_is_told_and_the_pod_is_gone(deployment: Deployment, found: Found) -> None:
    (told,) = found()
    other = "another person's server (255.255.255.255:8888)"
    assert (told.level, told.text) == ("ok", f"A user's pod does not reach what is far (255.255.255.255:80), {other}.")
    assert deployment.cluster.names("pods") == ["hub-1", "jupyter-grace"]


def test_the_pod_is_like_a_user_s_and_may_do_nothing(deployment: Deployment, found: Found) -> None:
    deployment.cluster.objects["/apis/apps/v1/namespaces/jupyterhub/deployments/hub"]["metadata"]["uid"] = "u"
    found()
    (pod,) = deployment.cluster.pods
    assert pod["metadata"]["labels"] == {**LABELS, "hub.jupyter.org/network-access-hub": "true", **MANAGED}
    assert [(each["kind"], each["name"], each["uid"]) for each in pod["metadata"]["ownerReferences"]] == [
        ("Deployment", "hub", "u")
    ]
    spec = pod["spec"]
    assert spec["nodeSelector"] == {"hub.jupyter.org/node-purpose": "user"}
    assert (spec["automountServiceAccountToken"], spec["volumes"], spec["restartPolicy"]) == (False, [], "Never")
    assert spec["activeDeadlineSeconds"] == 900
    assert spec["containers"][0]["image"].startswith("quay.io/jupyter/")
    assert spec["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_what_is_open_is_at_fault(found: Found, answering: int) -> None:
    wrong, *others = found(Target("what listens", "127.0.0.1", answering))
    assert (wrong.level, f"what it must not: what listens (127.0.0.1:{answering})" in wrong.text) == ("fault", True)
    assert "enableNetworkPolicy" in wrong.fix
    assert [each.level for each in others] == ["ok"]


def test_a_server_of_somebody_that_answers_is_at_fault(deployment: Deployment, found: Found) -> None:
    work(deployment, "grace", "127.0.0.1")  # on loopback a refusal is an answer, too
    wrong = found()[0]
    assert (wrong.level, "another person's server (127.0.0.1:8888)" in wrong.text) == ("fault", True)


def test_where_nobody_works_a_pod_is_in_the_place_of_a_server(
    deployment: Deployment, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"{HUB}/pods/jupyter-grace"
    deployment.cluster.objects[path]["metadata"]["labels"] |= MANAGED  # of another probe, and nobody's
    before = deployment.cluster._run

    def run(path: str) -> None:
        if "listening" in path:
            deployment.cluster.objects[path]["status"] = {"phase": "Running", "podIP": "255.255.255.255"}
        else:
            before(path)

    monkeypatch.setattr(deployment.cluster, "_run", run)
    (told,) = found()
    assert (told.level, "a pod in place of another person's server (255.255.255.255:8888)" in told.text) == ("ok", True)
    assert [(each["metadata"]["labels"], each["spec"]["nodeSelector"]) for each in deployment.cluster.pods] == 2 * [
        ({**LABELS, "hub.jupyter.org/network-access-hub": "true", **MANAGED}, {"hub.jupyter.org/node-purpose": "user"})
    ]
    assert deployment.cluster.names("pods") == ["hub-1", "jupyter-grace"]


def test_what_is_in_the_place_of_a_server_answers_until_nobody_comes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def answers() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), 3).close()
        except ConnectionRefusedError:
            return False
        return True

    with ThreadPoolExecutor() as beside:
        told = beside.submit(listening.main, {"port": port, "seconds": 0.5})
        while not answers() and not told.done():
            pass
        assert told.result() == {"answered": 1}


def test_no_policy_at_all_is_at_fault(deployment: Deployment, found: Found) -> None:
    del deployment.cluster.objects[f"{POLICIES}/singleuser"]
    (told,) = found()
    assert (told.level, told.text) == ("fault", "No network policy is about users' servers.")
    assert deployment.cluster.pods == []


def test_a_cluster_that_knows_nobody_cannot_be_looked_at(deployment: Deployment, found: Found) -> None:
    deployment.cluster.knows = False
    (told,) = found()
    assert (told.level, "it has no access entry" in told.text) == ("unknown", True)


def test_no_pod_is_made_in_the_cluster_of_another_account(
    deployment: Deployment, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in deployment.server.credentials("999988887777").environment().items():
        monkeypatch.setenv(name, value)
    (told,) = found()
    assert (told.level, "of 999988887777, not of 123412341234" in told.text, deployment.cluster.pods) == (
        "unknown",
        True,
        [],
    )


def test_a_pod_that_fails_is_told_and_gone(
    deployment: Deployment, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blueprint.cli.cluster.errand.Errand.script", "raise SystemExit('no module named json')")
    (told,) = found()
    assert (told.level, "no module named json" in told.text) == ("unknown", True)
    assert deployment.cluster.names("pods") == ["hub-1", "jupyter-grace"]


def test_an_interrupted_command_takes_the_pod_along(
    deployment: Deployment, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("blueprint.cli.cluster.pods._when", interrupted)
    with pytest.raises(KeyboardInterrupt):
        found()
    assert deployment.cluster.names("pods") == ["hub-1", "jupyter-grace"]
