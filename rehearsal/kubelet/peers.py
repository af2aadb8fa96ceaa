"""Whom the rules of network policies name: ways to addresses and ports, out of selectors and names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rehearsal.kubelet.api import Object
from rehearsal.sandbox.firewall import Way
from rehearsal.sandbox.nftables import Network

_ENDED: Final = ("Succeeded", "Failed")
_EVERYWHERE: Final = Network("0.0.0.0/0")


@dataclass(frozen=True)
class Scene:
    """What policies are about, at a moment."""

    policies: Sequence[Object]
    pods: Sequence[Object]
    namespaces: Sequence[Object]
    services: Sequence[Object]


def has_network(pod: Object) -> bool:
    """Whether a pod has an address of its own on a node, and has not ended."""
    status = pod.get("status", {})
    told = status.get("podIP") and status.get("hostIP") and status.get("phase") not in _ENDED
    return bool(told) and not pod["spec"].get("hostNetwork")


def is_about(policy: Object, pod: Object) -> bool:
    """Whether a policy selects a pod."""
    same = policy["metadata"]["namespace"] == pod["metadata"]["namespace"]
    return same and selects(policy["spec"].get("podSelector"), pod["metadata"].get("labels", {}))


def ways_out(policy: Object, scene: Scene) -> Iterator[Way]:
    """Where a policy lets its pods send."""
    for rule in policy["spec"].get("egress") or ():
        ports = rule.get("ports") or []
        if not rule.get("to"):
            yield from _to_ports(_EVERYWHERE, (), ports, None)
        for peer in rule.get("to") or ():
            if block := peer.get("ipBlock"):
                yield from _to_ports(Network(block["cidr"]), _excepted(block), ports, None)
                continue
            for namespace in _namespaces(policy, peer, scene):
                for pod in _pods(namespace, peer.get("podSelector"), scene):
                    yield from _to_ports(Network(pod["status"]["podIP"]), (), ports, [pod])
                yield from _to_services(namespace, peer, ports, scene)


def ways_in(policy: Object, scene: Scene) -> Iterator[Way]:
    """Whom it lets send to them."""
    own = [pod for pod in scene.pods if is_about(policy, pod) and has_network(pod)]
    for rule in policy["spec"].get("ingress") or ():
        ports = rule.get("ports") or []
        if not rule.get("from"):
            yield from _to_ports(_EVERYWHERE, (), ports, own)
        for peer in rule.get("from") or ():
            if block := peer.get("ipBlock"):
                yield from _to_ports(Network(block["cidr"]), _excepted(block), ports, own)
                continue
            for namespace in _namespaces(policy, peer, scene):
                for pod in _pods(namespace, peer.get("podSelector"), scene):
                    yield from _to_ports(Network(pod["status"]["podIP"]), (), ports, own)


def ways_to_services(scene: Scene, addresses: set[str], protocol: str, ports: tuple[int, int]) -> Iterator[Way]:
    """The addresses of Services behind which are pods of these addresses, on ports that lead to these ports.

    The API server is no pod; its Service leads to it.
    """
    for service in scene.services:
        spec, metadata = service["spec"], service["metadata"]
        if spec.get("clusterIP", "None") in ("", "None"):
            continue
        behind = [
            pod
            for pod in _pods(metadata["namespace"], {"matchLabels": spec.get("selector")}, scene)
            if spec.get("selector") and pod["status"]["podIP"] in addresses
        ]
        api = (metadata["namespace"], metadata["name"]) == ("default", "kubernetes")
        for port in spec.get("ports", ()):
            targets = [_number(pod, port.get("targetPort") or port["port"], protocol) for pod in behind]
            targets += [port["port"]] if api else []
            if port.get("protocol", "TCP") == protocol and any(
                each and ports[0] <= each <= ports[1] for each in targets
            ):
                yield Way(Network(spec["clusterIP"]), (), protocol, (port["port"], port["port"]))


def _to_services(namespace: str, peer: Object, ports: Sequence[Object], scene: Scene) -> Iterator[Way]:
    """The addresses of Services whose selector a peer names: packets are judged before they lead to pods."""
    for service in scene.services:
        spec, metadata = service["spec"], service["metadata"]
        if metadata["namespace"] != namespace or spec.get("clusterIP", "None") in ("", "None"):
            continue
        if not selects(peer.get("podSelector"), spec.get("selector") or {}):
            continue
        behind = _pods(namespace, {"matchLabels": spec.get("selector")}, scene)
        address = Network(spec["clusterIP"])
        if not ports:
            yield Way(address)
        for port in ports:
            for each in spec.get("ports", ()):
                if _leads_to(each, port, behind):
                    yield Way(address, (), each.get("protocol", "TCP"), (each["port"], each["port"]))


def _leads_to(service_port: Object, wanted: Object, behind: Sequence[Object]) -> bool:
    """Whether a port of a Service leads to the pods' port of a rule."""
    protocol = wanted.get("protocol", "TCP")
    if service_port.get("protocol", "TCP") != protocol:
        return False
    target: int | str = service_port.get("targetPort") or service_port["port"]
    if wanted.get("port", target) == target:
        return True
    numbers = ((_number(pod, target, protocol), _number(pod, wanted["port"], protocol)) for pod in behind)
    return any(leads is not None and leads == asked for leads, asked in numbers)


