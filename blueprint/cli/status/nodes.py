"""Nodes: what they are, where, and how full."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from blueprint.cli.cluster.kubernetes import Kubernetes, Object
from blueprint.cli.status.amounts import quantity, time

_CAPACITY: Final = ("eks.amazonaws.com/capacityType", "karpenter.sh/capacity-type")
_ENDED: Final = ("Succeeded", "Failed")


@dataclass(frozen=True)
class Row:
    """One node; shares are of what pods may have, and None where nobody knows."""

    name: str
    purpose: str
    type: str
    spot: bool
    zone: str
    ready: bool
    leaving: bool
    servers: int
    asked_cpu: float
    asked_memory: float
    used_cpu: float | None
    used_memory: float | None
    age_seconds: float

    def as_json(self) -> dict[str, Any]:
        """All of it by name."""
        return asdict(self)


def rows(cluster: Kubernetes, now: datetime) -> list[Row]:
    """Each node, the users' last."""
    asked: defaultdict[str, list[Object]] = defaultdict(list)
    for pod in cluster.listed("/api/v1/pods"):
        if pod.get("status", {}).get("phase") not in _ENDED and (node := pod["spec"].get("nodeName")):
            asked[node].append(pod)
    used = {
        each["metadata"]["name"]: each.get("usage") or {}
        for each in cluster.listed("/apis/metrics.k8s.io/v1beta1/nodes")
    }
    found = [
        _row(node, asked[node["metadata"]["name"]], used.get(node["metadata"]["name"]), now)
        for node in cluster.listed("/api/v1/nodes")
    ]
    return sorted(found, key=lambda each: (each.purpose, each.zone, each.name))


def _row(node: Object, pods: list[Object], usage: dict[str, str] | None, now: datetime) -> Row:
    labels = node["metadata"].get("labels") or {}
    room = node.get("status", {}).get("allocatable") or {}
    cpu, memory = quantity(room.get("cpu", 0)), quantity(room.get("memory", 0))
    begun = time(node["metadata"].get("creationTimestamp"))
    conditions = {each["type"]: each["status"] for each in node.get("status", {}).get("conditions") or ()}
    return Row(
        node["metadata"]["name"],
        labels.get("hub.jupyter.org/node-purpose") or labels.get("eks.amazonaws.com/compute-type") or "system",
        labels.get("node.kubernetes.io/instance-type", ""),
        any(labels.get(each, "").lower() == "spot" for each in _CAPACITY),
        labels.get("topology.kubernetes.io/zone", ""),
        conditions.get("Ready") == "True",
        bool(node["spec"].get("unschedulable")) or "deletionTimestamp" in node["metadata"],
        sum((pod["metadata"].get("labels") or {}).get("component") == "singleuser-server" for pod in pods),
        _share(sum(_asked(pod, "cpu") for pod in pods), cpu),
        _share(sum(_asked(pod, "memory") for pod in pods), memory),
        _share(quantity(usage.get("cpu", 0)), cpu) if usage else None,
        _share(quantity(usage.get("memory", 0)), memory) if usage else None,
        (now - begun).total_seconds() if begun else 0.0,
    )


def _asked(pod: Object, kind: str) -> float:
    """What a pod is sure to get: its containers' together, or the largest of those that run before them."""
    spec = pod["spec"]
    together = _sum(spec.get("containers") or (), kind)
    first = [_sum([each], kind) for each in spec.get("initContainers") or ()]
    return max([together, *first])


def _sum(containers: Iterable[Object], kind: str) -> float:
    return sum(quantity(((each.get("resources") or {}).get("requests") or {}).get(kind, 0)) for each in containers)


def _share(part: float, whole: float) -> float:
    return round(part / whole, 3) if whole else 0.0
