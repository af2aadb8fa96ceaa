"""Nodes and network: what pods reach of their node, where nodes are, which ports are open."""

import pytest

from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.assembly import Assembly
from tests.templates.template import Template, plain
from tests.templates.variants import HUBS, PRIVATE, VPC_ID

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
    assert options == [{"HttpPutResponseHopLimit": 1, "HttpTokens": "required"}] * 2


@pytest.mark.parametrize("variant", HUBS)
def test_every_node_is_from_one_of_our_launch_templates(synthesized: Synthesized, variant: str) -> None:
    hub = synthesized(variant)["Hub"]
    used = [plain(group["Properties"]["LaunchTemplate"]["Id"]) for group in hub.all(kinds.NODES)]
    assert len(used) == 3
    assert set(used) == {f"${{{id}}}" for id in hub.ids(kinds.LAUNCH_TEMPLATE)}


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


def test_a_core_group_stays_in_the_zone_of_the_hubs_volume(synthesized: Synthesized) -> None:
    hub = synthesized("listed subnets")["Hub"]
    core = [
        group["Properties"]["Subnets"] for group in hub.all(kinds.NODES) if "core" in str(group["Properties"]["Labels"])
    ]
    assert core == [PRIVATE[:1], PRIVATE[1:]]


@pytest.mark.parametrize(
    ("variant", "subnets"),
    [
        pytest.param("shipped", 3, id="homes that every zone reaches"),
        pytest.param("EBS homes", 1, id="homes that stay in their zone"),
    ],
)
def test_users_nodes_are_where_their_homes_are(synthesized: Synthesized, variant: str, subnets: int) -> None:
    (users,) = (
        each for each in synthesized(variant)["Hub"].all(kinds.NODES) if "user" in str(each["Properties"]["Labels"])
    )
    assert len(users["Properties"]["Subnets"]) == subnets


def test_only_users_servers_run_on_users_nodes(hub: Template) -> None:
    (users,) = (each for each in hub.all(kinds.NODES) if "user" in str(each["Properties"]["Labels"]))
    taints = {taint["Key"]: (taint["Value"], taint["Effect"]) for taint in users["Properties"]["Taints"]}
    assert taints == {
        "hub.jupyter.org/dedicated": ("user", "NO_SCHEDULE"),
        "efs.csi.aws.com/agent-not-ready": ("true", "NO_EXECUTE"),
    }


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