def _to_ports(
    network: Network, without: tuple[Network, ...], ports: Sequence[Object], named_by: Sequence[Object] | None
) -> Iterator[Way]:
    """The ways to a network on a rule's ports; names of ports are of certain pods, or of nobody."""
    if not ports:
        yield Way(network, without)
    for port in ports:
        protocol = port.get("protocol", "TCP")
        if "port" not in port:
            yield Way(network, without, protocol)
        elif isinstance(port["port"], int):
            yield Way(network, without, protocol, (port["port"], port.get("endPort", port["port"])))
        else:
            numbers = {_number(pod, port["port"], protocol) for pod in named_by or ()}
            yield from (Way(network, without, protocol, (each, each)) for each in sorted(filter(None, numbers)))


def _number(pod: Object, port: int | str, protocol: str) -> int | None:
    if isinstance(port, int):
        return port
    for container in pod["spec"]["containers"]:
        for each in container.get("ports", ()):
            if (each.get("name"), each.get("protocol", "TCP")) == (port, protocol):
                return int(each["containerPort"])
    return None


def _namespaces(policy: Object, peer: Object, scene: Scene) -> list[str]:
    if "namespaceSelector" not in peer:
        return [policy["metadata"]["namespace"]]
    return [each["metadata"]["name"] for each in scene.namespaces if selects(peer["namespaceSelector"], _labels(each))]


def _pods(namespace: str, selector: Object | None, scene: Scene) -> list[Object]:
    return [
        pod
        for pod in scene.pods
        if pod["metadata"]["namespace"] == namespace
        and selects(selector, _labels(pod))
        and pod.get("status", {}).get("podIP")
        and pod["status"].get("phase") not in _ENDED
    ]


def _excepted(block: Object) -> tuple[Network, ...]:
    return tuple(Network(each) for each in block.get("except", ()))


def _labels(thing: Object) -> dict[str, str]:
    found: dict[str, str] = thing["metadata"].get("labels") or {}
    return found


def selects(selector: Object | None, labels: dict[str, str]) -> bool:
    """Whether a label selector, or none, selects what has these labels."""
    wanted = selector or {}
    if not (wanted.get("matchLabels") or {}).items() <= labels.items():
        return False
    return all(_meets(labels, each) for each in wanted.get("matchExpressions") or ())


def _meets(labels: dict[str, str], requirement: Object) -> bool:
    value = labels.get(requirement["key"])
    match requirement["operator"]:
        case "In":
            return value in requirement["values"]
        case "NotIn":
            return value not in requirement["values"]
        case "Exists":
            return value is not None
        case _:
            return value is None
