"""The pods of hub and controllers are ready, as the cluster's own API has them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from blueprint.cli.changing.trouble import TroubleError
from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.findings import Finding, fault, listed, ok, warning
from blueprint.cli.checks.world import World
from blueprint.cli.cluster.kubernetes import cluster_of
from blueprint.config.problems import plain
from blueprint.versions import charts

YOUNG: Final = timedelta(minutes=5)
"""Within which a pod may still start."""
OFTEN: Final = 5
_OF_PEOPLE: Final = ("singleuser-server", "user-placeholder", "image-puller")
"""Components whose pods come and wait as people do."""


def pods(world: World) -> Iterator[Finding]:
    """Those that have ended, and those of people, are nobody's fault."""
    config = world.config
    namespaces = sorted({"kube-system", *(chart.namespace for chart in charts(config.nodes_user_scaling))})
    try:
        cluster = cluster_of(world)
        found = [each for name in namespaces for each in cluster.listed(f"/api/v1/namespaces/{name}/pods")]
    except TroubleError as error:
        yield from (replace(each, level="unknown") for each in error.findings)
        return
    yield from judged(found, world.now)


def judged(found: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[Finding]:
    """What is to be said of pods."""
    mine = [each for each in found if _counts(each, now)]
    wanting = [f"{_name(each)} ({_why(each)})" for each in mine if not _ready(each)]
    again = [_name(each) for each in mine if _ready(each) and _restarts(each) > OFTEN]
    if wanting:
        yield fault(f"Pods are not ready: {listed(wanting, 3)}.", "kubectl describe pod, and docs/troubleshooting.md")
    if again:
        text = f"Pods were started again more than {OFTEN} times: {listed(again, 3)}."
        yield warning(text, "kubectl logs --previous says why they ended")
    if not mine:
        yield fault("There is no pod of hub and controllers.", "cdk deploy Hub")
    elif not wanting and not again:
        yield ok(f"{len(mine)} pods of hub and controllers are ready.")


def _counts(pod: Mapping[str, Any], now: datetime) -> bool:
    labels = pod["metadata"].get("labels") or {}
    ended = pod["status"].get("phase") == "Succeeded" or "deletionTimestamp" in pod["metadata"]
    made = datetime.fromisoformat(pod["metadata"]["creationTimestamp"].replace("Z", "+00:00"))
    young = now - made < YOUNG and not _ready(pod)
    return not ended and not young and labels.get("component") not in _OF_PEOPLE


def _ready(pod: Mapping[str, Any]) -> bool:
    conditions = pod["status"].get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _containers(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*(pod["status"].get("initContainerStatuses") or ()), *(pod["status"].get("containerStatuses") or ())]


def _restarts(pod: Mapping[str, Any]) -> int:
    return max((int(each.get("restartCount", 0)) for each in _containers(pod)), default=0)


def _why(pod: Mapping[str, Any]) -> str:
    waiting = [(each.get("state") or {}).get("waiting") or {} for each in _containers(pod)]
    reasons = [each["reason"] for each in waiting if each.get("reason")]
    reasons += [each["reason"] for each in pod["status"].get("conditions") or () if each.get("reason")]
    return plain(str((reasons or [pod["status"].get("phase", "unknown")])[0]))


def _name(pod: Mapping[str, Any]) -> str:
    return plain(f"{pod['metadata']['namespace']}/{pod['metadata']['name']}")


CHECKS = (Check("pods", pods, workload=True),)
