"""A pod like a user's looks at what it reaches, without anybody who signs in; it is gone afterwards."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from blueprint.cli.changing.trouble import TroubleError
from blueprint.cli.checks.findings import Finding, fault
from blueprint.cli.checks.world import World
from blueprint.cli.cluster.errand import Errand
from blueprint.cli.cluster.kubernetes import Kubernetes, Object, cluster_of
from blueprint.cli.cluster.pods import HUB, run
from blueprint.cli.verify import reach
from blueprint.hub.names import DEDICATED
from blueprint.versions import JUPYTERHUB

COMPONENT: Final = "singleuser-server"
_POLICIES: Final = f"/apis/networking.k8s.io/v1/namespaces/{JUPYTERHUB.namespace}/networkpolicies"
_OF_SERVERS: Final = {"hub.jupyter.org/network-access-hub": "true"}
"""What the chart gives users' pods, so that the hub lets them in: `singleuser.extraLabels`."""
_PATIENCE: Final = 30
"""Seconds in which the policies about a new pod are in place; it is open until then."""
_LIFE: Final = 900
"""Seconds after which Kubernetes ends the pod, come what may; a new node pulls its image first."""


def probed(world: World) -> Iterator[Finding]:
    """Whether the network policies hold around it; what keeps it from looking is told."""
    try:
        cluster = cluster_of(world)
        labels = _labels(cluster)
        if COMPONENT not in labels.values():
            yield fault("No network policy is about users' servers.", "cdk deploy Hub")
            return
        yield from reach.reached(world, partial(_asked, world, cluster, labels))
    except TroubleError as error:
        yield from (replace(each, level="unknown") for each in error.findings)


def _labels(cluster: Kubernetes) -> dict[str, str]:
    """Those by which the policies about users' servers know them, and the hub lets them in."""
    wanted = [each["spec"].get("podSelector", {}).get("matchLabels") or {} for each in cluster.listed(_POLICIES)]
    theirs = [each for each in wanted if each.get("component") == COMPONENT]
    return {key: value for each in theirs for key, value in each.items()} | _OF_SERVERS


def _asked(world: World, cluster: Kubernetes, labels: Mapping[str, str], argument: Mapping[str, Any]) -> dict[str, Any]:
    """What the pod found. EKS promises policies to pods that have an owner: this one's is the hub."""
    hub = (cluster.get(HUB) or {}).get("metadata", {})
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "hub", "uid": hub.get("uid", "")}

    def like_a_server(pod: Object) -> Object:
        pod["metadata"] |= {"labels": {**labels, **pod["metadata"]["labels"]}, "ownerReferences": [owner]}
        place = {"nodeSelector": {"hub.jupyter.org/node-purpose": "user"}, "tolerations": [DEDICATED]}
        pod["spec"] |= {**place, "activeDeadlineSeconds": _LIFE}
        pod["spec"]["containers"][0]["image"] = world.config.singleuser_image  # which the users' nodes have
        return pod

    errand = Errand("reaching", {**argument, "patience": _PATIENCE}, {})
    return run(errand, world.workload, cluster, like_a_server)
