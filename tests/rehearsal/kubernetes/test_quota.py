"""What Kubernetes itself lets servers take in all: refused by a real API server, and nobody else is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blueprint.hub import namespace, notice_objects, quota_objects
from blueprint.hub.quota import PRIORITY
from rehearsal.kubernetes import objects
from rehearsal.kubernetes.control_plane import ControlPlane
from tests.config.seed import config
from tests.rehearsal.balancing import until

HERE = "/api/v1/namespaces/jupyterhub"
SETTINGS = {"nodes.user.max": 2, "nodes.user.min": 0, "nodes.user.capacity": "spot", "singleuser.servers.max": 1}
PATHS = {
    "PriorityClass": "/apis/scheduling.k8s.io/v1/priorityclasses",
    "LimitRange": f"{HERE}/limitranges",
    "ResourceQuota": f"{HERE}/resourcequotas",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "PodDisruptionBudget": "/apis/policy/v1/namespaces/jupyterhub/poddisruptionbudgets",
}
RESTRICTED = {
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


@pytest.fixture(scope="module")
def plane(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A cluster with the namespace of a hub whose servers run on at most two nodes of spot instances."""
    plane = ControlPlane(tmp_path_factory.mktemp("cluster"))
    plane.start(built)
    objects.ask(plane, "POST", "/api/v1/namespaces", namespace())
    settings = config(SETTINGS)
    for each in [*quota_objects(settings), *notice_objects(settings)]:
        objects.ask(plane, "POST", PATHS[str(each["kind"])], each)
    until(lambda: plane.get(f"{HERE}/serviceaccounts/default") is not None, 30)
    until(lambda: "hard" in objects.ask(plane, "GET", f"{HERE}/resourcequotas/servers")["status"], 30)
    yield plane
    plane.stop()


def begin(plane: ControlPlane, name: str, *, of: str = PRIORITY, **requests: str) -> dict[str, Any]:
    """Make a pod, of a class, whose first container asks for nothing."""
    main = {"name": "main", "image": "none", "resources": {"requests": requests}, "securityContext": RESTRICTED}
    first = {"name": "network-policies", "image": "none", "securityContext": RESTRICTED}
    spec = {"initContainers": [first], "containers": [main], **({"priorityClassName": of} if of else {})}
    labels = {"app": "jupyterhub", "component": "singleuser-server"} if of else {}
    return objects.ask(plane, "POST", f"{HERE}/pods", {"metadata": {"name": name, "labels": labels}, "spec": spec})


def refused(plane: ControlPlane, name: str, **requests: str) -> str:
    with pytest.raises(objects.ObjectError) as error:
        begin(plane, name, **requests)
    return str(error.value)


def test_servers_take_no_more_than_the_nodes_have(plane: ControlPlane) -> None:
    """Two of m6i.xlarge have 7.4 CPUs and 28 GB for servers; what asks for nothing counts as something."""
    began = begin(plane, "half", cpu="3.6", memory="13Gi")
    assert began["spec"]["initContainers"][0]["resources"]["requests"] == {"cpu": "10m", "memory": "32Mi"}
    assert began["spec"]["priority"] == 0
    assert "exceeded quota: servers" in refused(plane, "too-much", cpu="3.9", memory="1Gi")
    begin(plane, "other-half", cpu="3.6", memory="13Gi")
    assert "exceeded quota: servers" in refused(plane, "more", cpu="1", memory="1Gi")
    assert "must be less than or equal to cpu limit of 4" in refused(plane, "larger", cpu="5", memory="1Gi")


def test_nobody_else_is_counted(plane: ControlPlane) -> None:
    for name in ("hub", "proxy", "controller"):
        begin(plane, name, of="", cpu="3", memory="10Gi")


def test_servers_are_not_evicted_from_a_spot_instance_that_is_drained(plane: ControlPlane) -> None:
    began = begin(plane, "kept", cpu="1m", memory="1Mi")
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": began["metadata"]["name"]}}
    ready = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
    objects.ask(plane, "PATCH", f"{HERE}/pods/kept/status", ready, "application/merge-patch+json")
    with pytest.raises(objects.ObjectError, match="disruption budget"):
        objects.ask(plane, "POST", f"{HERE}/pods/kept/eviction", eviction)


def test_hub_reads_nodes_and_changes_none(plane: ControlPlane) -> None:
    """What RBAC of the real API server says of its service account."""

    def may(verb: str, resource: str) -> bool:
        attributes = {"verb": verb, "resource": resource}
        spec = {"user": "system:serviceaccount:jupyterhub:hub", "resourceAttributes": attributes}
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        return bool(objects.ask(plane, "POST", path, {"spec": spec})["status"]["allowed"])

    assert [may(verb, "nodes") for verb in ("list", "watch", "get", "patch", "delete")] == [True, True, *[False] * 3]
    assert not may("list", "secrets")
