"""What the security groups of servers on Fargate mean: a way is open where both sides let it through."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.aws import Cloud
from rehearsal.kubelet.capacity.fargate import GROUPS
from rehearsal.kubelet.peers import Scene
from rehearsal.kubelet.security_groups import of_pods
from rehearsal.sandbox.firewall import Way
from rehearsal.sandbox.nftables import Network
from tests.rehearsal.kubelet.test_policies import ADA, BOB, DNS, HUB, HUB_SERVICE, NODE, PODS, SERVICES, pod

SERVERS, CLUSTER, ALONE = "servers", "cluster", "10.0.2.9"


@pytest.fixture
def groups(cloud: Cloud) -> dict[str, str]:
    """The cluster's group and the servers', without any rule."""
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    found = {
        name: ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in (SERVERS, CLUSTER)
    }
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    for each in found.values():
        ec2.revoke_security_group_egress(GroupId=each, IpPermissions=everything)
    return found


def rule(protocol: str, port: int, **other: str) -> list[Any]:
    """To or from a group or a network."""
    sides = {
        "UserIdGroupPairs": [{"GroupId": other["group"]}] if "group" in other else [],
        "IpRanges": [{"CidrIp": other["network"]}] if "network" in other else [],
    }
    return [{"IpProtocol": protocol, "FromPort": port, "ToPort": port, **{k: v for k, v in sides.items() if v}}]


def found(cloud: Cloud, groups: dict[str, str]) -> tuple[set[Way], set[Way]]:
    """What the only server on Fargate may send and get."""
    alone = pod("jupyter-alone", ALONE, {}, metadata={"annotations": {GROUPS: groups[SERVERS]}})
    scene = Scene([], [*PODS, alone], [], SERVICES)
    ((name, (out, into)),) = of_pods(cloud, scene, lambda: groups[CLUSTER], [NODE]).items()
    assert name == "jupyter-alone"
    return {*out}, {*into}


def test_what_one_side_alone_lets_through_gets_nowhere(cloud: Cloud, groups: dict[str, str]) -> None:
    ec2 = cloud.client("ec2")
    ec2.authorize_security_group_egress(GroupId=groups[SERVERS], IpPermissions=rule("tcp", 8081, group=groups[CLUSTER]))
    ec2.authorize_security_group_ingress(
        GroupId=groups[CLUSTER], IpPermissions=rule("tcp", 8082, group=groups[SERVERS])
    )
    assert found(cloud, groups) == (set(), set())


def test_who_has_a_group_is_reached_where_both_let_it_and_so_is_the_service_before_it(
    cloud: Cloud, groups: dict[str, str]
) -> None:
    ec2 = cloud.client("ec2")
    ec2.authorize_security_group_egress(GroupId=groups[SERVERS], IpPermissions=rule("tcp", 8081, group=groups[CLUSTER]))
    ec2.authorize_security_group_ingress(
        GroupId=groups[CLUSTER], IpPermissions=rule("tcp", 8081, group=groups[SERVERS])
    )
    out, into = found(cloud, groups)
    nodes = {Way(Network(each), (), "TCP", (8081, 8081)) for each in (NODE, HUB, ADA, BOB, DNS)}
    assert out == {*nodes, Way(Network(HUB_SERVICE), (), "TCP", (80, 80))}
    assert into == set()


def test_networks_are_reached_as_they_are_named_and_who_may_come_in_is_let_in(
    cloud: Cloud, groups: dict[str, str]
) -> None:
    ec2 = cloud.client("ec2")
    ec2.authorize_security_group_egress(GroupId=groups[SERVERS], IpPermissions=rule("tcp", 443, network="8.0.0.0/7"))
    ec2.authorize_security_group_ingress(
        GroupId=groups[SERVERS], IpPermissions=rule("tcp", 8888, group=groups[CLUSTER])
    )
    out, into = found(cloud, groups)
    assert out == {Way(Network("8.0.0.0/7"), (), "TCP", (443, 443))}
    assert into == {Way(Network(each), (), "TCP", (8888, 8888)) for each in (NODE, HUB, ADA, BOB, DNS)}


def test_pods_without_a_group_have_no_rules_of_groups(cloud: Cloud) -> None:
    assert of_pods(cloud, Scene([], PODS, [], SERVICES), lambda: "sg-0", [NODE]) == {}
