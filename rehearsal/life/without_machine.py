"""A server without a machine: on Fargate, with its own security group and role, and the home that its person knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from blueprint.config import Config
from blueprint.config.types.profiles import Choice
from blueprint.hub import WITHOUT_MACHINE, account_on_fargate, server_account
from blueprint.versions import JUPYTERHUB
from preview.browser import Browser
from preview.people import Person
from rehearsal.kubelet.capacity.fargate import GROUPS
from rehearsal.life import data, looks, reach
from rehearsal.world import World

_ACCOUNTS: Final = f"/api/v1/namespaces/{JUPYTERHUB.namespace}/serviceaccounts"
_ROLE: Final = "eks.amazonaws.com/role-arn"
_ASK: Final = """
import json, os, urllib.error, urllib.parse, urllib.request
def assumes(role):
    token = open(os.environ["AWS_WEB_IDENTITY_TOKEN_FILE"]).read()
    asked = dict(Action="AssumeRoleWithWebIdentity", Version="2011-06-15", RoleSessionName="notebook")
    asked |= dict(RoleArn=role, WebIdentityToken=token)
    address = f"https://sts.{os.environ['AWS_REGION']}.amazonaws.com/"
    try:
        return urllib.request.urlopen(address, urllib.parse.urlencode(asked).encode()).status == 200
    except urllib.error.HTTPError as error:
        return error.code
kubernetes = os.path.exists("/var/run/secrets/kubernetes.io")
print(json.dumps([os.environ["AWS_ROLE_ARN"], *map(assumes, json.loads(%r)), kubernetes]))
"""


def for_everybody(config: Config) -> list[str]:
    """The profiles on Fargate that anybody may choose, with their first size."""
    return [id for id, each in config.without_machines.items() if _may_all(each, *(each.sizes or {}).values())]


def _may_all(*choices: Choice) -> bool:
    return not any(each.allowed_groups or each.allowed_users for each in choices)


def starts(world: World, browser: Browser) -> None:
    """Start somebody's server as the first profile on Fargate has it that is for everybody."""
    browser.start_server(profile=next(iter(for_everybody(world.config))))


def has_rights_by_groups(world: World, browser: Browser, person: Person) -> Iterator[str]:
    """A server of a profile without policies has those of its person's groups, by the cluster's tokens."""
    profiles = world.config.without_machines
    profile = next((id for id in for_everybody(world.config) if not profiles[id].policies), None)
    if profile is None or person.rights not in world.config.rights_on_fargate:
        return
    browser.stop_server()
    browser.start_server(profile=profile)
    yield from data.rights_are_used(world, browser, person, on_fargate=True)


def is_as_it_should_be(world: World, browser: Browser, neighbour: dict[str, Any] | None) -> Iterator[str]:
    """What there is of it in Kubernetes and in AWS, whom it reaches, and what it may."""
    pod = looks.server_pod(world, browser.user["name"])
    node = json.loads(world.get(f"/api/v1/nodes/{pod['spec']['nodeName']}") or b"")
    looks.expect("fargate", node["metadata"]["labels"].get("eks.amazonaws.com/compute-type"), "the kind of its node")
    on_it = world.objects(f"/api/v1/pods?fieldSelector=spec.nodeName%3D{node['metadata']['name']}")
    looks.expect([pod["metadata"]["name"]], [each["metadata"]["name"] for each in on_it], "the pods on its node")
    size = pod["metadata"]["annotations"]["CapacityProvisioned"]
    yield f"a server runs alone on {node['metadata']['name']}, of {size}"
    groups = pod["metadata"]["annotations"][GROUPS].split(",")
    looks.expect(groups, [group for each in interfaces(world, groups[0]) for group in each], "its interface's groups")
    yield f"its network interface has the security group {groups[0]} alone"
    yield from reach.from_a_notebook(world, browser, neighbour)
    yield _roles(world, browser, pod)


def _roles(world: World, browser: Browser, pod: dict[str, Any]) -> str:
    """It has its profile's role, and gets no other profile's and no group's."""
    own = server_account(for_everybody(world.config)[0])
    others = [each for each in map(server_account, world.config.without_machines) if each != own]
    others += [account_on_fargate(each) for each in world.config.rights_on_fargate]
    looks.expect(own, pod["spec"]["serviceAccountName"], "its service account")
    arns = [
        json.loads(world.get(f"{_ACCOUNTS}/{each}") or b"")["metadata"]["annotations"][_ROLE] for each in (own, *others)
    ]
    told, *assumed, kubernetes = json.loads(browser.run(_ASK % json.dumps(arns)))
    looks.expect(arns[0], told, "the role that the server is told")
    looks.expect([True, *[403] * len(others)], assumed, "whether it assumes its own role, and the others'")
    looks.expect(False, kubernetes, "whether it has a token for Kubernetes")
    return f"it assumes the role of its profile{', and not those of others' if others else ''}"


def interfaces(world: World, group: str) -> list[list[str]]:
    """The groups of each network interface that has a group."""
    ec2 = world.cloud(world.workload_account).client("ec2")
    found = ec2.describe_network_interfaces(Filters=[{"Name": "group-id", "Values": [group]}])["NetworkInterfaces"]
    return [[each["GroupId"] for each in interface["Groups"]] for interface in found]


def none_is_left(world: World) -> str:
    """No Fargate profile, no interface of a pod, no role and no issuer is left."""
    ec2, iam = (world.cloud(world.workload_account).client(each) for each in ("ec2", "iam"))
    found = ec2.describe_network_interfaces()["NetworkInterfaces"]
    on_fargate = [each["NetworkInterfaceId"] for each in found if each.get("Description") == "A pod on Fargate"]
    looks.expect([], on_fargate, "the interfaces of pods on Fargate that are left")
    looks.expect([], iam.list_open_id_connect_providers()["OpenIDConnectProviderList"], "the issuers that are left")
    return f"nothing is left of {next(iter(WITHOUT_MACHINE.values()))}"
