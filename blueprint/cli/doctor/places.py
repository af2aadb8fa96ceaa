"""Zones can hold EKS, an existing VPC is as it has to be, and the instance types are offered where they are to run."""

from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.findings import Finding, fault, listed, ok, warning
from blueprint.cli.checks.world import World
from blueprint.config.facts.zones import WITHOUT_EKS
from blueprint.config.machines import machines


def zones(world: World) -> Iterator[Finding]:
    """Those of the settings exist, and hold EKS; or there are enough that do."""
    config = world.config
    here = _zones(world)
    chosen = config.network_zone_names
    if unknown_ones := [each for each in chosen if each not in here]:
        text = f"The region has no zone {listed(unknown_ones)}; this account's are {listed(sorted(here))}."
        yield fault(text, "Correct network.zone.names")
    elif shut := [each for each in chosen if here[each] in WITHOUT_EKS.values()]:
        text = f"EKS makes no control plane in {listed(shut)} ({listed([here[each] for each in shut])})."
        yield fault(text, f"Take others for network.zone.names: {listed(_usable(here))}")
    elif len(_usable(here)) < config.network_zones and not config.network_vpc_id:
        count = len(_usable(here))
        text = f"The region has {count} zone(s) that hold EKS, and network.zones is {config.network_zones}."
        yield fault(text, f"Set network.zones to {count}, or take another region")
    else:
        yield ok(f"The zones {listed(_spanned(world, here))} hold EKS.")


def _zones(world: World) -> dict[str, str]:
    """The account's zones by name, with their ids."""
    filters = [{"Name": "zone-type", "Values": ["availability-zone"]}, {"Name": "state", "Values": ["available"]}]
    found = world.workload.client("ec2").describe_availability_zones(Filters=filters)["AvailabilityZones"]
    return {each["ZoneName"]: each["ZoneId"] for each in found}


def _usable(here: dict[str, str]) -> list[str]:
    return [name for name, id in sorted(here.items()) if id not in WITHOUT_EKS.values()]


def _spanned(world: World, here: dict[str, str]) -> list[str]:
    """Where nodes will run: as in the handler that chooses zones, the first ones by name."""
    return list(world.config.network_zone_names) or _usable(here)[: world.config.network_zones]


def vpc(world: World) -> Iterator[Finding]:
    """EKS needs names in it, and the subnets that the settings list."""
    config, ec2 = world.config, world.workload.client("ec2")
    if config.network_vpc_id is None:
        return
    id = config.network_vpc_id
    try:
        ec2.describe_vpcs(VpcIds=[id])
    except ClientError as error:
        if "NotFound" not in str(error):
            raise
        yield fault(f"There is no VPC {id} in the account and region.", "Correct network.vpc.id")
        return
    for attribute, name in (("enableDnsSupport", "EnableDnsSupport"), ("enableDnsHostnames", "EnableDnsHostnames")):
        if not ec2.describe_vpc_attribute(VpcId=id, Attribute=attribute)[name]["Value"]:
            fix = f"aws ec2 modify-vpc-attribute --vpc-id {id} --{_option(attribute)}{world.workload.option}"
            yield fault(f"The VPC {id} has {attribute} off: nodes cannot join the cluster.", fix)
    found = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [id]}])["Subnets"]
    wanted = [*config.network_subnets_private, *config.network_subnets_public]
    present = {each["SubnetId"]: each for each in found}
    if lacking := [each for each in wanted if each not in present]:
        yield fault(f"The VPC {id} has no subnet {listed(lacking)}.", "Correct the lists of subnets")
        return
    yield from _subnets(world, [present[each] for each in config.network_subnets_private])


def _option(attribute: str) -> str:
    return "enable-dns-support" if attribute == "enableDnsSupport" else "enable-dns-hostnames"


def _subnets(world: World, private: Sequence[dict[str, Any]]) -> Iterator[Finding]:
    names = world.config.network_zone_names
    for subnet, zone in zip(private, names, strict=False):
        if subnet["AvailabilityZone"] != zone:
            text = f"The subnet {subnet['SubnetId']} is in {subnet['AvailabilityZone']}, not in {zone}."
            yield fault(text, "Bring network.zone.names and network.subnets.private into the same order")
    if small := [each["SubnetId"] for each in private if each["AvailableIpAddressCount"] < 16]:
        text = f"The subnets {listed(small)} have fewer than 16 free addresses."
        yield warning(text, "Take larger ones: every server and every controller needs an address")
    if not small:
        yield ok(f"The VPC {world.config.network_vpc_id} can hold the cluster.")


def instance_types(world: World) -> Iterator[Finding]:
    """Core nodes are started in the first two zones, user nodes in all (with homes on EBS in the first)."""
    config = world.config
    here = _zones(world)
    spanned = [each for each in _spanned(world, here) if each in here]
    of_users = spanned[: None if _everywhere(world) else 1]
    uses = (
        ("nodes.core.instance.types", config.nodes_core_instance_types, spanned[:2]),
        ("nodes.user.instance.types", config.nodes_user_instance_types, of_users),
        *(("instance_types in the profiles", kind.types, of_users) for kind in [*machines(config)][1:]),
    )
    offered = _offered(world, sorted({each for _, types, _ in uses for each in types}))
    for key, types, places in uses:
        lacking = {zone: [each for each in types if each not in offered.get(zone, set())] for zone in places}
        without = [zone for zone, missing in lacking.items() if len(missing) == len(types)]
        some = sorted({each for missing in lacking.values() for each in missing})
        if not places:
            return  # what is told of the zones is enough
        if without:
            yield fault(f"None of {listed(list(types))} is offered in {listed(without)}.", f"Take others for {key}")
        elif some:
            yield warning(f"{listed(some)}: not offered in every zone of {listed(places)}.", f"Take others for {key}")
        else:
            yield ok(f"{listed(list(types))}: offered in {listed(places)}.")


def _everywhere(world: World) -> bool:
    return world.config.storage_home == "efs"


def _offered(world: World, types: list[str]) -> dict[str, set[str]]:
    """The instance types that each zone has, of some."""
    found: dict[str, set[str]] = {}
    filters = [{"Name": "instance-type", "Values": types}]
    for each in world.workload.listed(
        "ec2",
        "describe_instance_type_offerings",
        "InstanceTypeOfferings",
        LocationType="availability-zone",
        Filters=filters,
    ):
        found.setdefault(each["Location"], set()).add(each["InstanceType"])
    return found


CHECKS = (
    Check("zones", zones, workload=True),
    Check("network", vpc, workload=True),
    Check("instance types", instance_types, workload=True),
)
