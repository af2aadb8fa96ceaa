"""The account's quotas leave room for what the settings want, beside what is there already.

Codes: https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html, and the tables of each service there.
"""

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.findings import Finding, fault, ok, unknown, warning
from blueprint.cli.checks.world import World
from blueprint.cli.doctor.stacks import Stacks
from blueprint.config.facts.instances import known
from blueprint.config.machines import USUAL, machines
from blueprint.config.offers import without_machine
from blueprint.config.types.profiles import Size


class Quota(NamedTuple):
    """A quota of Service Quotas, and what it is called."""

    service: str
    code: str
    name: str


STANDARD: Final = "acdhimrtz"
VCPUS: Final = {
    ("standard", "on-demand"): Quota("ec2", "L-1216C47A", "vCPUs of on-demand standard instances"),
    ("standard", "spot"): Quota("ec2", "L-34B43A08", "vCPUs of standard spot requests"),
    ("g", "on-demand"): Quota("ec2", "L-DB2E81BA", "vCPUs of on-demand G and VT instances"),
    ("g", "spot"): Quota("ec2", "L-3819A6DF", "vCPUs of G and VT spot requests"),
    ("p", "on-demand"): Quota("ec2", "L-417A185B", "vCPUs of on-demand P instances"),
    ("p", "spot"): Quota("ec2", "L-7212CCBC", "vCPUs of P4, P3 and P2 spot requests"),
    ("x", "on-demand"): Quota("ec2", "L-7295265B", "vCPUs of on-demand X instances"),
    ("x", "spot"): Quota("ec2", "L-E3A00192", "vCPUs of X spot requests"),
}
"""By the first letter of the family: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html"""
FARGATE: Final = Quota("fargate", "L-3032A538", "vCPUs of Fargate")
"""At first 6 in some accounts: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html"""
ADDRESSES: Final = Quota("ec2", "L-0263D0A3", "Elastic IP addresses")
VPCS: Final = Quota("vpc", "L-F678F1CE", "VPCs")
CLUSTERS: Final = Quota("eks", "L-1194D53C", "EKS clusters")
_FEW: Final = 10
"""Servers at a time, of which it is told that there may be no more."""
CONCURRENCY: Final = 10
"""Functions that a deployment runs beside each other, at most."""
ACCESS_POINTS: Final = 10_000
"""Of a file system: https://docs.aws.amazon.com/efs/latest/ug/limits.html"""


def vcpus(world: World) -> Iterator[Finding]:
    """For the nodes at the start, and for as many as the settings allow."""
    config = world.config
    core_most = config.nodes_core_min if config.nodes_user_scaling == "karpenter" else config.nodes_core_max
    uses = (
        (config.nodes_core_instance_types, "on-demand", 2 * config.nodes_core_min, 2 * core_most),
        *(
            (
                each.types,
                "spot" if each.spot else "on-demand",
                config.nodes_user_min if each.name == USUAL else 0,
                each.most,
            )
            for each in machines(config)
        ),
    )
    least: Counter[tuple[str, str]] = Counter()
    most: Counter[tuple[str, str]] = Counter()
    for types, capacity, at_first, at_most in uses:
        sizes = [known()[each].cpus for each in types if each in known()]
        kind = (_class(types[0]), capacity)
        if not sizes or kind not in VCPUS:
            yield unknown(f"The quota for {', '.join(types)} is not known.", "Look at Service Quotas, EC2")
            continue
        least[kind] += max(sizes) * at_first
        most[kind] += max(sizes) * at_most
    used = _used_vcpus(world)
    for kind, wanted in most.items():
        free = _value(world, VCPUS[kind]) - used[kind]
        yield _judged(world, VCPUS[kind], free, least[kind], wanted)


def fargate(world: World) -> Iterator[Finding]:
    """For one server of the largest size without a machine; how many run at a time is for nobody to know."""
    config = world.config
    offered = (each.sizes or {"default": Size()} for each in config.without_machines.values())
    sizes = [without_machine(size, config) for of_profile in offered for size in of_profile.values()]
    wanted = max((math.ceil(size.cpu / 1000) for size in sizes if size), default=0)
    if not wanted:
        return
    free = _value(world, FARGATE)
    if free < wanted:
        ask = f"Ask for more: {_request(world, FARGATE, wanted, free)}"
        yield fault(f"{int(free)} {FARGATE.name} may run at a time; the largest server on Fargate has {wanted}.", ask)
    elif free < _FEW * wanted:
        ask = f"Ask for as many as are to run at a time: {_request(world, FARGATE, _FEW * wanted, free)}"
        yield warning(
            f"{int(free)} {FARGATE.name} may run at a time: {int(free // wanted)} of the largest servers.", ask
        )
    else:
        yield ok(f"{int(free)} {FARGATE.name} may run at a time: {int(free // wanted)} of the largest servers.")


