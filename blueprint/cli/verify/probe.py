"""A pod like a user's looks at what it reaches, without anybody who signs in; it is gone afterwards."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from blueprint.cli.changing.trouble import TroubleError
from blueprint.cli.checks.findings import Finding, fault
from blueprint.cli.checks.world import World
from blueprint.cli.cluster.errand import Errand
from blueprint.cli.cluster.kubernetes import Kubernetes, Object, cluster_of
from blueprint.cli.cluster.pods import HUB, at_work, run
from blueprint.cli.verify import reach
from blueprint.cli.verify.reach import Target
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
        yield from _found(world, cluster, partial(_like_a_server, world, labels, _owner(cluster)))
    except TroubleError as error:
        yield from (replace(each, level="unknown") for each in error.findings)


def _labels(cluster: Kubernetes) -> dict[str, str]:
    """Those by which the policies about users' servers know them, and the hub lets them in."""
    wanted = [each["spec"].get("podSelector", {}).get("matchLabels") or {} for each in cluster.listed(_POLICIES)]
    theirs = [each for each in wanted if each.get("component") == COMPONENT]
    return {key: value for each in theirs for key, value in each.items()} | _OF_SERVERS


def _owner(cluster: Kubernetes) -> Object:
    """EKS promises policies to pods that have an owner: the probe's is the hub."""
    hub = (cluster.get(HUB) or {}).get("metadata", {})
    return {"apiVersion": "apps/v1", "kind": "Deployment", "name": "hub", "uid": hub.get("uid", "")}


def _like_a_server(world: World, labels: Mapping[str, str], owner: Object, pod: Object) -> Object:
    """A pod that is made where users' pods are, and known as one of them."""
    pod["metadata"] |= {"labels": {**labels, **pod["metadata"]["labels"]}, "ownerReferences": [owner]}
    place = {"nodeSelector": {"hub.jupyter.org/node-purpose": "user"}, "tolerations": [DEDICATED]}
    pod["spec"] |= {**place, "activeDeadlineSeconds": _LIFE, "terminationGracePeriodSeconds": 1}
    pod["spec"]["containers"][0]["image"] = world.config.singleuser_image  # which the users' nodes have
    return pod


def _found(world: World, cluster: Kubernetes, like: Callable[[Object], Object]) -> list[Finding]:
    """What a pod finds; where nobody has a server, another one is in its place."""

    def ask(argument: Mapping[str, Any]) -> dict[str, Any]:
        return run(Errand("reaching", {**argument, "patience": _PATIENCE}, {}), world.workload, cluster, like)

    if address := reach.server(cluster):
        return [*reach.reached(world, ask, Target("another person's server", address, reach.PORT))]
    with at_work(Errand("listening", {"port": reach.PORT, "seconds": _LIFE}, {}), cluster, like) as place:
        return [*reach.reached(world, ask, Target("a pod in place of another person's server", place, reach.PORT))]
