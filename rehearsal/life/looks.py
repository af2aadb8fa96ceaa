"""Looks at a running deployment, through the APIs that its operators have; each says what it finds as it should be."""

from __future__ import annotations

import base64
import gzip
import json
import time
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import yaml

from blueprint.hub import SECRET_KEY, SECRET_NAME
from blueprint.versions import JUPYTERHUB, Chart
from rehearsal.kubelet.pods import NOTHING_RUNS
from rehearsal.life.journal import CheckError
from rehearsal.world import World

PATIENCE: Final = 120.0
"""Seconds until something that should come about counts as failed."""

_PAUSE = 0.1
_HUB: Final = JUPYTERHUB.namespace
_USER: Final = "hub.jupyter.org/username"
"""KubeSpawner's annotation of a notebook server's pod."""


def expect(wanted: object, found: object, what: str) -> None:
    """Raises CheckError where something is not what it should be."""
    if wanted != found:
        raise CheckError(f"{what} should be {wanted!r} and is {found!r}")


def until(holds: Callable[[], object], wanted: str, seen: Callable[[], object] = lambda: "") -> None:
    """Wait until something holds. Raises CheckError when it does not in time, with what is seen then."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise CheckError(f"{wanted}; it did not come about in {PATIENCE:.0f} s {seen()}".rstrip())
        time.sleep(_PAUSE)


def nodes_are_ready(world: World, minor: str | None = None) -> Iterator[str]:
    """Each node group has its nodes, of the minor where one is given."""

    def ready() -> list[dict[str, Any]]:
        return [
            node
            for node in world.objects("/api/v1/nodes")
            if _condition(node, "Ready")
            and (minor is None or node["status"]["nodeInfo"]["kubeletVersion"].startswith(f"v{minor}."))
        ]

    until(lambda: len(ready()) >= world.nodes_wanted(), f"{world.nodes_wanted()} nodes should be ready")
    zones = sorted({node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in ready()})
    yield f"{len(ready())} nodes are ready{f' with Kubernetes {minor}' if minor else ''}, in {', '.join(zones)}"


def pods_are_ready(world: World) -> Iterator[str]:
    """All pods are ready."""
    until(lambda: not _unready(world), "all pods should be ready", lambda: ", ".join(_unready(world)))
    pods = world.objects("/api/v1/pods")
    running = [pod for pod in pods if not pod["metadata"].get("annotations", {}).get(NOTHING_RUNS)]
    yield f"{len(pods)} pods are ready, {len(running)} of them with processes"


def _unready(world: World) -> list[str]:
    pods = world.objects("/api/v1/pods")
    return [
        f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        for pod in pods
        if pod["status"]["phase"] != "Succeeded"
        and (not _condition(pod, "Ready") or "deletionTimestamp" in pod["metadata"])
    ] or ([] if pods else ["any pod"])


def hub_pod(world: World) -> dict[str, Any]:
    """The pod of the hub."""
    return _one(world, "hub")


def component_pod(world: World, component: str) -> dict[str, Any]:
    """The pod of a part of the hub's chart."""
    return _one(world, component)


def server_pod(world: World, user: str) -> dict[str, Any]:
    """The pod of a user's notebook server."""
    return _one(world, "singleuser-server", user)


def _one(world: World, component: str, user: str | None = None) -> dict[str, Any]:
    found = world.objects(f"/api/v1/namespaces/{_HUB}/pods?labelSelector=component%3D{component}")
    described = [(pod, pod["metadata"]) for pod in found if "deletionTimestamp" not in pod["metadata"]]
    alive = [pod for pod, about in described if about.get("annotations", {}).get(_USER) == user]
    if not alive:
        raise CheckError(f"there should be a pod of {component}" + (f" of {user}" if user else ""))
    return alive[0]


def start(pod: dict[str, Any]) -> tuple[str, int]:
    """Which start of a pod's programs this is: that of another pod, or after a container's end, is another one."""
    containers = pod.get("status", {}).get("containerStatuses", ())
    return pod["metadata"]["uid"], sum(each["restartCount"] for each in containers)


def nodes(world: World) -> dict[str, str]:
    """The nodes' ids by their names, which other nodes may get."""
    return {each["metadata"]["name"]: each["metadata"]["uid"] for each in world.objects("/api/v1/nodes")}


def secret_is_in_the_cluster(world: World, wanted: str) -> Iterator[str]:
    """External Secrets has brought the client secret to where the hub's pod mounts it from."""

    def held() -> str | None:
        answer = world.get(f"/api/v1/namespaces/{_HUB}/secrets/{SECRET_NAME}")
        return base64.b64decode(json.loads(answer)["data"][SECRET_KEY]).decode() if answer else None

    until(lambda: held() == wanted, "the client secret should reach the cluster")
    yield "the client secret has come from Secrets Manager into the cluster"


