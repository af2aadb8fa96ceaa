"""Runs in the hub: which servers are on a machine that is being taken away."""

import asyncio
import json
from functools import partial
from typing import Any

from kubernetes_asyncio import watch
from tornado.log import app_log as log

USERS = "hub.jupyter.org/node-purpose=user"
SERVERS = "component=singleuser-server"
TAINTS = {"karpenter.sh/disrupted", "node.kubernetes.io/unschedulable"}
"""What Karpenter puts on a node before it drains it, and EKS or whoever else does."""
_ANEW = 300
"""Seconds after which all nodes are read anew."""


class Nodes:
    """Users' nodes that are being taken away, by name, as Kubernetes tells of them; `api` is its CoreV1Api."""

    def __init__(self, api: Any) -> None:
        self.going: set[str] = set()
        self._api = api

    async def follow(self) -> None:
        """Take in what becomes of nodes, for ever."""
        while True:
            try:
                await self._follow()
            except Exception as error:  # whatever it is, it may be over at the next attempt
                log.warning("What becomes of nodes is not known for now: %s", error)
                await asyncio.sleep(5)

    async def servers(self, namespace: str) -> list[tuple[str, str]]:
        """Person and name of each server on them."""
        found = []
        for node in sorted(self.going):
            selectors = {"field_selector": f"spec.nodeName={node}", "label_selector": SERVERS}
            for pod in (await self._api.list_namespaced_pod(namespace, **selectors)).items:
                said = pod.metadata.annotations or {}
                found.append((said.get("hub.jupyter.org/username", ""), said.get("hub.jupyter.org/servername", "")))
        return found

    async def _follow(self) -> None:
        # Their texts are read as they are: there may be hundreds, and the library takes its time for each.
        read = partial(self._api.list_node, label_selector=USERS, _preload_content=False)
        whole = json.loads(await (await read()).read())
        self.going = {each["metadata"]["name"] for each in whole["items"] if goes_away(each)}
        version = whole["metadata"]["resourceVersion"]
        async with watch.Watch().stream(read, resource_version=version, timeout_seconds=_ANEW) as events:
            async for event in events:
                node = event["raw_object"]
                name = node["metadata"]["name"]
                gone = event["type"] == "DELETED" or not goes_away(node)
                (self.going.discard if gone else self.going.add)(name)


def goes_away(node: dict[str, Any]) -> bool:
    """Whether no new pods are to come to a node, and those that are there are to go."""
    return any(taint["key"] in TAINTS for taint in node["spec"].get("taints") or ())
