from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rehearsal.kubelet.capacity.groups import Group
from rehearsal.kubelet.capacity.scaling import fits, has_disk
from rehearsal.kubelet.capacity.sizes import Size
from rehearsal.kubelet.environment import expanded, quantity, resource, service_variables
from rehearsal.kubernetes.programs import Program, Table, repository
from tests.rehearsal.sandboxed import run_inside


def test_nodes_and_pods_run_in_the_sandbox(built: Path) -> None:
    run_inside(Path(__file__).with_name("inside_kubelet.py"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("$(A)-$(B)", "1-$(B)", id="what is unknown stays"),
        pytest.param("$$(A) $$", "$(A) $", id="escaped"),
        pytest.param("$A ${A} $()", "$A ${A} $()", id="no reference"),
    ],
)
def test_references_are_replaced(text: str, value: str) -> None:
    assert expanded(text, {"A": "1"}) == value


@pytest.mark.parametrize(
    ("text", "value"), [("2", 2), ("100m", 0.1), ("1Ki", 1024), ("2Gi", 2 << 30), ("1e3", 1000), ("1.5G", 1.5e9)]
)
def test_quantities_are_read(text: str, value: float) -> None:
    assert float(quantity(text)) == value


def test_what_is_no_quantity_is_an_error() -> None:
    with pytest.raises(ValueError, match="2Gb is no quantity"):
        quantity("2Gb")


def test_a_resource_is_told_in_its_divisor_and_rounded_up() -> None:
    container = {"resources": {"limits": {"memory": "1025Ki"}}}
    assert resource({}, container, {"resource": "limits.memory", "divisor": "1Mi"}) == "2"


def test_a_container_knows_the_services_of_its_namespace_and_the_api_server() -> None:
    def service(namespace: str, name: str, address: str) -> dict[str, Any]:
        ports = [{"name": "http", "port": 8081}]
        return {"metadata": {"namespace": namespace, "name": name}, "spec": {"clusterIP": address, "ports": ports}}

    values = service_variables(
        "hub",
        [
            service("hub", "proxy-api", "10.100.0.7"),
            service("other", "proxy", "10.100.0.8"),
            service("hub", "headless", "None"),
            service("default", "kubernetes", "10.100.0.1"),
        ],
    )
    assert {name.partition("_SERVICE")[0] for name in values if "_SERVICE_HOST" in name} == {"PROXY_API", "KUBERNETES"}
    assert {name: value for name, value in values.items() if name.startswith("PROXY_API")} == {
        "PROXY_API_SERVICE_HOST": "10.100.0.7",
        "PROXY_API_SERVICE_PORT": "8081",
        "PROXY_API_SERVICE_PORT_HTTP": "8081",
        "PROXY_API_PORT": "tcp://10.100.0.7:8081",
        "PROXY_API_PORT_8081_TCP": "tcp://10.100.0.7:8081",
        "PROXY_API_PORT_8081_TCP_PROTO": "tcp",
        "PROXY_API_PORT_8081_TCP_PORT": "8081",
        "PROXY_API_PORT_8081_TCP_ADDR": "10.100.0.7",
    }


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("quay.io/jupyter/base-notebook:2026-01-01", "quay.io/jupyter/base-notebook"),
        ("localhost:5000/image", "localhost:5000/image"),
        ("example.com/a/b:1@sha256:abc", "example.com/a/b"),
    ],
)
def test_an_image_is_known_by_its_name(image: str, name: str) -> None:
    assert repository(image) == name
    assert Table({name: Program()})(image) == Program()


@pytest.mark.parametrize(
    ("command", "arguments", "words"),
    [
        pytest.param([], [], ["/built/it", "--own"], id="the image's own"),
        pytest.param([], ["--other"], ["/built/it", "--other"], id="other arguments"),
        pytest.param(["it"], [], ["/built/it"], id="a command of the image"),
        pytest.param(["sh", "-c"], ["ls"], ["sh", "-c", "ls"], id="another command"),
    ],
)
def test_a_command_line_is_made_as_for_an_image(command: list[str], arguments: list[str], words: list[str]) -> None:
    program = Program(entrypoint=("it",), arguments=("--own",), commands={"it": "/built/it"})
    assert program.command(command, arguments) == words


