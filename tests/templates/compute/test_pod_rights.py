"""What each controller's pods may do with what, whole; and who may assume their roles."""

import re
from typing import Any

import pytest

from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.assembly import Assembly
from tests.templates.iam import statements
from tests.templates.template import Template, plain, role_id
from tests.templates.variants import ACCOUNT, DNS_ACCOUNT, HUBS, REGION, SECRET_ARN, SECRET_KEY

FILE_SYSTEM_ID = "${import ExportsOutputFnGetAttUserDataHomes3EF1A134FileSystemId98B8869C}"
FILES = f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:file-system/{FILE_SYSTEM_ID}"
ACCESS_POINTS = f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:access-point/*"
DATA_KEY = "${import ExportsOutputFnGetAttUserDataKey371B7AFEArnA7FC8CC5}"
SUBZONE = "arn:aws:route53:::hostedzone/${import ExportsOutputRefSubzoneZone02BBCBFA5A353B46}"
DOMAIN_OPERATOR = f"arn:aws:iam::{DNS_ACCOUNT}:role/DomainOperatorRole"

Rights = list[tuple[list[str], list[str], dict[str, Any]]]

EXTERNAL_DNS: Rights = [
    (
        ["route53:ChangeResourceRecordSets"],
        [SUBZONE],
        {
            "ForAllValues:StringEquals": {
                "route53:ChangeResourceRecordSetsRecordTypes": ["A", "AAAA", "TXT"],
                "route53:ChangeResourceRecordSetsActions": ["CREATE", "UPSERT", "DELETE"],
            }
        },
    ),
    (["route53:ListResourceRecordSets"], [SUBZONE], {}),
    (["route53:ListHostedZones"], ["*"], {}),
]
VOLUME_DRIVER: Rights = [
    (["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"], [DATA_KEY], {}),
    (["kms:CreateGrant"], [DATA_KEY], {"Bool": {"kms:GrantIsForAWSResource": "true"}}),
]
FILE_DRIVER: Rights = [
    (["ec2:DescribeAvailabilityZones"], ["*"], {}),
    (
        [
            "elasticfilesystem:DescribeAccessPoints",
            "elasticfilesystem:DescribeFileSystems",
            "elasticfilesystem:DescribeMountTargets",
        ],
        [ACCESS_POINTS, FILES],
        {},
    ),
    (
        ["elasticfilesystem:CreateAccessPoint"],
        [FILES],
        {"StringEquals": {"aws:RequestTag/efs.csi.aws.com/cluster": "true"}},
    ),
    (
        ["elasticfilesystem:TagResource"],
        [ACCESS_POINTS],
        {"StringEquals": {"elasticfilesystem:CreateAction": "CreateAccessPoint"}},
    ),
    (
        ["elasticfilesystem:DeleteAccessPoint"],
        [ACCESS_POINTS],
        {"StringEquals": {"aws:ResourceTag/efs.csi.aws.com/cluster": "true"}},
    ),
]
MOUNTING: Rights = [
    (
        ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
        [FILES],
        {
            "Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"},
            "StringLike": {"elasticfilesystem:AccessPointArn": ACCESS_POINTS},
        },
    )
]
AUTOSCALER: Rights = [
    (
        [
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeAutoScalingInstances",
            "autoscaling:DescribeLaunchConfigurations",
            "autoscaling:DescribeScalingActivities",
            "autoscaling:DescribeTags",
            "ec2:DescribeImages",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeLaunchTemplateVersions",
            "ec2:GetInstanceTypesFromInstanceRequirements",
        ],
        ["*"],
        {},
    ),
    (
        ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
        [f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:*:autoScalingGroupName/eks-*"],
        {"StringEquals": {"aws:ResourceTag/k8s.io/cluster-autoscaler/jupyterhub": "owned"}},
    ),
    (["eks:DescribeNodegroup"], [f"arn:aws:eks:{REGION}:{ACCOUNT}:nodegroup/jupyterhub/*/*"], {}),
]
NAMED_SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:jupyterhub/oauth-client-secret-??????"


