"""Chooses the zones of a new VPC: the first ones that can hold EKS. Zones that the VPC has already stay.

Properties: `VpcId`, `Count`, and `Without`, a list of the ids of zones that cannot. Data: `Zone1`, `Zone2`, …, by name.
Rights: `ec2:DescribeAvailabilityZones` and `ec2:DescribeSubnets`, which take no resource.

A zone's name means another zone in each account, its id the same in all. A VPC from before this resource has subnets:
their zones are the answer, in the order of the addresses, since a subnet in another zone would be another subnet. Where
another VPC takes the place of one, its zones come first.
"""

from __future__ import annotations

import logging
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

import boto3

from .runtime import CALLS, Answer, Context, Event, Properties, answering

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

log = logging.getLogger(__name__)


def handler(event: Event, context: Context) -> Answer:
    """Choose, whenever the resource is made or changed."""
    answer: Answer = {"PhysicalResourceId": "zones"}
    if event["RequestType"] != "Delete":
        chosen = _choose(boto3.client("ec2", config=CALLS), event["ResourceProperties"], event)
        log.info("zones: %s", ", ".join(chosen))
        answer["Data"] = {f"Zone{number}": name for number, name in enumerate(chosen, 1)}
    return answer


def _choose(ec2: EC2Client, wanted: Properties, event: Event) -> list[str]:
    ids = _zones(ec2)
    good = [name for name in sorted(ids) if ids[name] not in wanted["Without"]]
    had = _zones_of(ec2, wanted["VpcId"])
    if lost := [f"{name} ({ids.get(name, 'unknown')})" for name in had if name not in good]:
        raise RuntimeError(
            f"The VPC {wanted['VpcId']} has subnets in {', '.join(lost)}, where EKS makes no control plane. A subnet "
            "cannot change its zone: set network.cidr to another range, and a VPC in other zones takes its place."
        )
    if not had and event["RequestType"] == "Update":
        before = _zones_of(ec2, event["OldResourceProperties"]["VpcId"])
        had = [name for name in before if name in good]
    count = int(wanted["Count"])
    chosen = [*had, *(name for name in good if name not in had)][:count]
    if len(chosen) < count:
        raise RuntimeError(
            f"This account has {len(good)} zone(s) in {ec2.meta.region_name} that can hold EKS: {', '.join(good)}. "
            f"Set network.zones to {len(good)}, or take another region."
        )
    return chosen


def _zones(ec2: EC2Client) -> dict[str, str]:
    """The ids of the region's zones that can be used, by name; without Local and Wavelength Zones."""
    states = [{"Name": "zone-type", "Values": ["availability-zone"]}, {"Name": "state", "Values": ["available"]}]
    found = ec2.describe_availability_zones(Filters=states)["AvailabilityZones"]  # type: ignore[arg-type]
    return {zone["ZoneName"]: zone["ZoneId"] for zone in found}


def _zones_of(ec2: EC2Client, vpc: str) -> list[str]:
    """The zones of a VPC's private subnets, in the order of their addresses; CDK tags them so."""
    mine = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "tag:aws-cdk:subnet-type", "Values": ["Private"]}]
    subnets = ec2.describe_subnets(Filters=mine)["Subnets"]  # type: ignore[arg-type]
    ordered = sorted(subnets, key=lambda subnet: IPv4Network(subnet["CidrBlock"]))
    return [subnet["AvailabilityZone"] for subnet in ordered]


answer = answering(handler)