def test_a_node_keeps_what_eks_keeps_for_itself() -> None:
    # Of an m5.xlarge, as `kubectl describe node` tells it: 3920m of processors.
    assert Size("amd64", cpu=4, memory=16384, disk=100, pods=58, attachments=27).allocatable == {
        "cpu": "3920m",
        "memory": f"{16384 - 255 - 11 * 58 - 100}Mi",
        "ephemeral-storage": str(89 * 2**30),
        "pods": "58",
    }


GROUP = Group(
    {
        "nodegroupName": "user",
        "labels": {"purpose": "user"},
        "taints": [
            {"key": "dedicated", "value": "user", "effect": "NO_SCHEDULE"},
            {"key": "efs.csi.aws.com/agent-not-ready", "effect": "NO_EXECUTE"},
        ],
    }
)
TOLERATION = {"key": "dedicated", "operator": "Equal", "value": "user", "effect": "NoSchedule"}


def affinity(operator: str, *values: str) -> dict[str, Any]:
    term = {"matchExpressions": [{"key": "purpose", "operator": operator, "values": list(values)}]}
    required = {"nodeSelectorTerms": [term]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}


@pytest.mark.parametrize(
    ("spec", "fitting"),
    [
        pytest.param({"tolerations": [TOLERATION]}, True, id="tolerated"),
        pytest.param({}, False, id="not tolerated"),
        pytest.param({"tolerations": [{"operator": "Exists"}]}, True, id="all tolerated"),
        pytest.param({"tolerations": [{**TOLERATION, "value": "core"}]}, False, id="another value"),
        pytest.param({"tolerations": [TOLERATION], "nodeSelector": {"purpose": "core"}}, False, id="another label"),
        pytest.param({"tolerations": [TOLERATION], "affinity": affinity("In", "user")}, True, id="in"),
        pytest.param({"tolerations": [TOLERATION], "affinity": affinity("NotIn", "user")}, False, id="not in"),
        pytest.param({"tolerations": [TOLERATION], "affinity": affinity("DoesNotExist")}, False, id="does not exist"),
    ],
)
def test_a_group_grows_for_pods_that_its_nodes_can_take(spec: dict[str, Any], fitting: bool) -> None:
    assert fits({"spec": spec}, GROUP) is fitting


@pytest.mark.parametrize(
    ("asked", "tag", "there", "enough"),
    [
        pytest.param(None, None, False, True, id="asks for none"),
        pytest.param("1Gi", None, False, False, id="of a group without nodes nobody knows"),
        pytest.param("1Gi", "89Gi", False, True, id="a tag tells"),
        pytest.param("90Gi", "89Gi", False, False, id="a tag tells of less"),
        pytest.param("1Gi", None, True, True, id="a node tells"),
        pytest.param("90000M", None, True, True, id="a node tells of as much"),
        pytest.param("100Gi", None, True, False, id="a node tells of less"),
    ],
)
def test_a_group_grows_for_pods_for_which_its_disks_are_large_enough(
    asked: str | None, tag: str | None, there: bool, enough: bool
) -> None:
    requests = {"cpu": "1", **({"ephemeral-storage": asked} if asked else {})}
    pod = {"spec": {"containers": [{"name": "notebook", "resources": {"requests": requests}}, {"name": "beside"}]}}
    tags = {"k8s.io/cluster-autoscaler/node-template/resources/ephemeral-storage": tag} if tag else {}
    group = Group({**GROUP.facts, "tags": tags})
    machine: Any = SimpleNamespace(
        group=group, size=Size("amd64", cpu=4, memory=16384, disk=100, pods=58, attachments=27)
    )
    assert has_disk(pod, group, [machine] if there else []) is enough
