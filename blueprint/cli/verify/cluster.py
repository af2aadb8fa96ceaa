"""The cluster with its nodes and add-ons is at work, and what is stored is encrypted."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from blueprint.cli.checks.aws import code
from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.findings import Finding, fault, listed, ok, warning
from blueprint.cli.checks.world import World
from blueprint.hub.names import DEPLOYMENT_TAG
from blueprint.versions import BUCKET_DRIVER, BY_MINOR, EKS_ADDONS


def cluster(world: World) -> Iterator[Finding]:
    """It is active, of the version of the settings, and reached from where these say."""
    config, eks = world.config, world.workload.client("eks")
    try:
        found = eks.describe_cluster(name=config.name)["cluster"]
    except ClientError as error:
        if code(error) != "ResourceNotFoundException":
            raise
        yield fault(f"There is no cluster {config.name}.", "cdk deploy Hub")
        return
    if found["status"] != "ACTIVE":
        yield fault(f"The cluster is {found['status']}.", "Wait, or look at it in EKS")
    if found["version"] != config.kubernetes_version:
        text = f"The cluster runs Kubernetes {found['version']}; kubernetes.version is {config.kubernetes_version}."
        yield warning(text, "cdk deploy Hub, or set kubernetes.version back")
    public = bool(found["resourcesVpcConfig"].get("endpointPublicAccess"))
    if public and config.api_endpoint == "private":
        yield fault("The Kubernetes API is open to the internet; api.endpoint is private.", "cdk deploy Hub")
    if not any("secrets" in each["resources"] for each in found.get("encryptionConfig", [])):
        yield fault("Kubernetes' secrets are not encrypted with a key of this deployment.", "cdk deploy Hub")
    if issues := _issues(found.get("health", {})):
        yield fault(f"EKS finds the cluster wanting: {listed(issues, 2)}.", "Look at its health in EKS")
    elif found["status"] == "ACTIVE":
        yield ok(f"The cluster {config.name} is active (Kubernetes {found['version']}).")


def nodes(world: World) -> Iterator[Finding]:
    """Their groups are active."""
    eks, name = world.workload.client("eks"), world.config.name
    wanting: list[str] = []
    groups = world.workload.listed("eks", "list_nodegroups", "nodegroups", clusterName=name)
    for group in groups:
        found = eks.describe_nodegroup(clusterName=name, nodegroupName=group)["nodegroup"]
        if issues := _issues(found.get("health", {})):
            wanting.append(f"{group}: {listed(issues, 1)}")
        elif found["status"] not in ("ACTIVE", "UPDATING"):
            wanting.append(f"{group} is {found['status']}")
    if wanting:
        yield fault(f"Groups of nodes are not well: {listed(wanting, 2)}.", "Look at them in EKS, and at their quotas")
    elif not groups:
        yield fault("The cluster has no nodes.", "cdk deploy Hub")
    else:
        yield ok(f"{len(groups)} groups of nodes are active.")


def addons(world: World) -> Iterator[Finding]:
    """Each is active, in the pinned version."""
    eks, name = world.workload.client("eks"), world.config.name
    of_minor = BY_MINOR[world.config.kubernetes_version]
    pinned = {
        **EKS_ADDONS,
        **(BUCKET_DRIVER if world.config.has_bucket_folders else {}),
        "kube-proxy": of_minor.kube_proxy,
        "coredns": of_minor.coredns,
        "metrics-server": of_minor.metrics_server,
    }
    if world.config.storage_home == "ebs":
        del pinned["aws-efs-csi-driver"]
    present = world.workload.listed("eks", "list_addons", "addons", clusterName=name)
    wanting = [f"{each} is missing" for each in pinned if each not in present]
    other: list[str] = []
    for each in sorted(set(pinned) & set(present)):
        found = eks.describe_addon(clusterName=name, addonName=each)["addon"]
        if found["status"] != "ACTIVE":
            wanting.append(f"{each} is {found['status']}")
        elif found["addonVersion"] != pinned[each]:
            other.append(f"{each} {found['addonVersion']}")
    if wanting:
        yield fault(f"Add-ons are not well: {listed(wanting)}.", "Look at them in EKS, then cdk deploy Hub")
    if other:
        yield warning(f"Add-ons are of other versions than pinned: {listed(other)}.", "cdk deploy Hub")
    if not wanting and not other:
        yield ok(f"{len(pinned)} add-ons are active.")


def _issues(health: Mapping[str, Any]) -> list[str]:
    return [f"{each['code']} ({each.get('message', '')})" for each in health.get("issues", [])]


def volumes(world: World) -> Iterator[Finding]:
    """The hub's database, homes on EBS, the nodes' disks, and the homes' file system."""
    name, account = world.config.name, world.workload
    found: dict[str, bool] = {}
    for tag, value in (("Name", f"{name}-hub-database"), (DEPLOYMENT_TAG, name), ("eks:cluster-name", name)):
        filters = [{"Name": f"tag:{tag}", "Values": [value]}]
        for each in account.listed("ec2", "describe_volumes", "Volumes", Filters=filters):
            found[each["VolumeId"]] = each["Encrypted"]
    for each in _of_nodes(world):
        found.setdefault(each["VolumeId"], each["Encrypted"])
    for each in account.listed("efs", "describe_file_systems", "FileSystems"):
        if each.get("Name") == name:
            found[each["FileSystemId"]] = each["Encrypted"]
    if plain := sorted(id for id, encrypted in found.items() if not encrypted):
        yield fault(f"Not encrypted: {listed(plain)}.", "Look who made them: this blueprint encrypts what it makes")
    elif found:
        yield ok(f"{len(found)} volumes and file systems are encrypted.")
    else:
        yield fault("There is neither a database nor a home: no volume, and no file system.", "cdk deploy Hub")


def _of_nodes(world: World) -> Iterator[Mapping[str, Any]]:
    """Disks of machines of this cluster, which have their group's tags and none of the cluster's."""
    filters = [{"Name": "tag:eks:cluster-name", "Values": [world.config.name]}]
    machines = [
        each["InstanceId"]
        for reservation in world.workload.listed("ec2", "describe_instances", "Reservations", Filters=filters)
        for each in reservation["Instances"]
    ]
    for start in range(0, len(machines), 100):
        attached = [{"Name": "attachment.instance-id", "Values": machines[start : start + 100]}]
        yield from world.workload.listed("ec2", "describe_volumes", "Volumes", Filters=attached)


CHECKS = (
    Check("cluster", cluster, workload=True),
    Check("nodes", nodes, workload=True),
    Check("add-ons", addons, workload=True),
    Check("storage", volumes, workload=True),
)
