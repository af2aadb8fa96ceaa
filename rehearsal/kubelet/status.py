"""What a kubelet tells of a pod."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rehearsal.kubelet.api import Object
from rehearsal.kubelet.containers import Container, now

Since = dict[str, tuple[str, str]]
"""The status of each condition, and the time from which it has been so."""


def all_containers(spec: Object) -> list[Object]:
    """The containers of a pod, the first ones, too."""
    return [*spec.get("initContainers", ()), *spec["containers"]]


def is_sidecar(spec: Object) -> bool:
    """Whether a container that starts first runs as long as the others."""
    return spec.get("restartPolicy") == "Always"


def status(
    pod: Object,
    first: Sequence[Container],
    containers: Sequence[Container],
    since: Since,
    *,
    address: str,
    problem: str | None,
) -> Object:
    """A pod's status; conditions that others set are left out."""
    initialized = len(first) == len(pod["spec"].get("initContainers", ())) and all(
        each.running if is_sidecar(each.spec) else each.ended == 0 for each in first
    )
    ready = bool(containers) and all(each.ready for each in containers)
    gates = [gate["conditionType"] for gate in pod["spec"].get("readinessGates", ())]
    told = {each["type"]: each["status"] for each in pod.get("status", {}).get("conditions", ())}
    open_gates = [gate for gate in gates if told.get(gate) != "True"]
    since.setdefault("start", ("", now()))
    found: Object = {
        "phase": _phase(first, containers, initialized=initialized),
        "startTime": since["start"][1],
        "hostIP": pod.get("status", {}).get("hostIP"),
        "conditions": [
            _condition("Initialized", initialized, since),
            _condition("ContainersReady", ready, since),
            _condition("Ready", ready and not open_gates, since, "ReadinessGatesNotReady" if open_gates else None),
        ],
        "initContainerStatuses": [each.status for each in first],
        "containerStatuses": [each.status for each in containers],
    }
    if address:
        found |= {"podIP": address, "podIPs": [{"ip": address}]}
    if problem:
        found["containerStatuses"] = [_waiting(each, problem) for each in pod["spec"]["containers"]]
    return found


def _phase(first: Sequence[Container], containers: Sequence[Container], *, initialized: bool) -> str:
    if any(each.ended for each in first):
        return "Failed"
    if not containers or not initialized:
        return "Pending"
    ends = [each.ended for each in containers]
    if all(end is not None for end in ends):
        return "Failed" if any(ends) else "Succeeded"
    return "Running" if any(each.begun for each in containers) else "Pending"


def _condition(kind: str, is_so: bool, since: Since, reason: str | None = None) -> dict[str, Any]:
    value = "True" if is_so else "False"
    if since.get(kind, ("", ""))[0] != value:
        since[kind] = value, now()
    return {"type": kind, "status": value, "lastTransitionTime": since[kind][1], "reason": reason}


def _waiting(container: Object, problem: str) -> dict[str, Any]:
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": False,
        "restartCount": 0,
        "state": {"waiting": {"reason": "ContainerCreating", "message": problem}},
    }
