"""Runs in the hub: what people read while their server starts, from what Kubernetes tells of it."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from statistics import median
from typing import Any

from kubernetes_asyncio.client import ApiException
from traitlets import import_item

from hub.refusals import limit_met

WORDS = {
    "FailedScheduling": "No machine that runs has room for your server: it waits for one.",
    "TriggeredScaleUp": "A new machine is starting: about {time}.",
    "LoggingDisabled": "A machine of your own is starting: about {time}.",
    "NotTriggerScaleUp": "No further machine can be started now. Your server gets its place when another one ends.",
    "Scheduled": "Your server has its place on a machine.",
    "SuccessfulAttachVolume": "Your home directory is there.",
    "FailedAttachVolume": "Your home directory is not there yet. It is tried again.",
    "FailedMount": "Your home directory is not there yet. It is tried again.",
    "Pulling": "The software is loaded onto the machine: about {time}.",
    "Pulled": "The software is there.",
    "Started": "Your server is starting: some seconds more.",
}
"""What the reasons of events mean to who waits. The first that Fargate says of a pod is that it keeps no log of it."""
LAST = {"TriggeredScaleUp": "Scheduled", "LoggingDisabled": "Scheduled", "Pulling": "Pulled"}
"""Of what it is told how long it takes, and what ends it."""
USUAL = {"TriggeredScaleUp": 120.0, "LoggingDisabled": 90.0, "Pulling": 120.0}
"""Seconds, before this hub has seen any (docs/start-times.md)."""
FULL = "Try again when others have stopped their servers"
SEEN: defaultdict[str, dict[str, float]] = defaultdict(dict)
"""The seconds that it took the last pods."""


class Starting:
    """What this deployment adds to a spawner: its progress in words."""

    async def start(self) -> Any:
        """Start, or say in words that Kubernetes' quota leaves no room."""
        try:
            return await super().start()  # type: ignore[misc]
        except ApiException as error:
            if error.status == 403 and "exceeded quota" in (error.body or ""):
                raise limit_met(["All machines of this hub are taken"], FULL, "the hub's administrators") from error
            raise

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """Tell of each event as it comes."""
        times: dict[str, datetime] = {}
        if told_first := getattr(self, "told_first", ""):
            yield {"progress": 0, "message": told_first}
        async for said in super().progress():  # type: ignore[misc]
            event = said.get("raw_event")
            yield {**said, "message": (event and words_of(event, times)) or said["message"]}


def words_of(event: Mapping[str, Any], times: dict[str, datetime]) -> str | None:
    """What an event means to who waits, if it is one that does; `times` are those of the events before it."""
    reason, pod = _reason(event), event["involvedObject"]
    told = event["lastTimestamp"] or event["eventTime"] or event["metadata"]["creationTimestamp"]
    times.setdefault(reason, datetime.fromisoformat(told))
    for begin, end in LAST.items():
        if reason == end and begin in times:
            seen = SEEN[begin]
            seen[pod["uid"]] = (times[reason] - times[begin]).total_seconds()
            for former in [*seen][:-20]:
                del seen[former]
    if reason == "Started" and "initContainers" in (pod.get("fieldPath") or ""):
        return "The network is closed to others: some seconds more."
    if reason in ("Failed", "BackOff") and "pull" in event["message"].lower():
        return "The software cannot be loaded. It is tried again; if this goes on, tell the administrators."
    if reason == "FailedMount" and "-rights-" in event["message"]:  # in the name of a volume that is part of a bucket
        return "A folder of data is not there yet. It is tried again; if this goes on, tell the administrators."
    seconds = median(SEEN[reason].values()) if SEEN.get(reason) else USUAL.get(reason, 0)
    return WORDS[reason].format(time=spoken(seconds)) if reason in WORDS else None


def _reason(event: Mapping[str, Any]) -> str:
    """Why an event came; Karpenter's in the autoscaler's terms."""
    reason, message = str(event["reason"]), event["message"] or ""
    if reason == "Nominated" and "nodeclaim/" in message:
        return "TriggeredScaleUp"
    return "NotTriggerScaleUp" if reason == "FailedScheduling" and "exceed limits for nodepool" in message else reason


def spoken(seconds: float) -> str:
    """A time as people say it, rather too long than too short."""
    if seconds <= 50:
        return f"{max(1, -int(-seconds // 10)) * 10} seconds"
    minutes = -int(-seconds // 60)
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def configure(c: Any) -> None:
    """Extend the spawner class."""
    base = c.JupyterHub.spawner_class
    base = import_item(base) if isinstance(base, str) else base
    c.JupyterHub.spawner_class = type(base.__name__, (Starting, base), {})
