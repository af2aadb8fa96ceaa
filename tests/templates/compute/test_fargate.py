"""Servers on Fargate: what takes them there, what they may, whom they reach, and in which order all goes."""

from ipaddress import ip_address, ip_network
from itertools import pairwise
from typing import Any

import pytest

from blueprint.constructs.network.servers import outside
from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.access.test_server_rights import OPEN, RAW
from tests.templates.assembly import Assembly
from tests.templates.iam import statements, trust
from tests.templates.template import Template, plain
from tests.templates.variants import ACCOUNT

PROFILE, ISSUER = "AWS::EKS::FargateProfile", "AWS::IAM::OIDCProvider"
RULES = [kinds.INGRESS_RULE, "AWS::EC2::SecurityGroupEgress"]
LABEL = {"jupyterhub-eks/compute": "fargate"}
MOST_RULES = 60
"""Of a security group, each way. Source: the quotas of Amazon VPC."""


@pytest.fixture(scope="module")
def assembly(synthesized: Synthesized) -> Assembly:
    return synthesized("Fargate")


@pytest.fixture(scope="module")
def hub(assembly: Assembly) -> Template:
    return assembly["Hub"]


@pytest.fixture(scope="module")
def group(hub: Template) -> str:
    """The security group of the servers."""
    (id,) = (id for id in hub.ids(kinds.SECURITY_GROUP) if hub.path(id).endswith("Servers/Group"))
    return id


@pytest.mark.parametrize("variant", ["shipped", "EBS homes", "Karpenter, machines"])
def test_nothing_is_made_where_nobody_asks_for_it(synthesized: Synthesized, variant: str) -> None:
    stacks = synthesized(variant)
    hub = stacks["Hub"]
    assert [*hub.ids(PROFILE), *hub.ids(ISSUER)] == []
    assert [name for kind, name in hub.objects if kind in ("SecurityGroupPolicy", "ServiceAccount")] == []
    assert [id for id in hub.ids(kinds.SECURITY_GROUP) if "Servers" in hub.path(id)] == []
    assert "securityGroup" not in hub.values("jupyterhub")["custom"]["barrier"]
    assert "ThroughAccessPoints" not in str(stacks["Data"].all(kinds.FILE_SYSTEM))


# What takes them there


def test_one_fargate_profile_takes_what_is_labelled_for_it_in_the_hubs_namespace(hub: Template) -> None:
    found = hub.properties(PROFILE)
    labels = [{"Key": key, "Value": value} for key, value in LABEL.items()]
    assert found["Selectors"] == [{"Namespace": "jupyterhub", "Labels": labels}]
    assert ["Private" in each for each in plain(found["Subnets"])] == [True] * 3


def test_fargate_itself_may_pull_images_for_this_cluster_and_no_more(hub: Template) -> None:
    (role,) = (each for each in hub.all(kinds.ROLE) if "eks-fargate-pods" in str(each))
    assert trust(role) == [
        {
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Principal": {"Service": "eks-fargate-pods.amazonaws.com"},
            "Condition": {
                "ArnLike": {"aws:SourceArn": "arn:aws:eks:eu-central-1:111122223333:fargateprofile/jupyterhub/*"}
            },
        }
    ]
    (policy,) = plain(role["Properties"]["ManagedPolicyArns"])
    assert policy.endswith(":iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy")
    assert [each for each in statements(hub) if "Fargate" in each.role] == []


# What they may in AWS


@pytest.mark.parametrize(
    ("profile", "policies"),
    [
        (
            "alone",
            ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::111122223333:policy/notebooks/course"],
        ),
        ("bare", None),
    ],
)
def test_each_profile_has_a_role_that_its_own_account_alone_assumes(
    hub: Template, profile: str, policies: list[str] | None
) -> None:
    id = role_of(hub, f"Role-{profile}")
    role = hub.resources[id]
    assert trust(role) == trusted(f"server-{profile}")
    names = role["Properties"]["AssumeRolePolicyDocument"]["Fn::Sub"][1]
    (issuer,) = hub.ids(ISSUER)
    assert names["Provider"] == {"Ref": issuer}
    assert names["Issuer"]["Fn::Select"] == [1, {"Fn::Split": ["//", hub.properties(ISSUER)["Url"]]}]
    assert role["Properties"].get("ManagedPolicyArns") == policies
    account = hub.objects["ServiceAccount", f"server-{profile}"]
    assert account["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": f"${{{id}.Arn}}"}
    assert account["automountServiceAccountToken"] is False


def role_of(hub: Template, name: str) -> str:
    (id,) = (id for id in hub.ids(kinds.ROLE) if hub.path(id).endswith(f"ServerRoles/{name}"))
    return id


def trusted(account: str) -> list[dict[str, Any]]:
    return [
        {
            "Effect": "Allow",
            "Principal": {"Federated": "${Provider}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    "${Issuer}:aud": "sts.amazonaws.com",
                    "${Issuer}:sub": f"system:serviceaccount:jupyterhub:{account}",
                }
            },
        }
    ]


