"""What a user's code reaches over the network: what must be shut is looked at from a user's pod, or one like it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from blueprint.cli.changing.trouble import TroubleError
from blueprint.cli.checks.findings import Finding, fault, ok, unknown
from blueprint.cli.checks.web import WebError
from blueprint.cli.checks.world import World
from blueprint.cli.cluster.kubernetes import Kubernetes, cluster_of
from blueprint.cli.status import servers
from blueprint.cli.verify.way_in import provider_of

Ask = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Has `blueprint.cli.errands.reaching` run in a user's pod: what it is told, and what it found."""

_SILENCE: Final = 3
"""Seconds without an answer after which something is shut."""
PORT: Final = 8888
"""Of users' servers."""
_FIX: Final = "Look at the add-on vpc-cni (enableNetworkPolicy), and at kubectl get networkpolicy -n jupyterhub"


@dataclass(frozen=True)
class Target:
    """An address that something answers, if only with a refusal."""

    what: str
    host: str
    port: int
    shut: bool = True

    def __str__(self) -> str:
        return f"{self.what} ({self.host}:{self.port})"


def targets(world: World) -> list[Target]:
    """What a user's pod must not reach, and what it has to: names are looked up in the pod."""
    provider = urlsplit(provider_of(world))
    return [
        Target("the instance metadata", "169.254.169.254", 80),
        Target("the agent that hands out pods' credentials", "169.254.170.23", 80),
        Target("Kubernetes' API", "kubernetes.default.svc", 443),
        *(Target("its private address", address, 443) for address in _control_plane(world)),
        Target("the proxy's API", "proxy-api", 8001),
        Target("the hub", "hub", 8081, shut=False),
        Target("the identity provider", provider.hostname or "", provider.port or 443, shut=False),
    ]


def _control_plane(world: World) -> list[str]:
    """Where EKS's control plane is in the VPC, which nodes reach; nothing where nobody may look."""
    filters = [{"Name": "description", "Values": [f"Amazon EKS {world.config.name}"]}]
    try:
        found = world.workload.listed("ec2", "describe_network_interfaces", "NetworkInterfaces", Filters=filters)
    except (ClientError, BotoCoreError, ValueError):
        return []
    return [each["PrivateIpAddress"] for each in found]


def neighbour(world: World, but: str) -> Target | Finding:
    """A server that runs, of somebody else; or why none can be looked at."""
    try:
        if address := server(cluster_of(world), but):
            return Target("another person's server", address, PORT)
    except TroubleError as error:
        why = error.findings[0]
        return unknown(f"Whether another person's server is shut was not looked at: {why.text}", why.fix)
    text = "Whether another person's server is shut was not looked at: none runs."
    return unknown(text, "blueprint verify --probe, which starts a pod in its place")


def server(cluster: Kubernetes, but: str = "") -> str | None:
    """The address of a server that runs, of anybody but one. Raises TroubleError."""
    found = [each["status"] for each in servers.pods(cluster) if servers.whose(each)[0] != but and each.get("status")]
    running = [each for each in found if each.get("phase") == "Running"]
    return next((str(each["podIP"]) for each in running if each.get("podIP")), None)


def reached(world: World, ask: Ask, other: Target | Finding) -> Iterator[Finding]:
    """Whether policies hold around a user's pod, to which `other` is somebody else's, or why there is none."""
    asked = targets(world)
    if isinstance(other, Target):
        asked.append(other)
    else:
        yield other
    told = ask({"targets": [[each.host, each.port, each.shut] for each in asked], "silence": _SILENCE, "patience": 0})
    states = _states(told, len(asked))
    by_state = {
        state: [each for each, told in zip(asked, states, strict=True) if told == state] for state in set(states)
    }
    found = by_state.get("open", [])
    if wrong := [each for each in found if each.shut]:
        yield fault(f"A user's pod reaches what it must not: {_listed(wrong)}.", _FIX)
    if missing := [each for each in asked if not each.shut and each not in found]:
        yield fault(f"A user's pod does not reach {_listed(missing)}.", _FIX)
    if nowhere := [each for each in by_state.get("not found", []) if each.shut]:
        yield unknown(f"A user's pod does not find {_listed(nowhere)}: nobody can say whether that is shut.", _FIX)
    if shut := [each for each in by_state.get("shut", []) if each.shut]:
        yield ok(f"A user's pod does not reach {_listed(shut)}.")


def _states(told: Mapping[str, Any], count: int) -> list[str]:
    found = told.get("found")
    if not isinstance(found, list) or len(found) != count:
        raise WebError("what looked at the network from a user's pod told something else")
    return [str(each) for each in found]


def _listed(of: Sequence[Target]) -> str:
    return ", ".join(map(str, of))
