from __future__ import annotations

from typing import Any

import pytest

from blueprint.handlers import zones
from tests.handlers.cloud import REGION, Invocation, session

A, B, C = (f"{REGION}{letter}" for letter in "abc")
ID_OF_A, ID_OF_B = "euw1-az3", "euw1-az1"


@pytest.fixture
def ec2() -> Any:
    return session.client("ec2")


def make_vpc(ec2: Any, *names: str, cidr: str = "10.0.0.0/16") -> str:
    """A VPC with a public and a private subnet in each of these zones, in the order of the addresses."""
    vpc = ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
    for number, name in enumerate(names):
        for kind, third in (("Public", number), ("Private", number + 100)):
            tags = [{"Key": "aws-cdk:subnet-type", "Value": kind}]
            block = f"{cidr.rsplit('.', 2)[0]}.{third}.0/24"
            specified = [{"ResourceType": "subnet", "Tags": tags}]
            ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=name, TagSpecifications=specified)
    return str(vpc)


def run(request: str, vpc: str, count: int, *without: str, before: str = "") -> list[str]:
    properties = {"VpcId": vpc, "Count": str(count), "Without": list(without)}
    event: dict[str, Any] = {"RequestType": request, "ResourceProperties": properties, "PhysicalResourceId": "zones"}
    if before:
        event["OldResourceProperties"] = {**properties, "VpcId": before}
    answer = zones.handler(event, Invocation())
    assert answer["PhysicalResourceId"] == "zones"
    return [answer["Data"][f"Zone{number}"] for number in range(1, count + 1)]


def test_a_new_vpc_has_the_first_zones(ec2: Any) -> None:
    assert run("Create", make_vpc(ec2), 3) == [A, B, C]


def test_a_zone_without_eks_is_passed_over(ec2: Any) -> None:
    assert run("Create", make_vpc(ec2), 2, ID_OF_A) == [B, C]


def test_zones_of_a_vpc_stay_in_the_order_of_their_addresses(ec2: Any) -> None:
    assert run("Create", make_vpc(ec2, C, A), 2) == [C, A]


def test_one_zone_more_leaves_the_others_as_they_are(ec2: Any) -> None:
    vpc = make_vpc(ec2, C, A)
    assert run("Update", vpc, 3, before=vpc) == [C, A, B]


def test_one_zone_less_leaves_the_others_as_they_are(ec2: Any) -> None:
    vpc = make_vpc(ec2, C, A, B)
    assert run("Update", vpc, 2, before=vpc) == [C, A]


def test_a_vpc_in_the_place_of_another_has_its_zones(ec2: Any) -> None:
    before = make_vpc(ec2, C, B, A)
    assert run("Update", make_vpc(ec2, cidr="10.1.0.0/16"), 3, before=before) == [C, B, A]


def test_a_vpc_in_the_place_of_another_leaves_its_bad_zone(ec2: Any) -> None:
    before = make_vpc(ec2, C, B)
    assert run("Update", make_vpc(ec2, cidr="10.1.0.0/16"), 2, ID_OF_B, before=before) == [C, A]


def test_a_subnet_in_a_zone_without_eks_is_told_with_the_way_out(ec2: Any) -> None:
    with pytest.raises(RuntimeError, match=rf"has subnets in {A} \({ID_OF_A}\), where EKS .* set network.cidr"):
        run("Create", make_vpc(ec2, A, B), 2, ID_OF_A)


def test_too_few_zones_are_told_with_their_number(ec2: Any) -> None:
    words = f"This account has 2 zone.s. in {REGION} that can hold EKS: {B}, {C}. Set network.zones to 2"
    with pytest.raises(RuntimeError, match=words):
        run("Create", make_vpc(ec2), 3, ID_OF_A)


def test_deletion_asks_nothing(calls: list[str]) -> None:
    event = {"RequestType": "Delete", "PhysicalResourceId": "zones", "ResourceProperties": {}}
    assert zones.handler(event, Invocation()) == {"PhysicalResourceId": "zones"}
    assert calls == []


def test_it_calls_what_its_rights_name(ec2: Any, calls: list[str]) -> None:
    run("Create", make_vpc(ec2), 2)
    assert set(calls) == {"ec2:DescribeAvailabilityZones", "ec2:DescribeSubnets"}