@pytest.mark.parametrize(("id", "rights"), [("physics", RAW), ("everybody", OPEN)])
def test_group_has_its_rights_there_but_nobodys_own_folder(hub: Template, id: str, rights: list[Any]) -> None:
    """What EKS tells of a pod by Pod Identity, a token does not."""
    role = role_of(hub, f"Rights-{id}")
    assert trust(hub.resources[role]) == trusted(f"fargate-{id}")
    found = [each for each in statements(hub) if each.role == hub.path(role)]
    assert [(sorted(each.actions), sorted(each.resources), each.conditions) for each in found] == rights
    account = hub.objects["ServiceAccount", f"fargate-{id}"]
    assert account["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": f"${{{role}.Arn}}"}
    assert account["automountServiceAccountToken"] is False


def test_role_of_ones_own_is_taken_as_it_is_there_too(hub: Template) -> None:
    account = hub.objects["ServiceAccount", "fargate-platform"]
    assert account["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": f"arn:aws:iam::{ACCOUNT}:role/Platform"}


def test_no_account_has_a_role_both_ways(hub: Template) -> None:
    """For one with an association EKS's webhook names the agent, which there is none of on Fargate."""
    annotated = {name for (kind, name), each in hub.objects.items() if each["metadata"].get("annotations") and kind}
    assert not annotated & {account for _, account in hub.pod_roles()}


def test_issuer_is_the_clusters_for_sts_alone(hub: Template) -> None:
    (cluster,) = hub.ids(kinds.CLUSTER)
    assert hub.properties(ISSUER) == {
        "ClientIdList": ["sts.amazonaws.com"],
        "Url": {"Fn::GetAtt": [cluster, "OpenIdConnectIssuerUrl"]},
    }


def test_accounts_are_those_that_servers_have(hub: Template) -> None:
    offers = hub.values("jupyterhub")["custom"]["profiles"]["offers"]
    asked = {each["override"].get("service_account") for each in offers}
    rights = hub.values("jupyterhub")["custom"]["rights"]
    asked |= {
        name for each in rights["entries"] for name in (each["serviceAccount"], each["onFargate"]["serviceAccount"])
    }
    assert asked - {None} == {name for kind, name in hub.objects if kind == "ServiceAccount"}
    assert rights["onFargate"] == ["server-bare"]


# Whom they reach


def rules(hub: Template, group: str, way: str) -> set[tuple[str, str, Any]]:
    """What a group lets in or out: the other side, the protocol and the port."""
    inside = hub.resources[group]["Properties"].get(f"SecurityGroup{way}", [])
    (kind,) = (kind for kind in RULES if kind.endswith(way))
    outside = [each["Properties"] for each in hub.all(kind) if plain(each["Properties"]["GroupId"]) == of(group)]
    other = {"Ingress": "SourceSecurityGroupId", "Egress": "DestinationSecurityGroupId"}[way]
    return {
        (plain(each.get(other) or each.get("CidrIp")), each["IpProtocol"], each.get("FromPort"))
        for each in (*inside, *outside)
    }


def of(group: str) -> str:
    return f"${{{group}.GroupId}}"


@pytest.fixture(scope="module")
def cluster_group(hub: Template) -> str:
    (cluster,) = hub.ids(kinds.CLUSTER)
    return f"${{{cluster}.ClusterSecurityGroupId}}"


@pytest.fixture(scope="module")
def homes(hub: Template) -> str:
    (id,) = (id for id in hub.ids(kinds.SECURITY_GROUP) if "MountTargets" in hub.path(id))
    return id


def test_servers_have_their_own_group_in_place_of_the_clusters(hub: Template, group: str) -> None:
    policy = hub.objects["SecurityGroupPolicy", "servers-without-machines"]
    assert policy["metadata"]["namespace"] == "jupyterhub"
    assert policy["spec"] == {
        "podSelector": {"matchLabels": LABEL},
        "securityGroups": {"groupIds": [of(group)]},
    }


def test_only_the_clusters_nodes_and_control_plane_reach_a_server(
    hub: Template, group: str, cluster_group: str
) -> None:
    assert rules(hub, group, "Ingress") == {(cluster_group, "tcp", 8888), (cluster_group, "tcp", 10250)}


def test_servers_reach_of_private_addresses_what_they_need_alone(
    hub: Template, group: str, cluster_group: str, homes: str
) -> None:
    found = rules(hub, group, "Egress")
    assert {each for each in found if each[0].startswith("${")} == {
        (cluster_group, "tcp", 443),
        (cluster_group, "tcp", 53),
        (cluster_group, "udp", 53),
        (cluster_group, "tcp", 8081),
        (cluster_group, "tcp", 8000),
        (of(homes), "tcp", 2049),
    }


