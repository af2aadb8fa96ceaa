"""Nodes and network: what pods reach of their node, where nodes are, which ports are open."""

import json
from datetime import date
from email import message_from_string
from ipaddress import ip_network
from typing import Any

import pytest
import yaml

from blueprint.config import load
from blueprint.config.facts.nodes import disk_room
from blueprint.config.rules.sizes import addresses_of_a_subnet
from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.assembly import Assembly
from tests.templates.template import Template, plain
from tests.templates.variants import HUBS, MANAGED, PRIVATE, VARIANTS, VPC_ID

RESERVED = {"reservedVolumeAttachments": 4}
"""On m6i.xlarge: the root volume, and the three network interfaces that the VPC CNI may add."""
CLUSTER_KEY = "${JupyterHubClusterKey4819A331.Arn}"


@pytest.fixture(scope="module")
def hub(shipped: Assembly) -> Template:
    return shipped["Hub"]


@pytest.mark.parametrize("variant", HUBS)
def test_no_pod_reaches_its_nodes_credentials(synthesized: Synthesized, variant: str) -> None:
    options = [
        each["Properties"]["LaunchTemplateData"]["MetadataOptions"]
        for each in synthesized(variant)["Hub"].all(kinds.LAUNCH_TEMPLATE)
    ]
    count = 2 if variant in MANAGED else 1  # Karpenter has templates of its own: test_karpenter.py
    assert options == [{"HttpPutResponseHopLimit": 1, "HttpTokens": "required"}] * count


@pytest.mark.parametrize("variant", HUBS)
def test_every_node_is_from_one_of_our_launch_templates(synthesized: Synthesized, variant: str) -> None:
    hub = synthesized(variant)["Hub"]
    used = {plain(group["Properties"]["LaunchTemplate"]["Id"]) for group in hub.all(kinds.NODES)}
    assert used == {f"${{{id}}}" for id in hub.ids(kinds.LAUNCH_TEMPLATE)}


def test_nodes_disks_are_encrypted(hub: Template) -> None:
    for template in hub.all(kinds.LAUNCH_TEMPLATE):
        assert plain(template["Properties"]["LaunchTemplateData"]["BlockDeviceMappings"]) == [
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {
                    "DeleteOnTermination": True,
                    "Encrypted": True,
                    "KmsKeyId": CLUSTER_KEY,
                    "VolumeSize": 100,
                    "VolumeType": "gp3",
                },
            }
        ]


def test_fast_disks_are_filled_in_parallel_on_user_nodes(synthesized: Synthesized) -> None:
    templates = synthesized("four user nodes")["Hub"].all(kinds.LAUNCH_TEMPLATE)
    core, user = (each["Properties"]["LaunchTemplateData"] for each in templates)
    assert [each["BlockDeviceMappings"][0]["Ebs"]["Throughput"] for each in (core, user)] == [600, 600]
    assert "UserData" not in core
    parts = [*message_from_string(user["UserData"]["Fn::Base64"]).walk()]
    assert [part.get_content_type() for part in parts] == ["multipart/mixed", "application/node.eks.aws"]
    assert yaml.safe_load(str(parts[1].get_payload())) == {
        "apiVersion": "node.eks.aws/v1alpha1",
        "kind": "NodeConfig",
        "spec": {"featureGates": {"FastImagePull": True}},
    }


def test_slower_disks_are_filled_layer_by_layer(synthesized: Synthesized) -> None:
    """There, pulling in parallel takes longer: amazon-eks-ami, nodeadm/doc/examples.md."""
    for template in synthesized("a gateway a zone")["Hub"].all(kinds.LAUNCH_TEMPLATE):
        data = template["Properties"]["LaunchTemplateData"]
        assert data["BlockDeviceMappings"][0]["Ebs"]["Throughput"] == 599
        assert "UserData" not in data


def groups(hub: Template, purpose: str) -> list[dict[str, Any]]:
    """The node groups of a purpose."""
    found = [each["Properties"] for each in hub.all(kinds.NODES)]
    return [each for each in found if purpose in str(each["Labels"])]


@pytest.mark.parametrize("variant", HUBS)
def test_auto_scaling_has_no_zones_to_keep_even_and_ends_no_node_for_it(synthesized: Synthesized, variant: str) -> None:
    made = synthesized(variant)["Hub"].all(kinds.NODES)
    assert {len(each["Properties"]["Subnets"]) for each in made} == {1}


