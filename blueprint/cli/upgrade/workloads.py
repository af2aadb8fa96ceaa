"""What a change of a chart, or of Kubernetes' objects, means."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from blueprint.cli.upgrade.difference import Change

Weight = Literal["loss", "for good", "interrupts", "pauses", "quiet"]

_HUB: Final = "jupyterhub"
_CONTROLLERS: Final = {
    "aws-load-balancer-controller": "the load balancer stays as it is meanwhile",
    "external-dns": "records stay as they are meanwhile",
    "external-secrets": "a new client secret comes a minute later",
    "cluster-autoscaler": "nodes come a minute later",
    "karpenter": "nodes come a minute later",
    "karpenter-crd": "nodes stay",
}
_OF_SERVERS: Final = ("singleuser", "prePuller", "scheduling")


def of_chart(change: Change) -> Iterator[tuple[Weight, str]]:
    """A Helm release: installed, upgraded or removed."""
    name = str(change.new.get("Chart") or change.old.get("Chart"))
    old, new = change.old.get("Version"), change.new.get("Version")
    if change.how == "removed":
        yield "interrupts", f"The chart {name} is uninstalled"
    elif change.how == "added":
        yield "quiet", f"The chart {name} {new} is installed"
    elif name == "aws-load-balancer-controller" and old != new:
        yield (
            "pauses",
            (
                f"The chart {name} goes from {old} to {new}: give the cluster its definitions first, Helm changes none "
                "(docs/operations.md, Upgrading)"
            ),
        )
    elif name != _HUB:
        what = f"goes from {old} to {new}" if old != new else "gets other values"
        yield "quiet", f"The chart {name} {what}: its pods start anew, and {_CONTROLLERS.get(name, 'nobody notices')}"
    else:
        yield from _of_hub(old, new, change)


def _of_hub(old: Any, new: Any, change: Change) -> Iterator[tuple[Weight, str]]:
    """https://z2jh.jupyter.org/en/stable/administrator/upgrading/index.html."""
    if old != new:
        yield (
            "for good",
            (
                f"The chart jupyterhub goes from {old} to {new}, maybe with another JupyterHub: as it starts it "
                "upgrades its database, which an older one cannot read. The way back is a backup of the database"
            ),
        )
        yield "pauses", "Hub and proxy start anew: nobody signs in for a minute, open pages reconnect, servers run on"
        return
    before, after = _values(change.old), _values(change.new)
    if before is None or after is None:
        yield "pauses", "The hub gets other values: nobody signs in for a minute, and servers run on"
        return
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    if not names:
        yield "pauses", "The hub may start anew: nobody signs in for a minute, and servers run on"
        return
    proxy = " Open pages reconnect, for the proxy starts anew, too" if "proxy" in names else ""
    of_servers = [name for name in names if name in _OF_SERVERS]
    yield (
        "pauses",
        (
            f"The hub gets other values ({', '.join(names)}) and starts anew: nobody signs in for a minute, servers "
            f"run on.{proxy}"
        ),
    )
    if of_servers:
        yield "quiet", "Servers that run stay as they are: what is new for them comes with their next start"


def of_objects(change: Change) -> Iterator[tuple[Weight, str]]:
    """Objects of Kubernetes, applied one by one."""
    before, after = _objects(change.old), _objects(change.new)
    if change.how == "removed":
        kinds = ", ".join(sorted({kind for kind, _ in before or ()})) or "objects"
        yield "interrupts", f"Kubernetes' objects go: {kinds}"
        return
    if before is None or after is None or change.how == "added":
        yield "quiet", "Kubernetes' objects are applied"
        return
    if before == after:
        yield "quiet", "Kubernetes' objects are applied anew"
    for (kind, name), each in after.items():
        if (kind, name) in before and before[kind, name] != each:
            yield _of_object(kind, name)
    if new := [f"{kind} {name}" for kind, name in after if (kind, name) not in before]:
        yield "quiet", f"New: {', '.join(new)}"
    for kind, name in before:
        if (kind, name) not in after:
            yield _of_gone(kind, name)


def _of_object(kind: str, name: str) -> tuple[Weight, str]:
    match kind:
        case "Ingress":
            return "pauses", "The load balancer is changed in place by its controller; another scheme makes another one"
        case "NodePool" | "EC2NodeClass":
            return "interrupts", (
                f"Karpenter's {kind} {name} changes: nodes that no longer fit it are replaced, those without servers "
                "first, the others when theirs end"
            )
        case "StorageClass" | "PersistentVolume":
            return (
                "for good",
                f"{kind} {name}: Kubernetes changes none of these in place, so that the deployment may fail",
            )
        case "NetworkPolicy":
            return "quiet", f"NetworkPolicy {name}: pods may reach others than before, from then on"
    return "quiet", f"{kind} {name} is changed"


def _of_gone(kind: str, name: str) -> tuple[Weight, str]:
    match kind:
        case "PersistentVolumeClaim":
            return "loss", f"The claim {name} goes, and its volume with it where the class does not keep it"
        case "NodePool":
            return "interrupts", f"Karpenter's pool {name} goes: its nodes are ended, and servers on them"
        case "Namespace":
            return "loss", f"The namespace {name} goes, with all that is in it"
        case "Ingress":
            return "interrupts", "The load balancer goes: nobody reaches the hub"
    return "quiet", f"{kind} {name} goes"


def _values(properties: Mapping[str, Any]) -> dict[str, Any] | None:
    found = _read(properties.get("Values"))
    return found if isinstance(found, dict) else None


def _objects(properties: Mapping[str, Any]) -> dict[tuple[str, str], Any] | None:
    found = _read(properties.get("Manifest"))
    if not isinstance(found, list):
        return None
    listed = [each for each in found if isinstance(each, dict)]
    return {(str(each.get("kind")), str((each.get("metadata") or {}).get("name"))): each for each in listed}


def _read(value: Any) -> Any:
    """JSON that CloudFormation puts together; what only it knows stands there by its name."""
    try:
        return json.loads(_text(value))
    except ValueError:
        return None


def _text(value: Any) -> str:
    if isinstance(value, Mapping) and len(value) == 1:
        ((name, argument),) = value.items()
        if name == "Fn::Join":
            glue, parts = argument
            return str(glue).join(map(_text, parts))
        return f"${{{json.dumps(argument, sort_keys=True)}}}".replace('"', "'")
    return str(value)
