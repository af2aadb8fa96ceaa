"""Which node groups want a node more, as the cluster autoscaler sees it: for pods that no node can take."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rehearsal.kubelet.api import Object
from rehearsal.kubelet.capacity.groups import Group
from rehearsal.kubelet.capacity.machines import Machine
from rehearsal.kubelet.environment import quantity
from rehearsal.kubernetes.programs import repository

_DISK: Final = "ephemeral-storage"
_TEMPLATE: Final = "k8s.io/cluster-autoscaler/node-template/resources"
_STARTUP: Final = "/agent-not-ready"
_AUTOSCALER: Final = "/cluster-autoscaler"
_NO_NODES_FAULT: Final = "unbound immediate PersistentVolumeClaims"
_SETTLING: Final = 10.0
"""Seconds that the scheduler may take to find a new node."""


def wanting(pods: Iterable[Object], groups: Sequence[Group], machines: Sequence[Machine]) -> list[Group]:
    """The groups that are to grow by one; none where no autoscaler runs."""
    grown: list[Group] = []
    known = list(pods)
    if not any(_is_autoscaler(pod) for pod in known):
        return grown
    for pod in known:
        if not _stuck(pod):
            continue
        fitting = [
            group
            for group in groups
            if group.desired < group.largest
            and _settled(group, machines)
            and fits(pod, group)
            and has_disk(pod, group, machines)
        ]
        if fitting and fitting[0] not in grown:
            grown.append(fitting[0])
    return grown


def fits(pod: Object, group: Group) -> bool:
    """Whether a pod may be on a group's nodes, by selectors, affinity and taints."""
    spec = pod["spec"]
    labels = {**group.labels, "eks.amazonaws.com/nodegroup": group.name, "kubernetes.io/os": "linux"}
    affinity = spec.get("affinity", {}).get("nodeAffinity", {})
    terms = affinity.get("requiredDuringSchedulingIgnoredDuringExecution", {}).get("nodeSelectorTerms")
    return (
        spec.get("nodeSelector", {}).items() <= labels.items()
        and (terms is None or any(_matches(term, labels) for term in terms))
        and all(_tolerated(taint, spec.get("tolerations", ())) for taint in group.taints)
    )


def has_disk(pod: Object, group: Group, machines: Sequence[Machine]) -> bool:
    """Whether a new node's disk is large enough. Without a node the autoscaler knows of none but by the group's tag."""
    asked = sum(
        quantity(each.get("resources", {}).get("requests", {}).get(_DISK, "0")) for each in pod["spec"]["containers"]
    )
    mine = [each.size.allocatable[_DISK] for each in machines if each.group and each.group.name == group.name]
    tagged = group.facts.get("tags", {}).get(f"{_TEMPLATE}/{_DISK}", "0")
    return asked <= quantity(mine[0] if mine else tagged)


def _is_autoscaler(pod: Object) -> bool:
    running = pod.get("status", {}).get("phase") == "Running"
    return running and any(repository(each["image"]).endswith(_AUTOSCALER) for each in pod["spec"]["containers"])


def _stuck(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(
        each["type"] == "PodScheduled"
        and each.get("reason") == "Unschedulable"
        and _NO_NODES_FAULT not in each.get("message", "")
        for each in conditions
    )


def _settled(group: Group, machines: Sequence[Machine]) -> bool:
    mine = [each for each in machines if each.group and each.group.name == group.name]
    return len(mine) >= group.desired and all(time.monotonic() - each.since > _SETTLING for each in mine)


def _matches(term: Object, labels: Mapping[str, str]) -> bool:
    """Whether a term of a node affinity holds. Raises ValueError for an operator that is unknown."""
    for each in term.get("matchExpressions", ()):
        value, values = labels.get(each["key"]), each.get("values", ())
        match each["operator"]:
            case "In":
                holds = value in values
            case "NotIn":
                holds = value not in values
            case "Exists":
                holds = value is not None
            case "DoesNotExist":
                holds = value is None
            case _:
                raise ValueError(f"the stand-in knows no operator {each['operator']} of node affinities")
        if not holds:
            return False
    return True


def _tolerated(taint: Mapping[str, str], tolerations: Iterable[Object]) -> bool:
    if taint["effect"] == "PreferNoSchedule" or taint["key"].endswith(_STARTUP):
        return True
    return any(
        each.get("key") in (None, taint["key"])
        and each.get("effect") in (None, taint["effect"])
        and (each.get("operator") == "Exists" or each.get("value", "") == taint.get("value", ""))
        for each in tolerations
    )