def test_whom_they_reach_lets_them_in(hub: Template, group: str, cluster_group: str, homes: str) -> None:
    """What a group lets out, and the other one does not let in, gets nowhere."""
    out = {each for each in rules(hub, group, "Egress") if each[0].startswith("${")}
    into = {plain(each["Properties"]["GroupId"]): set[Any]() for each in hub.all(kinds.INGRESS_RULE)}
    for each in (each["Properties"] for each in hub.all(kinds.INGRESS_RULE)):
        if plain(each["SourceSecurityGroupId"]) == of(group):
            into[plain(each["GroupId"])].add((each["IpProtocol"], each["FromPort"]))
    assert {(to, *rest) for to, found in into.items() for rest in found} == out


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("8.8.8.8", True),
        ("1.1.1.1", True),
        ("172.15.255.255", True),
        ("172.32.0.1", True),
        ("100.63.0.1", True),
        ("192.167.1.1", True),
        ("223.255.255.255", True),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("172.31.255.255", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("100.127.255.255", False),
        ("169.254.169.254", False),
        ("169.254.170.23", False),
    ],
)
def test_servers_reach_the_world_and_no_private_address(hub: Template, group: str, address: str, reached: bool) -> None:
    blocks = [ip_network(each[0]) for each in rules(hub, group, "Egress") if not each[0].startswith("${")]
    assert any(ip_address(address) in each for each in blocks) == reached
    assert blocks
    assert len({*outside()}) == len(blocks)


@pytest.mark.parametrize("way", ["Ingress", "Egress"])
def test_group_has_room_for_all_its_rules(hub: Template, group: str, way: str) -> None:
    assert len(rules(hub, group, way)) <= MOST_RULES


def test_server_waits_for_its_group(hub: Template, group: str) -> None:
    assert hub.values("jupyterhub")["custom"]["barrier"]["securityGroup"] == of(group)


# Their homes


def test_homes_are_of_a_class_that_is_mounted_without_an_identity(hub: Template) -> None:
    usual, without = (hub.objects["StorageClass", name] for name in ("home", "home-without-iam"))
    assert usual.pop("mountOptions") == ["iam"]
    assert without.pop("metadata") != usual.pop("metadata")
    assert without == usual  # the same directories
    assert hub.values("jupyterhub")["singleuser"]["storage"]["dynamic"]["storageClass"] == "home-without-iam"
    assert hub.values("jupyterhub")["custom"]["barrier"]["homeClass"] == "home-without-iam"


def test_shared_directory_is_mounted_there_as_well(hub: Template) -> None:
    volumes = [each["spec"] for (kind, _), each in hub.objects.items() if kind == "PersistentVolume"]
    efs = [each for each in volumes if each["csi"]["driver"] == "efs.csi.aws.com"]
    assert len(efs) == 2
    assert not [each for each in efs if "mountOptions" in each]


def test_file_system_is_entered_through_access_points_over_tls_alone(assembly: Assembly) -> None:
    policy = assembly["Data"].properties(kinds.FILE_SYSTEM)["FileSystemPolicy"]["Statement"]
    shut, opened = policy
    assert (shut["Effect"], shut["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert opened["Action"] == ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    assert opened["Condition"] == {
        "Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"},
        "StringLike": {
            "elasticfilesystem:AccessPointArn": "arn:aws:elasticfilesystem:eu-central-1:111122223333:access-point/*"
        },
    }


# The order of a destroy


def test_servers_go_then_what_took_them_there_then_their_interfaces_then_the_network(assembly: Assembly) -> None:
    hub, graph = assembly["Hub"], assembly.graph
    order = [
        [hub.manifest_at("Namespace")],
        [*hub.ids(PROFILE)],
        [hub.checkpoint("SecurityGroupId")],
        [*(id for kind in RULES for id in hub.ids(kind) if "/Servers/" in hub.path(id))],
    ]
    for sooner, later in pairwise(order):
        assert all(set(later) <= graph.waits_for(each) for each in sooner), (sooner, later)
    (profile,) = hub.ids(PROFILE)
    assert {*hub.ids(kinds.NAT), *hub.ids(kinds.ROUTE)} <= graph.waits_for(profile)
    assert hub.checkpoint("FileSystemId") in graph.waits_for(hub.checkpoint("SecurityGroupId"))


def test_the_check_may_look_for_interfaces_even_where_servers_were_on_fargate(
    synthesized: Synthesized, hub: Template, group: str
) -> None:
    """An update that takes the last profile away changes policies first, and looks then."""

    def looks(template: Template) -> bool:
        found = [each for each in statements(template) if "Leftovers/Handler" in each.role]
        return any("ec2:DescribeNetworkInterfaces" in each.actions for each in found)

    assert plain(hub.resources[hub.checkpoint("SecurityGroupId")]["Properties"]["SecurityGroupId"]) == of(group)
    assert looks(hub)
    assert looks(synthesized("shipped")["Hub"])


def test_objects_of_servers_stand_before_the_way_in(assembly: Assembly) -> None:
    hub, graph = assembly["Hub"], assembly.graph
    assert hub.manifest("SecurityGroupPolicy") == hub.manifest("ServiceAccount") == hub.manifest_at("Namespace")
    assert hub.manifest_at("Namespace") in graph.waits_for(hub.manifest("Ingress"))
