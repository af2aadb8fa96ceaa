"""What Kubernetes is told of what servers may take; tests/rehearsal/kubernetes/test_quota.py has it refuse."""

from pathlib import Path
from typing import Any

import pytest

from blueprint.hub import hub_values, named_provider, notice_objects, quota_objects
from blueprint.hub.quota import PRIORITY
from tests.config.seed import config

GPUS = "p: {title: P, sizes: {s: {share: 1, instance_types: [g4dn.12xlarge], gpus: 4}}}"


def specs(settings: Any) -> dict[str, Any]:
    """The objects' specifications, by their kinds."""
    return {str(each["kind"]): each.get("spec", each) for each in quota_objects(settings)}


def test_servers_may_have_what_the_largest_number_of_nodes_has() -> None:
    found = specs(config({"nodes.user.max": 3}))["ResourceQuota"]
    assert found["hard"] == {
        "requests.cpu": f"{3 * 3735}m",
        "requests.memory": str(3 * 14964228096),
        "requests.nvidia.com/gpu": "0",
        "pods": str(3 * 52),
    }
    (scope,) = found["scopeSelector"]["matchExpressions"]
    assert scope == {"scopeName": "PriorityClass", "operator": "In", "values": [PRIORITY]}


def test_gpus_of_all_nodes_count(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(GPUS)
    changes = {"nodes.user.scaling": "karpenter", "nodes.gpu.max": 3, "singleuser.profiles": "p.yaml"}
    assert specs(config(changes, folder=tmp_path))["ResourceQuota"]["hard"]["requests.nvidia.com/gpu"] == "12"


def test_where_a_type_is_not_known_servers_alone_are_counted() -> None:
    changes = {"nodes.user.instance.types": ["m6i.xlarge", "m99i.large"]}
    assert "ResourceQuota" not in specs(config(changes))
    assert specs(config({**changes, "singleuser.servers.max": 50}))["ResourceQuota"]["hard"] == {"pods": "65"}


def test_servers_without_machines_are_not_held_to_what_nodes_have(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("p: {title: P, compute: fargate, sizes: {s: {cpu: 16, memory: 60G}}}")
    changes = {"singleuser.profiles": "p.yaml", "singleuser.servers.max": 20}
    found = specs(config(changes, folder=tmp_path))
    assert found["ResourceQuota"]["hard"] == {"pods": "32"}
    (limit,) = found["LimitRange"]["limits"]
    assert int(limit["max"]["cpu"].removesuffix("m")) >= 16000


@pytest.mark.parametrize(
    ("changes", "cpu", "memory"),
    [
        pytest.param({}, "4000m", "14964228096", id="a node"),
        pytest.param({"singleuser.cpu.limit": 64, "singleuser.memory.limit": "1T"}, "64000m", str(2**40), id="a limit"),
        pytest.param({"nodes.user.instance.types": "t3.small"}, "4000m", str(4 * 2**30), id="what the hub may have"),
    ],
)
def test_no_container_has_more_than_anything_is_meant_to(changes: dict[str, Any], cpu: str, memory: str) -> None:
    (limit,) = specs(config({"nodes.user.min": 0, **changes}))["LimitRange"]["limits"]
    assert limit["max"] == {"cpu": cpu, "memory": memory}
    assert limit["defaultRequest"] == {"cpu": "10m", "memory": "32Mi"}


def test_servers_alone_have_the_class_and_are_as_important_as_others() -> None:
    settings = config()
    values = hub_values(settings, named_provider(settings))
    assert values["hub"]["config"]["KubeSpawner"]["priority_class_name"] == PRIORITY
    assert specs(settings)["PriorityClass"]["value"] == 0


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        pytest.param({}, [], id="nodes that go as they please"),
        pytest.param({"nodes.user.scaling": "karpenter"}, ["ClusterRole", "ClusterRoleBinding"], id="karpenter"),
        pytest.param(
            {"nodes.user.capacity": "spot"},
            ["ClusterRole", "ClusterRoleBinding", "PodDisruptionBudget"],
            id="managed spot",
        ),
    ],
)
def test_hub_reads_nodes_where_they_are_taken_away(changes: dict[str, Any], kinds: list[str]) -> None:
    settings = config(changes)
    found = {str(each["kind"]): each for each in notice_objects(settings)}
    assert list(found) == kinds
    assert hub_values(settings, named_provider(settings))["custom"].get("notices", {}).get("nodes", False) == bool(
        kinds
    )
    for role in (each for kind, each in found.items() if kind == "ClusterRole"):
        assert role["rules"] == [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list", "watch"]}]


@pytest.mark.parametrize(
    ("changes", "there"),
    [
        pytest.param({}, False, id="nothing ends"),
        pytest.param({"culling.max.age": 7200}, True, id="an age"),
        pytest.param({"culling.max.age": 7200, "culling.enabled": False}, False, id="no culling"),
        pytest.param({"nodes.user.capacity": "spot"}, True, id="spot"),
    ],
)
def test_servers_have_the_extension_where_there_is_something_to_tell(changes: dict[str, Any], there: bool) -> None:
    values = hub_values(config(changes), named_provider(config(changes)))
    mounted = {each["mountPath"] for each in values["singleuser"]["extraFiles"].values()}
    folder = "/usr/local/share/jupyter/labextensions/hub-notices"
    assert ({f"{folder}/package.json", f"{folder}/static/remoteEntry.js"} <= mounted) == there
    assert ("notices.py" in values["hub"]["extraFiles"]) == there
