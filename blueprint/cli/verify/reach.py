"""What code in somebody's notebook reaches over the network: what must be shut is looked at from a user's own pod."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from blueprint.cli.checks.findings import Finding, fault, ok, unknown
from blueprint.cli.checks.web import WebError
from blueprint.cli.checks.world import World
from blueprint.cli.verify.notebook import Kernel
from blueprint.cli.verify.way_in import provider_of

_SILENCE: Final = 3
# A refusal is an answer, too: whoever gets one has got through.
_CODE: Final = """
import json, socket
from concurrent.futures import ThreadPoolExecutor
def look(target):
    try:
        found = socket.getaddrinfo(*target, socket.AF_INET, socket.SOCK_STREAM)[0][4]
    except OSError:
        return "not found"
    try:
        socket.create_connection(found, {silence}).close()
    except ConnectionRefusedError:
        return "open"
    except OSError:
        return "shut"
    return "open"
with ThreadPoolExecutor() as pool:
    print(json.dumps([*pool.map(look, json.loads({targets!r}))]))
"""
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


def reached(kernel: Kernel, asked: Sequence[Target]) -> Iterator[Finding]:
    """Whether policies hold around a pod."""
    code = _CODE.format(silence=_SILENCE, targets=json.dumps([[each.host, each.port] for each in asked]))
    states = _states(kernel.run(code), len(asked))
    by_state = {
        state: [each for each, told in zip(asked, states, strict=True) if told == state] for state in set(states)
    }
    found = by_state.get("open", [])
    if wrong := [each for each in found if each.shut]:
        yield fault(f"A notebook reaches what it must not: {_listed(wrong)}.", _FIX)
    if missing := [each for each in asked if not each.shut and each not in found]:
        yield fault(f"A notebook does not reach {_listed(missing)}.", _FIX)
    if nowhere := [each for each in by_state.get("not found", []) if each.shut]:
        yield unknown(f"Its pod does not find {_listed(nowhere)}, so nobody can say whether that is shut.")
    if shut := [each for each in by_state.get("shut", []) if each.shut]:
        yield ok(f"A notebook does not reach {_listed(shut)}.")


def _states(printed: str, count: int) -> list[str]:
    try:
        found: Any = json.loads(printed)
    except ValueError:
        found = None
    if not isinstance(found, list) or len(found) != count:
        raise WebError("a cell that looks at the network printed something else")
    return [str(each) for each in found]


def _listed(of: Sequence[Target]) -> str:
    return ", ".join(map(str, of))