def host_leads_to_the_hub(world: World) -> Iterator[str]:
    """The host's record, in the right account, leads to a load balancer that sends to the hub and to TLS."""
    url = world.config.hub_url
    until(lambda: _status(f"{url}/hub/health", world) == 200, f"{url}/hub/health should answer 200")
    host = world.config.jupyterhub_subzone_name
    account = world.dns_account if world.config.dns_subzone_account == "parent" else world.workload_account
    records = world.records(account, host)
    if "A" not in records:
        raise CheckError(f"account {account} should have an A record of {host}, not {records}")
    plain = get(url.replace("https", "http", 1), world)
    leads = urlsplit(plain.headers.get("Location", ""))
    expect((301, "https", host), (plain.status_code, leads.scheme, leads.hostname), "where http leads")
    yield f"{host} is in account {account} and leads, with a trusted certificate, to a hub in good health"


def _status(url: str, world: World) -> int | None:
    try:
        return get(url, world).status_code
    except requests.RequestException:
        return None


def get(url: str, world: World) -> requests.Response:
    """What the hub's host answers, redirects not followed."""
    session = requests.Session()
    session.trust_env = False  # or a variable with other authorities would count for more
    return session.get(url, verify=str(world.trusted), allow_redirects=False, timeout=PATIENCE)


def room_is_kept(world: World) -> str:
    """The hub keeps room on a user node, for which one more has been started."""

    def places() -> list[str]:
        nodes = world.objects("/api/v1/nodes?labelSelector=hub.jupyter.org%2Fnode-purpose%3Duser")
        names = {each["metadata"]["name"] for each in nodes}
        return [pod["spec"]["nodeName"] for pod in _placeholders(world) if pod["spec"].get("nodeName") in names]

    until(places, "room should be kept on a user node", lambda: json.dumps(_placeholders(world)))
    return f"room is kept for whoever comes next, on {places()[0]}"


def no_room_is_kept(world: World) -> str:
    """What kept room is gone with its setting."""
    until(lambda: not _placeholders(world), "room should be kept no longer")
    return "no room is kept any more"


def _placeholders(world: World) -> list[dict[str, Any]]:
    return world.objects(f"/api/v1/namespaces/{_HUB}/pods?labelSelector=component%3Dplaceholder")


def home_is_an_access_point(world: World) -> Iterator[str]:
    """With homes on EFS: a user's home is an access point that makes everybody its owner."""
    if world.config.storage_home != "efs":
        yield f"homes are on {world.config.storage_home.upper()}"
        return
    points = world.cloud(world.workload_account).client("efs").describe_access_points()["AccessPoints"]
    homes = [each for each in points if "/claim-" in each["RootDirectory"]["Path"]]
    if not homes:
        raise CheckError(f"there should be an access point of a home, beside {points}")
    owner = homes[0]["PosixUser"]
    expect((1000, 100), (owner["Uid"], owner["Gid"]), "the user of an access point")
    expect("700", homes[0]["RootDirectory"]["CreationInfo"]["Permissions"][-3:], "the mode of a home")
    yield f"homes are access points: {homes[0]['RootDirectory']['Path']}, of 1000:100, mode 0700"


def release(world: World, chart: Chart) -> dict[str, Any]:
    """The chart's metadata of the release that is deployed, as Helm notes it."""
    query = f"labelSelector=owner%3Dhelm%2Cname%3D{chart.name}%2Cstatus%3Ddeployed"
    (found,) = world.objects(f"/api/v1/namespaces/{chart.namespace}/secrets?{query}")
    packed = base64.b64decode(base64.b64decode(found["data"]["release"]))
    noted: dict[str, Any] = json.loads(gzip.decompress(packed))["chart"]["metadata"]
    return noted


def hub_values(world: World) -> dict[str, Any]:
    """The values that the hub reads."""
    answer = world.get(f"/api/v1/namespaces/{_HUB}/secrets/hub")
    if answer is None:
        raise CheckError("the hub should have a secret with its values")
    values: dict[str, Any] = yaml.safe_load(base64.b64decode(json.loads(answer)["data"]["values.yaml"]))
    return values


def hub_is_gone(world: World) -> Iterator[str]:
    """Nothing of a destroyed hub is left: no cluster, no load balancer, no record, no security group."""
    cloud = world.cloud(world.workload_account)
    expect([], cloud.client("eks").list_clusters()["clusters"], "what is left of clusters")
    expect([], cloud.client("elbv2").describe_load_balancers()["LoadBalancers"], "what is left of load balancers")
    groups = cloud.client("ec2").describe_security_groups()["SecurityGroups"]
    expect({"default"}, {each["GroupName"] for each in groups}, "what is left of security groups")
    for account in world.accounts:
        left = world.records(account, world.config.jupyterhub_subzone_name)
        expect({}, left, f"what is left of the host's records in {account}")
    yield "no cluster, no load balancer, no security group and no record of the host is left"
    systems = cloud.client("efs").describe_file_systems()["FileSystems"]
    if world.config.storage_home == "efs":
        expect(1, len(systems), "the number of file systems with homes")
        yield "the file system with the homes is there"


def _condition(thing: dict[str, Any], kind: str) -> bool:
    return any(
        each["type"] == kind and each["status"] == "True" for each in thing.get("status", {}).get("conditions", [])
    )