def test_a_core_group_stays_in_the_zone_of_the_hubs_volume(synthesized: Synthesized) -> None:
    hub = synthesized("listed subnets")["Hub"]
    assert [group["Subnets"] for group in groups(hub, "core")] == [PRIVATE[:1], PRIVATE[1:2]]


def test_users_nodes_are_in_all_zones_where_homes_are(synthesized: Synthesized) -> None:
    users = groups(synthesized("listed subnets")["Hub"], "user")
    assert [each["Subnets"] for each in users] == [[subnet] for subnet in PRIVATE]


def test_users_nodes_are_in_the_zone_of_homes_that_stay_in_it(synthesized: Synthesized) -> None:
    hub = synthesized("EBS homes")["Hub"]
    core, users = groups(hub, "core"), groups(hub, "user")
    assert [each["Subnets"] for each in users] == [core[0]["Subnets"]]


@pytest.mark.parametrize(
    ("variant", "least"), [("shipped", [1, 0, 0]), ("four user nodes", [2, 1, 1]), ("EBS homes", [1])]
)
def test_least_number_of_user_nodes_is_spread_over_the_zones(
    synthesized: Synthesized, variant: str, least: list[int]
) -> None:
    sizes = [each["ScalingConfig"] for each in groups(synthesized(variant)["Hub"], "user")]
    assert [each["MinSize"] for each in sizes] == [each["DesiredSize"] for each in sizes] == least


@pytest.mark.parametrize("variant", MANAGED)
def test_the_autoscaler_knows_the_disk_of_nodes_that_are_not_there(synthesized: Synthesized, variant: str) -> None:
    hub = synthesized(variant)["Hub"]
    sizes = [
        device["Ebs"]["VolumeSize"]
        for template in hub.all(kinds.LAUNCH_TEMPLATE)
        for device in template["Properties"]["LaunchTemplateData"]["BlockDeviceMappings"]
    ]
    told = {
        each["Tags"]["k8s.io/cluster-autoscaler/node-template/resources/ephemeral-storage"]
        for each in groups(hub, "user")
    }
    assert told == {f"{disk_room(size) // 2**30}Gi" for size in sizes}


def test_users_groups_grow_in_turn(hub: Template) -> None:
    chosen = hub.values("cluster-autoscaler")["extraArgs"]
    label = chosen["balancing-label"]
    assert chosen["balance-similar-node-groups"] is True
    assert {each["Labels"][label] for each in groups(hub, "user")} == {"user"}


@pytest.mark.parametrize(("variant", "driver"), [("shipped", "efs.csi.aws.com"), ("EBS homes", "ebs.csi.aws.com")])
def test_only_users_servers_run_on_users_nodes_once_homes_can_be_mounted(
    synthesized: Synthesized, variant: str, driver: str
) -> None:
    hub = synthesized(variant)["Hub"]
    for users in groups(hub, "user"):
        taints = {taint["Key"]: (taint["Value"], taint["Effect"]) for taint in users["Taints"]}
        assert taints == {
            "hub.jupyter.org/dedicated": ("user", "NO_SCHEDULE"),
            f"{driver}/agent-not-ready": ("true", "NO_EXECUTE"),
        }
    assert hub.values("cluster-autoscaler")["extraArgs"]["startup-taint"] == f"{driver}/agent-not-ready"


@pytest.mark.parametrize(("variant", "settings"), [("shipped", None), ("EBS homes", {"node": RESERVED})])
def test_the_volume_driver_leaves_room_for_network_interfaces_where_servers_attach_homes(
    synthesized: Synthesized, variant: str, settings: object
) -> None:
    hub = synthesized(variant)["Hub"]
    given = plain(hub.resources[hub.addon("aws-ebs-csi-driver")]["Properties"].get("ConfigurationValues", "null"))
    assert json.loads(given) == settings


def test_users_never_have_more_nodes_than_they_may(hub: Template) -> None:
    core = [
        each["Properties"]["ScalingConfig"]
        for each in hub.all(kinds.NODES)
        if "core" in str(each["Properties"]["Labels"])
    ]
    assert hub.values("cluster-autoscaler")["extraArgs"]["max-nodes-total"] == 10 + sum(
        each["MinSize"] for each in core
    )