def _class(instance_type: str) -> str:
    return "standard" if instance_type[0] in STANDARD and not instance_type.startswith("hpc") else instance_type[0]


def _used_vcpus(world: World) -> Counter[tuple[str, str]]:
    """By others' instances: those of this deployment's nodes are counted as wanted."""
    used: Counter[tuple[str, str]] = Counter()
    states = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    for reservation in world.workload.listed("ec2", "describe_instances", "Reservations", Filters=states):
        for each in reservation["Instances"]:
            tags = {tag["Key"]: tag["Value"] for tag in each.get("Tags", [])}
            if world.config.name in (tags.get("eks:cluster-name"), tags.get("eks:eks-cluster-name")):  # or Karpenter's
                continue
            options = each.get("CpuOptions", {})
            cpus = options.get("CoreCount", 0) * options.get("ThreadsPerCore", 1)
            kind = known().get(each["InstanceType"])
            capacity = "spot" if each.get("InstanceLifecycle") == "spot" else "on-demand"
            used[_class(each["InstanceType"]), capacity] += kind.cpus if kind else cpus
    return used


def _judged(world: World, quota: Quota, free: float, least: int, most: int) -> Finding:
    ask = f"Ask for more: {_request(world, quota, most, free)}"
    if free < least:
        return fault(f"{max(0, int(free))} {quota.name} are free; {least} are needed at the start.", ask)
    if free < most:
        return warning(f"{int(free)} {quota.name} are free; {most} are needed for all nodes of the settings.", ask)
    return ok(f"{int(free)} {quota.name} are free, and {most} wanted.")


def _request(world: World, quota: Quota, wanted: int, free: float) -> str:
    value = int(_value(world, quota) - free) + wanted
    return (
        f"aws service-quotas request-service-quota-increase --service-code {quota.service} --quota-code {quota.code} "
        f"--desired-value {value} --region {world.workload.region}{world.workload.option}"
    )


def _value(world: World, quota: Quota) -> float:
    client = world.workload.client("service-quotas")
    answer: Any = client.get_service_quota(ServiceCode=quota.service, QuotaCode=quota.code)
    return float(answer["Quota"]["Value"])


def addresses(world: World) -> Iterator[Finding]:
    """One for each NAT gateway of a new VPC."""
    config = world.config
    if config.network_vpc_id is not None or Stacks(world.workload).has(world.stack("Hub")):
        return
    used = len(world.workload.client("ec2").describe_addresses()["Addresses"])
    wanted = config.network_nat_gateways
    yield _judged(world, ADDRESSES, _value(world, ADDRESSES) - used, wanted, wanted)


def vpcs(world: World) -> Iterator[Finding]:
    """One, where it is made here."""
    if world.config.network_vpc_id is not None or Stacks(world.workload).has(world.stack("Data")):
        return
    used = len(world.workload.listed("ec2", "describe_vpcs", "Vpcs"))
    yield _judged(world, VPCS, _value(world, VPCS) - used, 1, 1)


def clusters(world: World) -> Iterator[Finding]:
    """One."""
    names = world.workload.listed("eks", "list_clusters", "clusters")
    if world.config.name not in names:
        yield _judged(world, CLUSTERS, _value(world, CLUSTERS) - len(names), 1, 1)


def concurrency(world: World) -> Iterator[Finding]:
    """New accounts may run very few functions at a time."""
    limit = world.workload.client("lambda").get_account_settings()["AccountLimit"]
    free = limit["UnreservedConcurrentExecutions"]
    if free < CONCURRENCY:
        text = f"{free} functions may run at a time; a deployment runs up to {CONCURRENCY}, and waits for the others."
        yield warning(text, "Ask for more in Service Quotas: Lambda, concurrent executions (L-B99A9384)")
    else:
        yield ok(f"{free} functions may run at a time.")


def access_points(world: World) -> Iterator[Finding]:
    """Each home is one, of at most ten thousand of a file system."""
    if world.config.storage_home != "efs":
        return
    for each in world.workload.listed("efs", "describe_file_systems", "FileSystems"):
        if each.get("Name") != world.config.name:
            continue
        id = each["FileSystemId"]
        count = len(world.workload.listed("efs", "describe_access_points", "AccessPoints", FileSystemId=id))
        if count > 0.9 * ACCESS_POINTS:
            text = f"{count} of {ACCESS_POINTS} access points of {id} are taken: one for each home."
            yield warning(text, "Delete those of people who left")
        else:
            yield ok(f"{count} of {ACCESS_POINTS} access points of {id} are taken.")


CHECKS = tuple(
    Check("quotas", look, workload=True)
    for look in (vcpus, fargate, addresses, vpcs, clusters, concurrency, access_points)
)
