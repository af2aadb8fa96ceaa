"""Security groups, as far as pods have any of their own: what those on Fargate may send and get.

A way is open where the groups of the one let out and those of the other let in. What a pod sends is judged by the
address that it asks for, a Service's, too: one that leads to pods is open where these are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rehearsal.aws import Cloud
from rehearsal.kubelet.api import Object
from rehearsal.kubelet.capacity.fargate import GROUPS
from rehearsal.kubelet.peers import Scene, ways_to_services
from rehearsal.sandbox.firewall import Way
from rehearsal.sandbox.nftables import Network

Rules = tuple[tuple[Way, ...], tuple[Way, ...]]
_PROTOCOLS: Final = {"tcp": "TCP", "udp": "UDP", "-1": None}


@dataclass(frozen=True)
class _Opening:
    """A rule of a group: its other side, a network or a group, and the ports of a protocol."""

    network: Network | None
    group: str
    protocol: str | None
    ports: tuple[int, int] | None

    def has(self, other: _Opening) -> bool:
        """Whether all of another one's ports are among these."""
        if self.protocol is None:
            return True
        if self.protocol != other.protocol or other.ports is None:
            return False
        return self.ports is None or (self.ports[0] <= other.ports[0] and other.ports[1] <= self.ports[1])

    def way(self, network: Network) -> Way:
        """The way to a network that it opens."""
        return Way(network, (), self.protocol, self.ports)


def of_pods(cloud: Cloud, scene: Scene, cluster: Callable[[], str], addresses: Sequence[str]) -> dict[str, Rules]:
    """The rules of the pods that have groups, by uid. Nodes have the cluster's group, and these addresses.

    Waits for AWS.
    """
    mine = [pod for pod in scene.pods if _groups(pod) and pod.get("status", {}).get("podIP")]
    if not mine:
        return {}
    described = {each["GroupId"]: each for each in cloud.client("ec2").describe_security_groups()["SecurityGroups"]}
    holders = {cluster(): [*addresses, *_on_nodes(scene, mine)]}
    for pod in mine:
        for group in _groups(pod):
            holders.setdefault(group, []).append(pod["status"]["podIP"])
    return {
        pod["metadata"]["uid"]: (
            tuple(_out(_groups(pod), described, holders, scene)),
            tuple(_into(_groups(pod), described, holders)),
        )
        for pod in mine
    }


def _groups(pod: Object) -> list[str]:
    told = pod["metadata"].get("annotations", {}).get(GROUPS, "")
    return [each for each in told.split(",") if each]


def _on_nodes(scene: Scene, others: Sequence[Object]) -> Iterator[str]:
    for pod in scene.pods:
        if pod not in others and (address := pod.get("status", {}).get("podIP")):
            yield address


def _out(
    groups: Sequence[str], described: Mapping[str, Any], holders: Mapping[str, Sequence[str]], scene: Scene
) -> Iterator[Way]:
    for opening in _openings(groups, described, "IpPermissionsEgress"):
        if opening.network:
            yield opening.way(opening.network)
            continue
        into = _openings([opening.group], described, "IpPermissions")
        if any(each.group in groups and each.has(opening) for each in into):
            for address in holders.get(opening.group, ()):
                yield opening.way(Network(address))
            if opening.ports and opening.protocol and opening.group in holders:
                pods = {*holders[opening.group]}
                yield from ways_to_services(scene, pods, opening.protocol, opening.ports)


def _into(groups: Sequence[str], described: Mapping[str, Any], holders: Mapping[str, Sequence[str]]) -> Iterator[Way]:
    """The group on the other side lets out whatever it likes: the cluster's does."""
    for opening in _openings(groups, described, "IpPermissions"):
        for address in holders.get(opening.group, ()):
            yield opening.way(Network(address))
        if opening.network:
            yield opening.way(opening.network)


def _openings(groups: Sequence[str], described: Mapping[str, Any], way: str) -> Iterator[_Opening]:
    for rule in (rule for group in groups if group in described for rule in described[group][way]):
        protocol = _PROTOCOLS.get(rule["IpProtocol"], rule["IpProtocol"])
        ports = (rule["FromPort"], rule["ToPort"]) if protocol and "FromPort" in rule else None
        for each in rule.get("IpRanges", ()):
            yield _Opening(Network(each["CidrIp"]), "", protocol, ports)
        for each in rule.get("UserIdGroupPairs", ()):
            yield _Opening(None, each["GroupId"], protocol, ports)
