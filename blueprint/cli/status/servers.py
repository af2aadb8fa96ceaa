"""Servers: whose, what was chosen, since when nobody works there, on which node."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from blueprint.cli.cluster.errand import MANAGED
from blueprint.cli.cluster.hub import Person, Server
from blueprint.cli.cluster.kubernetes import Kubernetes, Object
from blueprint.cli.status.amounts import time
from blueprint.versions import JUPYTERHUB

PODS: Final = f"/api/v1/namespaces/{JUPYTERHUB.namespace}/pods"
USER, SERVER = "hub.jupyter.org/username", "hub.jupyter.org/servername"


@dataclass(frozen=True)
class Row:
    """One server; seconds are those until now, and None where nobody knows."""

    user: str
    server: str
    state: str
    chosen: str
    idle_seconds: float | None
    age_seconds: float | None
    node: str
    cpu: str
    memory: str

    def as_json(self) -> dict[str, Any]:
        """All of it by name."""
        return asdict(self)


def pods(cluster: Kubernetes) -> list[Object]:
    """The pods of all servers; `verify --probe` has one of its own that has their labels."""
    found = cluster.listed(PODS, labelSelector="component=singleuser-server")
    return [each for each in found if not MANAGED.items() <= (each["metadata"].get("labels") or {}).items()]


def rows(found: Iterable[Object], people: Iterable[Person] | None, now: datetime) -> list[Row]:
    """A row for each server that the cluster or the hub knows, the one that was used last first."""
    known = {(each.name, server.name): server for each in people or () for server in each.servers}
    made = []
    for pod in found:
        owner = whose(pod)
        made.append(_row(owner, pod, known.pop(owner, None), now))
    made += [_row(owner, None, server, now) for owner, server in known.items()]
    return sorted(made, key=lambda each: (each.idle_seconds is None, each.idle_seconds or 0, each.user, each.server))


def whose(pod: Mapping[str, Any]) -> tuple[str, str]:
    """The name of a pod's user at the hub, and of the server."""
    metadata = pod.get("metadata") or {}
    notes = metadata.get("annotations") or {}
    return str(notes.get(USER) or metadata.get("name", "")), str(notes.get(SERVER) or "")


def _row(owner: tuple[str, str], pod: Object | None, server: Server | None, now: datetime) -> Row:
    spec, status = (pod or {}).get("spec") or {}, (pod or {}).get("status") or {}
    begun = time(status.get("startTime") or (server.started if server else ""))
    active = time(server.last_activity) if server else None
    asked = [(each.get("resources") or {}).get("requests") or {} for each in spec.get("containers") or ()]
    return Row(
        *owner,
        _state(pod, status, server),
        chosen(server.options) if server else "",
        (now - active).total_seconds() if active else None,
        (now - begun).total_seconds() if begun else None,
        str(spec.get("nodeName") or ""),
        str(asked[0].get("cpu", "")) if asked else "",
        str(asked[0].get("memory", "")) if asked else "",
    )


def _state(pod: Object | None, status: Mapping[str, Any], server: Server | None) -> str:
    if pod is None:
        return "the hub knows it, and has no pod for it" if server and server.ready else "about to start"
    if "deletionTimestamp" in pod["metadata"]:
        return "stopping"
    if server and server.pending:
        return f"pending: {server.pending}"
    if server and server.ready:
        return "ready"
    return str(status.get("phase") or "unknown").lower()


def chosen(options: Mapping[str, Any]) -> str:
    """The profile that was chosen, and what of its options."""
    profile = options.get("profile")
    if not profile:
        return ""
    others = {key: value for key, value in options.items() if key != "profile" and isinstance(value, str)}
    return " ".join([str(profile), *(f"{key}={value}" for key, value in sorted(others.items()))])
