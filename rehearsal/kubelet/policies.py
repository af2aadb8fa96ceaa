"""Network policies, as EKS's controller and the agent of the VPC CNI apply them.

Sources: pkg/resolvers/endpoints.go of amazon-network-policy-controller-k8s 1.1.7; pkg/utils/utils.go,
pkg/rpc/rpc_handler.go and pkg/fwruleprocessor/fw_rule_processor.go of aws-network-policy-agent 1.4.0.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence

from rehearsal.kubelet.api import Mirror, Object
from rehearsal.kubelet.peers import Scene, has_network, is_about, ways_in, ways_out
from rehearsal.sandbox.firewall import Guard, Way
from rehearsal.sandbox.network import PodNetwork
from rehearsal.sandbox.nftables import Network

Rules = tuple[tuple[Way, ...] | None, tuple[Way, ...] | None]
"""What a pod may send and get; None where no policy is about that."""


class Policies:
    """Keeps pods' rules in step with a cluster's policies. A new pod is open until Kubernetes knows its address."""

    def __init__(
        self,
        mirrors: dict[str, Mirror],
        enforced: Callable[[], Awaitable[bool]],
        networks: Callable[[], dict[str, PodNetwork]],
        guard: Callable[[Sequence[Guard]], None],
        grouped: Callable[[Scene], Awaitable[Mapping[str, Rules]]],
    ) -> None:
        self._mirrors = [mirrors[each] for each in ("policies", "pods", "namespaces", "services")]
        self._enforced = enforced
        self._networks = networks
        self._guard = guard
        self._grouped = grouped
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Follow the cluster until cancelled."""
        for mirror in self._mirrors:
            mirror.listen(lambda thing, there: self._changed.set())
        while True:
            await self._changed.wait()
            self._changed.clear()
            enforced = await self._enforced()
            scene = Scene(*(list(mirror) for mirror in self._mirrors))
            # No policies reach a pod with security groups, which is on Fargate.
            found = {**(rules(scene) if enforced else {}), **await self._grouped(scene)}
            self._guard(
                [
                    Guard(network.link, network.address, *found.get(uid, (None, None)))
                    for uid, network in self._networks().items()
                ]
            )


def are_enforced(configuration: str) -> bool:
    """Whether the settings of the add-on vpc-cni, which are JSON, ask for policies."""
    return str((json.loads(configuration or "{}") or {}).get("enableNetworkPolicy", "false")).lower() == "true"


def rules(scene: Scene) -> dict[str, Rules]:
    """The rules of the pods that policies are about, by uid.

    The agent has one set of rules for all pods of a node whose names differ in their last part only, as those of a
    ReplicaSet do. It keeps to no owner, but EKS's user guide says that pods without one have no policies: the rehearsal
    keeps to what is promised.
    """
    groups: defaultdict[tuple[str, ...], list[Object]] = defaultdict(list)
    for pod in scene.pods:
        if pod["metadata"].get("ownerReferences") and has_network(pod):
            groups[_identity(pod)].append(pod)
    found: dict[str, Rules] = {}
    for pods in groups.values():
        applied = [each for each in scene.policies if any(is_about(each, pod) for pod in pods)]
        node = Way(Network(pods[0]["status"]["hostIP"]))  # is always let through, both ways
        out = [each for each in applied if "Egress" in each["spec"].get("policyTypes", ())]
        into = [each for each in applied if "Ingress" in each["spec"].get("policyTypes", ())]
        sends = tuple(dict.fromkeys([node, *(way for each in out for way in ways_out(each, scene))])) if out else None
        gets = tuple(dict.fromkeys([node, *(way for each in into for way in ways_in(each, scene))])) if into else None
        found |= {pod["metadata"]["uid"]: (sends, gets) for pod in pods}
    return found


def _identity(pod: Object) -> tuple[str, ...]:
    metadata = pod["metadata"]
    return pod["spec"]["nodeName"], metadata["namespace"], metadata["name"].rpartition("-")[0] or metadata["name"]