def test_only_the_nodes_reach_the_file_system(hub: Template) -> None:
    groups = {hub.path(id): hub.resources[id]["Properties"] for id in hub.ids(kinds.SECURITY_GROUP)}
    (rule,) = plain(groups["Hub/JupyterHub/MountTargets/SecurityGroup"]["SecurityGroupIngress"])
    assert rule == {
        "Description": "The nodes",
        "IpProtocol": "tcp",
        "FromPort": 2049,
        "ToPort": 2049,
        "SourceSecurityGroupId": "${JupyterHubClusterControlPlane3DD10A32.ClusterSecurityGroupId}",
    }


@pytest.mark.parametrize("variant", HUBS)
def test_no_security_group_is_open_to_addresses(synthesized: Synthesized, variant: str) -> None:
    opened = [
        rule
        for stack in synthesized(variant).stacks.values()
        for rule in [
            *(each["Properties"] for each in stack.all(kinds.INGRESS_RULE)),
            *(
                rule
                for each in stack.all(kinds.SECURITY_GROUP)
                for rule in each["Properties"].get("SecurityGroupIngress", [])
            ),
        ]
        if "CidrIp" in rule or "CidrIpv6" in rule
    ]
    assert opened == []


def test_control_plane_kubectl_and_nodes_are_in_private_subnets(synthesized: Synthesized) -> None:
    hub = synthesized("listed subnets")["Hub"]
    placed = [hub.properties(kinds.CLUSTER)["ResourcesVpcConfig"]["SubnetIds"]]
    placed += [
        each["Properties"]["VpcConfig"]["SubnetIds"]
        for each in hub.all(kinds.FUNCTION)
        if "VpcConfig" in each["Properties"]
    ]
    assert len(placed) == 3
    assert placed == [PRIVATE] * 3


def test_all_traffic_of_a_new_vpc_is_logged(shipped: Assembly) -> None:
    log = plain(shipped["Data"].properties(kinds.FLOW_LOG))
    assert (log["ResourceId"], log["TrafficType"]) == ("${NetworkVpc7FB7348F}", "ALL")


@pytest.mark.parametrize("variant", ["shipped", "a small network"])
def test_private_subnets_are_as_large_as_synthesis_reckons(synthesized: Synthesized, variant: str) -> None:
    subnets = [each["Properties"] for each in synthesized(variant)["Data"].all(kinds.SUBNET)]
    private = {ip_network(each["CidrBlock"]).num_addresses for each in subnets if not each["MapPublicIpOnLaunch"]}
    assert private == {addresses_of_a_subnet(load(VARIANTS[variant], today=date(2026, 11, 20)).config) + 5}


def test_default_security_group_of_a_new_vpc_is_emptied(shipped: Assembly) -> None:
    assert len(shipped["Data"].all("Custom::VpcRestrictDefaultSG")) == 1


@pytest.mark.parametrize(("variant", "gateways"), [("shipped", 1), ("a gateway a zone", 3)])
def test_every_private_subnet_has_a_way_out(synthesized: Synthesized, variant: str, gateways: int) -> None:
    hub = synthesized(variant)["Hub"]
    routes = [each["Properties"] for each in hub.all(kinds.ROUTE)]
    assert len({str(route["RouteTableId"]) for route in routes}) == 3
    assert len({str(route["NatGatewayId"]) for route in routes}) == gateways == len(hub.ids(kinds.NAT))


@pytest.mark.parametrize("variant", ["listed subnets", "looked-up VPC"])
def test_nothing_is_added_to_an_existing_network(synthesized: Synthesized, variant: str) -> None:
    made = {resource["Type"] for stack in synthesized(variant).stacks.values() for resource in stack.resources.values()}
    assert made & {kinds.VPC, kinds.SUBNET, kinds.NAT, kinds.ROUTE, kinds.FLOW_LOG} == set()


@pytest.mark.parametrize("variant", ["listed subnets", "looked-up VPC"])
def test_existing_network_is_used(synthesized: Synthesized, variant: str) -> None:
    hub = synthesized(variant)["Hub"]
    assert hub.properties(kinds.CLUSTER)["ResourcesVpcConfig"]["SubnetIds"] == PRIVATE
    assert hub.values("aws-load-balancer-controller")["vpcId"] == VPC_ID
    assert [each["Properties"]["SubnetId"] for each in hub.all(kinds.MOUNT_TARGET)] == PRIVATE