@pytest.mark.parametrize(
    ("variant", "account", "rights"),
    [
        pytest.param("shipped", ("external-dns", "external-dns"), EXTERNAL_DNS, id="ExternalDNS"),
        pytest.param(
            "parent",
            ("external-dns", "external-dns"),
            [(["sts:AssumeRole", "sts:TagSession"], [DOMAIN_OPERATOR], {})],
            id="ExternalDNS across accounts",
        ),
        pytest.param("shipped", ("kube-system", "ebs-csi-controller-sa"), VOLUME_DRIVER, id="EBS driver"),
        pytest.param("shipped", ("kube-system", "efs-csi-controller-sa"), FILE_DRIVER, id="EFS driver"),
        pytest.param("shipped", ("kube-system", "efs-csi-node-sa"), MOUNTING, id="EFS driver on nodes"),
        pytest.param("shipped", ("kube-system", "cluster-autoscaler"), AUTOSCALER, id="autoscaler"),
    ],
)
def test_pods_may_do_this_and_nothing_else(
    synthesized: Synthesized, variant: str, account: tuple[str, str], rights: Rights
) -> None:
    hub = synthesized(variant)["Hub"]
    assert _rights(hub, hub.path(hub.pod_roles()[account])) == rights


VIA_SECRETS_MANAGER = {"StringEquals": {"kms:ViaService": "secretsmanager.${AWS::Region}.${AWS::URLSuffix}"}}


@pytest.mark.parametrize(
    ("variant", "secret", "keys"),
    [
        pytest.param("shipped", NAMED_SECRET, set(), id="by name"),
        pytest.param("own parts", SECRET_ARN, {SECRET_KEY}, id="by ARN, with a key"),
        pytest.param("seed", "${JupyterHubClientSecretF0F1F2E3}", set(), id="from plain text"),
    ],
)
def test_external_secrets_reads_what_the_hub_needs_and_nothing_else(
    synthesized: Synthesized, variant: str, secret: str, keys: set[str]
) -> None:
    hub = synthesized(variant)["Hub"]
    role = hub.path(hub.pod_roles()["external-secrets", "external-secrets"])
    rights = _rights(hub, role)
    assert {action for actions, _, _ in rights for action in actions} <= {
        "secretsmanager:GetSecretValue",
        "kms:Decrypt",
    }
    read = {
        each for actions, resources, _ in rights if actions == ["secretsmanager:GetSecretValue"] for each in resources
    }
    assert {each for each in read if "StateKey" not in each} == {secret}
    decrypting = [each for each in rights if each[0] == ["kms:Decrypt"]]
    assert all(conditions == VIA_SECRETS_MANAGER for _, _, conditions in decrypting)
    assert keys <= {each for _, resources, _ in decrypting for each in resources}


MANAGED = {
    ("kube-system", "aws-node"): ["AmazonEKS_CNI_Policy"],
    ("kube-system", "ebs-csi-controller-sa"): ["AmazonEBSCSIDriverEKSClusterScopedPolicy"],
}


@pytest.mark.parametrize("variant", HUBS)
def test_only_two_drivers_of_awss_own_have_managed_policies(synthesized: Synthesized, variant: str) -> None:
    hub = synthesized(variant)["Hub"]
    assert {
        account: [arn.rpartition("/")[2] for arn in arns]
        for account, role in hub.pod_roles().items()
        if (arns := plain(hub.resources[role]["Properties"].get("ManagedPolicyArns")))
    } == MANAGED


def test_nodes_may_join_and_pull_images(shipped: Assembly) -> None:
    hub = shipped["Hub"]
    (role,) = {role_id(group["Properties"]["NodeRole"]) for group in hub.all(kinds.NODES)}
    arns = plain(hub.resources[role]["Properties"]["ManagedPolicyArns"])
    assert [arn.rpartition("/")[2] for arn in arns] == [
        "AmazonEKSWorkerNodePolicy",
        "AmazonEC2ContainerRegistryPullOnly",
    ]
    assert _rights(hub, hub.path(role)) == []


@pytest.mark.parametrize("variant", HUBS)
def test_pods_role_is_for_one_service_account_of_one_cluster(synthesized: Synthesized, variant: str) -> None:
    hub = synthesized(variant)["Hub"]
    assert len(hub.pod_roles()) >= 6
    for (namespace, service_account), role in hub.pod_roles().items():
        (trust,) = plain(hub.resources[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"])
        cluster = trust["Condition"]["StringEquals"]["aws:RequestTag/eks-cluster-arn"]
        assert re.fullmatch(r"arn:\S+:eks:\S+:\S+:cluster/jupyterhub", cluster)
        assert trust == {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {
                "StringEquals": {
                    "aws:RequestTag/eks-cluster-arn": cluster,
                    "aws:RequestTag/kubernetes-namespace": namespace,
                    "aws:RequestTag/kubernetes-service-account": service_account,
                }
            },
        }


def _rights(template: Template, role: str) -> Rights:
    found = [each for each in statements(template) if each.role == role]
    assert {each.effect for each in found} <= {"Allow"}
    return [(sorted(each.actions), sorted(each.resources), each.conditions) for each in found]
