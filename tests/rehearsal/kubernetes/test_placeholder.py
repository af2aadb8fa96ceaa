"""What keeps room for whoever comes next gives way to them, by Kubernetes' own scheduler."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes_asyncio import client, config

from blueprint.hub import namespace, placeholder_priority
from blueprint.hub.placeholder import warm_values
from hub import warm
from rehearsal.kubernetes import objects
from rehearsal.kubernetes.control_plane import ControlPlane
from tests.config.seed import config as settings
from tests.rehearsal.balancing import until

WARM = {"nodes.user.warm": "daily 00:00-24:00 UTC"}
POD: dict[str, Any] = warm_values(settings(WARM))["pod"]
PODS = "/api/v1/namespaces/jupyterhub/pods"
HERE = f"{PODS}/placeholder"


@pytest.fixture(scope="module")
def plane(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A cluster with a node for users, with what an m6i.xlarge has for servers, and no kubelet."""
    plane = ControlPlane(tmp_path_factory.mktemp("cluster"))
    plane.start(built)
    objects.ask(plane, "POST", "/api/v1/namespaces", namespace())
    objects.ask(plane, "POST", "/apis/scheduling.k8s.io/v1/priorityclasses", placeholder_priority())
    labels = {"hub.jupyter.org/node-purpose": "user"}
    taints = [{"key": "hub.jupyter.org/dedicated", "value": "user", "effect": "NoSchedule"}]
    node = {"metadata": {"name": "user", "labels": labels}, "spec": {"taints": taints}}
    objects.ask(plane, "POST", "/api/v1/nodes", node)
    has = {"cpu": "3735m", "memory": "14270Mi", "pods": "58"}
    ready = [{"type": "Ready", "status": "True", "reason": "KubeletReady"}]
    status = {"status": {"capacity": has, "allocatable": has, "conditions": ready}}
    objects.ask(plane, "PATCH", "/api/v1/nodes/user/status", status, "application/merge-patch+json")
    until(lambda: plane.get("/api/v1/namespaces/jupyterhub/serviceaccounts/default") is not None, 30)
    yield plane
    plane.stop()


@pytest.fixture
def hub(plane: ControlPlane) -> Iterator[Callable[..., None]]:
    """One look of the hub's, at a cluster without a placeholder."""

    async def look(owner: str, wanted: bool) -> None:
        async with await config.new_client_from_config(str(plane.kubeconfig)) as connection:
            await warm.look(client.CoreV1Api(connection), POD, owner, wanted=wanted)

    def run(owner: str = "hub-1", *, wanted: bool = True) -> None:
        asyncio.run(_bounded(look(owner, wanted)))

    run(wanted=False)
    assert found(plane) is None
    container = {"name": "hub", "image": "none", "securityContext": POD["spec"]["containers"][0]["securityContext"]}
    for name in ("hub-1", "hub-2"):
        spec = {"nodeName": "core", "securityContext": POD["spec"]["securityContext"], "containers": [container]}
        objects.ask(plane, "POST", PODS, {"metadata": {"name": name}, "spec": spec})
    yield run
    for name in ("hub-1", "hub-2"):
        remove(plane, name)


async def _bounded(looks: Coroutine[Any, Any, None]) -> None:
    await asyncio.wait_for(looks, 30)


def remove(plane: ControlPlane, name: str) -> None:
    """Take a pod away without a kubelet that would end it."""
    with contextlib.suppress(objects.NotFoundError):
        objects.ask(plane, "DELETE", f"{PODS}/{name}?gracePeriodSeconds=0")


def found(plane: ControlPlane, path: str = HERE) -> dict[str, Any] | None:
    """A pod, if it is there."""
    try:
        return objects.ask(plane, "GET", path)
    except objects.NotFoundError:
        return None


def placed(plane: ControlPlane, path: str = HERE) -> bool:
    pod = found(plane, path)
    return pod is not None and pod["spec"].get("nodeName") == "user"


def waiting(plane: ControlPlane) -> bool:
    """Whether the scheduler has told the autoscaler that there is no room."""
    conditions = (found(plane) or {"status": {}})["status"].get("conditions", ())
    return any(each["type"] == "PodScheduled" and each.get("reason") == "Unschedulable" for each in conditions)


def person(plane: ControlPlane) -> str:
    """A server that somebody starts: the path of its pod."""
    spec = {**POD["spec"], "priorityClassName": None}
    container = {**spec["containers"][0], "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}}
    pod = {"metadata": {"name": "jupyter-ada"}, "spec": {**spec, "containers": [container]}}
    objects.ask(plane, "POST", PODS, pod)
    return f"{PODS}/jupyter-ada"


def test_it_is_placed_and_gives_way_and_asks_for_another_node(plane: ControlPlane, hub: Callable[..., None]) -> None:
    hub()
    until(lambda: placed(plane), 30)
    server = person(plane)
    until(lambda: placed(plane, server), 30)
    assert found(plane) is None
    hub()
    until(lambda: waiting(plane), 30)
    remove(plane, "jupyter-ada")
    until(lambda: placed(plane), 30)


def test_another_look_changes_nothing(plane: ControlPlane, hub: Callable[..., None]) -> None:
    hub()
    first = objects.ask(plane, "GET", HERE)
    hub()
    assert objects.ask(plane, "GET", HERE)["metadata"]["uid"] == first["metadata"]["uid"]


def test_outside_of_its_time_it_is_gone(plane: ControlPlane, hub: Callable[..., None]) -> None:
    hub()
    hub(wanted=False)
    assert found(plane) is None
    hub(wanted=False)


def test_a_hub_of_other_settings_makes_its_own(plane: ControlPlane, hub: Callable[..., None]) -> None:
    hub("hub-1")
    hub("hub-2")
    assert found(plane) is None
    hub("hub-2")
    assert [each["name"] for each in objects.ask(plane, "GET", HERE)["metadata"]["ownerReferences"]] == ["hub-2"]


def test_it_goes_with_the_hub_that_made_it(plane: ControlPlane, hub: Callable[..., None]) -> None:
    """Where the next one's settings do not know of it."""
    hub()
    remove(plane, "hub-1")
    until(lambda: found(plane) is None, 60)


def test_one_that_has_failed_is_made_anew(plane: ControlPlane, hub: Callable[..., None]) -> None:
    hub()
    evicted = {"status": {"phase": "Failed", "reason": "Evicted"}}
    objects.ask(plane, "PATCH", f"{HERE}/status", evicted, "application/merge-patch+json")
    hub()
    hub()
    assert objects.ask(plane, "GET", HERE)["status"]["phase"] == "Pending"
