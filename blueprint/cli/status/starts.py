"""What took the start of each server how long, by its pod and by Kubernetes' events, which it keeps for an hour."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from blueprint.cli.cluster.kubernetes import Kubernetes, Object
from blueprint.cli.status.amounts import seconds, time
from blueprint.cli.status.servers import whose
from blueprint.config.problems import plain
from blueprint.versions import JUPYTERHUB

_EVENTS: Final = f"/api/v1/namespaces/{JUPYTERHUB.namespace}/events"
_OF_SERVERS: Final = re.compile("jupyter-(?P<person>.+)|rights-(?P<with_rights>.+)-[0-9a-f]{32}")
"""The names of servers' pods, and of those with rights in AWS (`charts/hub/rights.py`)."""
_MORE_NODES: Final = {"TriggeredScaleUp", "Nominated"}
_MOUNTED: Final = {"SuccessfulAttachVolume", "SuccessfulMountVolume"}
_TOOK: Final = re.compile(r" in ([0-9a-zµ.]+)(?: \(([0-9a-zµ.]+) including waiting\))?")


@dataclass(frozen=True)
class Row:
    """One start: seconds of each part, None where nobody knows, and what it waits for, if it does."""

    user: str
    server: str
    begun: str
    queued: float | None
    node: float | None
    volumes: float | None
    image: float | None
    start: float | None
    total: float | None
    waits_for: str

    def as_json(self) -> dict[str, Any]:
        """All of it by name."""
        return asdict(self)


def rows(cluster: Kubernetes, pods: Sequence[Object], now: datetime) -> list[Row]:
    """A row for each server that starts or runs, and for each of the last hour's that is gone; the newest first."""
    told: defaultdict[str, list[Object]] = defaultdict(list)
    for each in cluster.listed(_EVENTS, fieldSelector="involvedObject.kind=Pod"):
        about = each.get("involvedObject") or {}
        if _OF_SERVERS.fullmatch(str(about.get("name", ""))):
            told[str(about.get("uid", ""))].append(each)
    born = {each["metadata"]["name"]: time(each["metadata"].get("creationTimestamp")) for each in _nodes(cluster, pods)}
    made = [_of_pod(pod, told.pop(pod["metadata"].get("uid", ""), []), born, now) for pod in pods]
    made += [row for events in told.values() if (row := _of_events(events))]
    return sorted(made, key=lambda each: each.begun, reverse=True)


def _nodes(cluster: Kubernetes, pods: Sequence[Object]) -> list[Object]:
    return cluster.listed("/api/v1/nodes") if pods else []


def _of_pod(pod: Object, events: list[Object], born: dict[str, datetime | None], now: datetime) -> Row:
    status = pod.get("status") or {}
    begun = time(pod["metadata"].get("creationTimestamp")) or now
    conditions = {
        each["type"]: time(each.get("lastTransitionTime"))
        for each in status.get("conditions") or ()
        if each.get("status") == "True"
    }
    placed = conditions.get("PodScheduled") or _first(events, {"Scheduled"})
    running = _container_starts(status) or _last(events, {"Started"})
    ready = conditions.get("Ready") or running
    node_born = born.get(str(pod["spec"].get("nodeName") or ""))
    if node_born and node_born < begun:
        node_born = None
    waits = "" if ready else _waits(status, events)
    return _row(whose(pod), events, begun, placed, node_born, running, ready or now, waits)


def _of_events(events: list[Object]) -> Row | None:
    """A start whose pod is gone. What the events of its end tell is no start."""
    begun = _first(events, {"FailedScheduling", *_MORE_NODES, "Scheduled"})
    if begun is None:
        return None
    placed, running = _first(events, {"Scheduled"}), _last(events, {"Started"})
    match = _OF_SERVERS.fullmatch(str(events[0]["involvedObject"]["name"]))
    name = (match["person"] or match["with_rights"]) if match else ""
    failed = "" if running else _waits({}, events) or "it never started"
    return _row((name, ""), events, begun, placed, None, running, running, failed)


def _row(
    owner: tuple[str, str],
    events: list[Object],
    begun: datetime,
    placed: datetime | None,
    node_born: datetime | None,
    running: datetime | None,
    end: datetime | None,
    waits: str,
) -> Row:
    asked = _first(events, _MORE_NODES) or node_born
    queued = _between(begun, min(asked, placed) if asked and placed else asked or placed)
    node = _between(asked, placed) if asked else (0.0 if placed else None)
    image = _pulling(events)
    pulled_at = _first(events, {"Pulling", "Pulled"})
    volumes = _between(placed, _last(events, _MOUNTED) or pulled_at)
    start = _between(placed, running)
    if start is not None:
        start = max(start - (volumes or 0.0) - (image or 0.0), 0.0)
    return Row(*owner, f"{begun:%Y-%m-%dT%H:%M:%SZ}", queued, node, volumes, image, start, _between(begun, end), waits)


def _pulling(events: Iterable[Object]) -> float | None:
    """Seconds of all pulls; 0 where all images were there."""
    pulled = [each for each in events if each.get("reason") == "Pulled"]
    if not pulled:
        return None
    total = 0.0
    for each in pulled:
        if match := _TOOK.search(str(each.get("message", ""))):
            total += seconds(match[2] or match[1]) or 0.0
    return round(total, 1)


def _waits(status: Object, events: Iterable[Object]) -> str:
    """The last that Kubernetes warned of, or the reason why a container waits."""
    warned = [(at, each) for each in events if each.get("type") == "Warning" and (at := _at(each, last=True))]
    if warned:
        latest = max(warned, key=lambda each: each[0])[1]
        return f"{latest.get('reason', '')}: {_short(latest.get('message'))}"
    for each in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
        if waiting := (each.get("state") or {}).get("waiting"):
            return f"{waiting.get('reason', '')}: {_short(waiting.get('message'))}".rstrip(": ")
    for each in status.get("conditions") or ():
        if each.get("type") == "PodScheduled" and each.get("status") == "False":
            return f"{each.get('reason', '')}: {_short(each.get('message'))}"
    return ""


def _short(message: object) -> str:
    return plain(str(message or "").partition("\n")[0])[:160]


def _container_starts(status: Object) -> datetime | None:
    """When the last container began that runs."""
    times = [
        time(((each.get("state") or {}).get("running") or {}).get("startedAt"))
        for each in status.get("containerStatuses") or ()
    ]
    return max((each for each in times if each), default=None)


def _first(events: Iterable[Object], reasons: set[str]) -> datetime | None:
    return min((at for each in events if each.get("reason") in reasons and (at := _at(each))), default=None)


def _last(events: Iterable[Object], reasons: set[str]) -> datetime | None:
    return max((at for each in events if each.get("reason") in reasons and (at := _at(each, last=True))), default=None)


def _at(event: Object, *, last: bool = False) -> datetime | None:
    """When it happened first, or last: in one of the fields that old and new ways to tell events use."""
    series = event.get("series") or {}
    order = ["firstTimestamp", "eventTime", "lastTimestamp"]
    found = [series.get("lastObservedTime")] if last else []
    found += [event.get(each) for each in (reversed(order) if last else order)]
    return next((at for each in found if each and (at := time(each))), None)


def _between(begin: datetime | None, end: datetime | None) -> float | None:
    return round(max((end - begin).total_seconds(), 0.0), 1) if begin and end else None
