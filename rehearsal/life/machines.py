"""With Karpenter: machines come for servers and go when they are empty, and a controller that is killed goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from blueprint.config.facts.instances import known
from blueprint.config.facts.nodes import room
from blueprint.config.machines import USUAL
from blueprint.hub.names import DEDICATED
from blueprint.versions import JUPYTERHUB, KARPENTER, PAUSE
from rehearsal.kubernetes import objects
from rehearsal.life import looks
from rehearsal.world import World

_PODS: Final = f"/api/v1/namespaces/{JUPYTERHUB.namespace}/pods"
_POOLS: Final = "/apis/karpenter.sh/v1/nodepools"
_CLAIMS: Final = "/apis/karpenter.sh/v1/nodeclaims"
_OF_KARPENTER: Final = "labelSelector=app.kubernetes.io%2Fname%3Dkarpenter"
_CONTROLLERS: Final = f"/api/v1/namespaces/{KARPENTER.namespace}/pods?{_OF_KARPENTER}"
_POOL: Final = "karpenter.sh/nodepool"
_TYPE: Final = "node.kubernetes.io/instance-type"
_LARGE: Final = "too-large"


def come_and_go(world: World, user: str) -> Iterator[str]:
    """What runs for a person's server, for a pod that is too large for that, and for nobody."""
    node = _node(world, looks.server_pod(world, user)["spec"]["nodeName"])
    labels = node["metadata"]["labels"]
    looks.expect(USUAL, labels.get(_POOL), "the pool of the node of a notebook server")
    yield f"Karpenter started a {labels[_TYPE]} for the notebook server"
    largest = max(_types(world), key=lambda each: known()[each].cpus)
    before = {each["metadata"]["name"] for each in world.objects(_CLAIMS)}
    _make_pod(world, largest)
    looks.until(lambda: {each["metadata"]["name"] for each in world.objects(_CLAIMS)} - before, "a claim should come")
    kill_controllers(world)
    looks.until(lambda: _ready_node(world), "a pod too large for what runs should get a node")
    large = _node(world, _ready_node(world))
    looks.expect(largest, large["metadata"]["labels"][_TYPE], "the type of the node for a pod too large for the others")
    yield f"for a pod too large for what runs, a {largest} came, though Karpenter was killed in between"
    objects.ask(world.plane, "DELETE", f"{_PODS}/{_LARGE}?gracePeriodSeconds=0")
    at_once = {"spec": {"disruption": {"consolidateAfter": "10s"}}}
    objects.ask(world.plane, "PATCH", f"{_POOLS}/{USUAL}", at_once, "application/merge-patch+json")
    id = large["spec"]["providerID"].rpartition("/")[2]
    looks.until(lambda: id not in running(world), "the empty machine should go")
    yield "it went when nothing ran there, once its pool did not wait for half an hour"
    same = _node(world, node["metadata"]["name"])
    looks.expect(node["metadata"]["uid"], same["metadata"]["uid"], "the node of the notebook server")
    paired = "each claim should have one machine, and each machine a claim"
    looks.until(lambda: len(world.objects(_CLAIMS)) == len(running(world)), paired)
    yield "the notebook server's went on; each claim has one machine, and each machine a claim"


def kill_controllers(world: World) -> None:
    """Kill all of Karpenter's processes."""
    for each in world.objects(_CONTROLLERS):
        world.kubelet.kill_pod(KARPENTER.namespace, each["metadata"]["name"])


def kill_controllers_while_machines_go(world: World) -> str:
    """Kill them in the middle of a destroy."""

    def leaving() -> list[str]:
        claims = (each["metadata"] for each in world.objects(_CLAIMS))
        return [each["name"] for each in claims if "deletionTimestamp" in each]

    looks.until(leaving, "machines should go with their pools")
    kill_controllers(world)
    return f"Karpenter was killed while its machines went: {', '.join(leaving())}"


def running(world: World) -> list[str]:
    """The ids of the machines that Karpenter started and that did not end."""
    wanted = {"tag-key": [_POOL], "instance-state-name": ["pending", "running"]}
    filters = [{"Name": name, "Values": values} for name, values in wanted.items()]
    found = world.cloud(world.workload_account).client("ec2").describe_instances(Filters=filters)["Reservations"]
    return [each["InstanceId"] for reservation in found for each in reservation["Instances"]]


def _types(world: World) -> list[str]:
    """What the usual pool may start."""
    pool = json.loads(world.get(f"{_POOLS}/{USUAL}") or b"")
    requirements = pool["spec"]["template"]["spec"]["requirements"]
    found: list[str] = next(each["values"] for each in requirements if each["key"] == _TYPE)
    return found


def _make_pod(world: World, largest: str) -> None:
    """Make a pod of a person's that only the largest type has room for, and with no server beside it."""
    wanted = {"cpu": f"{room(known()[largest], world.config.nodes_disk_size).cpu * 95 // 100}m"}
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {"name": "main", "image": PAUSE, "resources": {"requests": wanted}, "securityContext": security}
    spec = {
        "containers": [container],
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "nodeSelector": {"hub.jupyter.org/node-purpose": "user"},
        "tolerations": [{**DEDICATED, "operator": "Equal"}],
        "automountServiceAccountToken": False,
    }
    objects.ask(world.plane, "POST", _PODS, {"metadata": {"name": _LARGE}, "spec": spec})


def _ready_node(world: World) -> str:
    """The node on which the large pod is ready; "" before."""
    pod = json.loads(world.get(f"{_PODS}/{_LARGE}") or b"")
    conditions = {each["type"]: each["status"] for each in pod["status"].get("conditions", ())}
    return str(pod["spec"]["nodeName"]) if conditions.get("Ready") == "True" else ""


def _node(world: World, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(world.get(f"/api/v1/nodes/{name}") or b"")
    return found
