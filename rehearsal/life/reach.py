"""Looks from a notebook: what its user's code reaches over the network, and what it does not."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from preview.browser import Browser
from rehearsal.kubelet.capacity.fargate import SCHEDULER
from rehearsal.life.journal import CheckError
from rehearsal.life.looks import component_pod, hub_pod, server_pod
from rehearsal.sandbox.network import METADATA, POD_IDENTITY
from rehearsal.world import World

_SERVER, _HUB, _PROXY_API, _HTTPS, _HTTP, _POSTGRES = 8888, 8081, 8001, 443, 80, 5432
_DATABASE: Final = "/srv/jupyterhub/jupyterhub.sqlite"
_SILENCE: Final = 2
# A refusal is an answer, too: whoever gets one has got through.
_ASK: Final = """
import json, os, socket
from concurrent.futures import ThreadPoolExecutor
def reached(target):
    try:
        socket.create_connection(tuple(target), {silence}).close()
    except TimeoutError:
        return False
    except ConnectionRefusedError:
        return True
    return True
with ThreadPoolExecutor() as pool:
    print(json.dumps([*pool.map(reached, json.loads({targets!r})), os.path.exists({database!r})]))
"""
_RIGHTS: Final = "import os; print([each for each in os.environ if each.startswith('S3_')])"


@dataclass(frozen=True)
class Target:
    """An address that something answers, if only with a refusal."""

    what: str
    host: str
    port: int


def from_a_notebook(world: World, browser: Browser, neighbour: dict[str, Any] | None) -> Iterator[str]:
    """What the code in somebody's notebook reaches. `neighbour` is the pod of another user's server."""
    shut, open_ = forbidden(world, neighbour), allowed(world)
    if world.config.aws_access and "S3_" in browser.run(_RIGHTS):
        open_ += [each for each in shut if each.host == POD_IDENTITY]
        shut = [each for each in shut if each.host != POD_IDENTITY]
    if server_pod(world, browser.user["name"])["spec"].get("schedulerName") == SCHEDULER:
        # On Fargate kubelet has the pod's interface.
        api = next(each for each in shut if each.port == _HTTPS)
        shut.remove(api)
        open_.append(api)
    silent_here = [each for each in shut if not _reached_here(each)]
    if silent_here:  # then nobody could say why a notebook does not reach it
        raise CheckError(f"their nodes should reach {_list(silent_here)}")
    asked = [[each.host, each.port] for each in (*shut, *open_)]
    code = _ASK.format(silence=_SILENCE, targets=json.dumps(asked), database=_DATABASE)
    *reached, database = json.loads(browser.run(code))
    judge(shut, open_, reached, database=database)
    yield f"a notebook reaches {_list(open_)}"
    yield f"it does not reach {_list(shut)}"
    yield "the file of the hub's database is not in its pod"


def forbidden(world: World, neighbour: dict[str, Any] | None) -> list[Target]:
    """What notebooks must not reach."""
    hub, proxy = hub_pod(world), component_pod(world, "proxy")
    (api,) = world.objects("/api/v1/namespaces/default/services?fieldSelector=metadata.name%3Dkubernetes")
    found = [
        Target("the instance metadata", METADATA, _HTTP),
        Target("the agent that hands out pods' credentials", POD_IDENTITY, _HTTP),
        Target("Kubernetes' API", api["spec"]["clusterIP"], _HTTPS),
        Target("the proxy's API", proxy["status"]["podIP"], _PROXY_API),
        Target("where a database would be beside the hub", hub["status"]["podIP"], _POSTGRES),
    ]
    if neighbour is not None:
        found.append(Target("another user's server", neighbour["status"]["podIP"], _SERVER))
    return found


def allowed(world: World) -> list[Target]:
    """What they have to reach, by names that are looked up."""
    provider = urlsplit(world.endpoints.token_url).hostname or ""
    return [
        Target("the hub", "hub", _HUB),
        Target("the hub's address in the internet", world.config.jupyterhub_subzone_name, _HTTPS),
        Target("the identity provider, as any host there", provider, _HTTPS),
    ]


def judge(shut: Sequence[Target], open_: Sequence[Target], reached: Sequence[bool], *, database: bool) -> None:
    """Raises CheckError where a notebook reaches what it must not, or not what it has to."""
    answers = list(zip((*shut, *open_), reached, strict=True))
    wrong = [each for each, is_reached in answers if is_reached and each in shut]
    missing = [each for each, is_reached in answers if not is_reached and each in open_]
    if wrong:
        raise CheckError(f"a notebook should not reach {_list(wrong)}, and does")
    if missing:
        raise CheckError(f"a notebook should reach {_list(missing)}, and does not")
    if database:
        raise CheckError(f"a notebook should not see the hub's database, and {_DATABASE} is in its pod")


def _reached_here(target: Target) -> bool:
    """Whether a node reaches it, where no policy holds."""
    try:
        socket.create_connection((target.host, target.port), _SILENCE).close()
    except TimeoutError:
        return False
    except ConnectionRefusedError:
        return True
    return True


def _list(targets: Sequence[Target]) -> str:
    return ", ".join(f"{each.what} ({each.host}:{each.port})" for each in targets)
