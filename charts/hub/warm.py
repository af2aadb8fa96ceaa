"""Runs in the hub: by a calendar, keeps room on a user node for whoever comes next.

The room is a pod that asks for it and does nothing. Whoever needs it pushes it out, by its low priority; then it waits,
and has the autoscaler start the next node.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from kubernetes_asyncio import client, config
from kubernetes_asyncio.client.exceptions import ApiException
from tornado.log import app_log as log

Window = Mapping[str, Any]
INTERVAL = 20
"""Seconds."""
TASKS: set[asyncio.Task[None]] = set()
_ALIVE = ("Pending", "Running")


def wanted(windows: Sequence[Window], now: datetime) -> bool:
    """Whether a moment is in one of the windows, by the clocks of its zone."""
    return any(_within(window, now.astimezone(ZoneInfo(window["zone"]))) for window in windows)


def _within(window: Window, there: datetime) -> bool:
    minute = 60 * there.hour + there.minute
    return there.weekday() in window["days"] and window["begin"] <= minute < window["end"]


async def look(api: Any, pod: Mapping[str, Any], owner: str, *, wanted: bool) -> None:
    """Bring what there is closer to what is wanted, by one step.

    What a hub of other settings made, or what has ended, goes first; the next look makes it anew.
    """
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    try:
        found = await api.read_namespaced_pod(name, namespace)
    except ApiException as error:
        if error.status != 404:
            raise
        if wanted:
            await api.create_namespaced_pod(namespace, await _owned(api, pod, owner))
        return
    ours = any(each.name == owner for each in found.metadata.owner_references or ())
    if found.metadata.deletion_timestamp is None and not (wanted and ours and found.status.phase in _ALIVE):
        await api.delete_namespaced_pod(name, namespace)


async def _owned(api: Any, pod: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """The pod as one that Kubernetes removes with the hub's, if this one's settings know nothing of it any more."""
    hub = await api.read_namespaced_pod(owner, pod["metadata"]["namespace"])
    reference = {"apiVersion": "v1", "kind": "Pod", "name": owner, "uid": hub.metadata.uid}
    return {**pod, "metadata": {**pod["metadata"], "ownerReferences": [reference]}}


async def keep(windows: Sequence[Window], pod: Mapping[str, Any]) -> None:
    """Look again and again: after a restart, and when a window has begun or ended meanwhile, too."""
    config.load_incluster_config()  # type: ignore[no-untyped-call]
    async with client.ApiClient() as connection:
        api = client.CoreV1Api(connection)
        while True:
            try:
                await look(api, pod, os.environ["HOSTNAME"], wanted=wanted(windows, datetime.now(UTC)))
            except Exception as error:  # whatever it is, it may be over at the next look
                log.warning("The placeholder of nodes.user.warm is not looked after for now: %s", error)
            await asyncio.sleep(INTERVAL)


def configure(settings: Mapping[str, Any]) -> None:
    """Begin to look; `settings` is `custom.warm` of the chart's values."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return  # a command that serves nobody reads the configuration, too
    TASKS.add(loop.create_task(keep(settings["windows"], settings["pod"])))
