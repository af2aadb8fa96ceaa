"""What Kubernetes itself lets servers take in all: a stop for what the hub's own limits miss, by priority class."""

from collections.abc import Iterator

from blueprint.config import Config
from blueprint.config.facts.instances import known
from blueprint.config.facts.nodes import Amounts
from blueprint.config.machines import machines
from blueprint.config.offers import ServerSize, in_table, room_for_servers, server_size, without_machine
from blueprint.config.types.profiles import Size
from blueprint.hub.names import GPUS
from blueprint.values import Values
from blueprint.versions import JUPYTERHUB

PRIORITY = "jupyterhub-servers"
"""The class of users' servers alone: as important as all other pods, so that nothing else changes by it."""
_SPARE = 1.1
"""Of `singleuser.servers.max`: a server that ends counts until it is gone, and the hub tells more of its own limit."""
_LEAST = Amounts(cpu=4000, memory=4 * 2**30)
"""Of one container, which hub, proxy and controllers stay below."""


def quota_objects(config: Config) -> list[Values]:
    """The class, what all of it may ask for together, and what one container may; no other pod is counted."""
    hard = {key: value for key, value in _together(config) if value}
    found: list[Values] = [
        {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {"name": PRIORITY},
            "value": 0,
            "description": "Users' servers, which the quota of the hub's namespace counts",
        },
        {**_named("LimitRange"), "spec": {"limits": [_each(config)]}},
    ]
    if hard:
        scope = {"scopeName": "PriorityClass", "operator": "In", "values": [PRIORITY]}
        spec = {"hard": hard, "scopeSelector": {"matchExpressions": [scope]}}
        found.append({**_named("ResourceQuota"), "spec": spec})
    return found


def _together(config: Config) -> Iterator[tuple[str, str]]:
    """What the largest number of nodes holds, as far as their types are known, and the largest number of servers."""
    kinds = [*machines(config)]
    rooms = [
        [room_for_servers(each, config) * kind.most for each in in_table(kind.types)]
        for kind in kinds
        if len(in_table(kind.types)) == len(kind.types)
    ]
    pods = 0
    profiles = config.singleuser_profiles
    # What nodes hold bounds nothing where servers are without them: on Fargate.
    if len(rooms) == len(kinds) and not (profiles and profiles.without_machines()):
        yield "requests.cpu", f"{sum(max(room.cpu for room in each) for each in rooms)}m"
        yield "requests.memory", str(sum(max(room.memory for room in each) for each in rooms))
        gpus = sum(kind.most * max(known()[name].gpus for name in kind.types) for kind in kinds)
        yield f"requests.{GPUS}", str(gpus)
        pods = sum(max(room.pods for room in each) for each in rooms)
    if config.singleuser_servers_max:
        most = int(config.singleuser_servers_max * _SPARE) + 10
        pods = min(pods or most, most)
    yield "pods", str(pods) if pods else ""


def _each(config: Config) -> Values:
    """A container asks for something, or the quota could not count it; and has no more than the largest size."""
    sizes = [*_sizes(config)]
    kinds = [room_for_servers(each, config) for kind in machines(config) for each in in_table(kind.types)]
    cpu = max(_LEAST.cpu, *(size.cpu_limit for size in sizes), *(room.cpu for room in kinds))
    memory = max(_LEAST.memory, *(size.memory_limit for size in sizes), *(room.memory for room in kinds))
    return {
        "type": "Container",
        "defaultRequest": {"cpu": "10m", "memory": "32Mi"},
        "max": {"cpu": f"{cpu}m", "memory": str(memory)},
    }


def _sizes(config: Config) -> Iterator[ServerSize]:
    yield server_size(Size(), config)
    for profile in config.singleuser_profiles.by_id.values() if config.singleuser_profiles else ():
        for size in (profile.sizes or {}).values():
            yield server_size(size, config)
            if profile.compute == "fargate" and (found := without_machine(size, config)):
                yield found


def _named(kind: str) -> Values:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "servers", "namespace": JUPYTERHUB.namespace}}
