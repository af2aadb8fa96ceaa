"""What Karpenter may do: upstream's policy, without what is not used here, and with this cluster's network alone.

https://github.com/aws/karpenter-provider-aws/blob/v1.14.1/website/content/en/docs/getting-started/getting-started-with-karpenter/cloudformation.yaml
It makes no instance profiles, which CloudFormation does, and looks for no AMIs, reservations and placement groups.
"""

from collections.abc import Iterator, Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from blueprint.constructs.compute.cluster import Cluster
from blueprint.hub.names import POOL

_MADE = ("fleet", "instance", "volume", "network-interface", "launch-template", "spot-instances-request")
_SPOT = "spot.amazonaws.com"


def rights(
    cluster: Cluster, *, node_role_arn: str, queue_arn: str, subnet_ids: Sequence[str], spot: bool
) -> Iterator[iam.PolicyStatement]:
    """The statements of its role."""
    stack = Stack.of(cluster)
    owned = f"kubernetes.io/cluster/{cluster.name}"
    asked = {
        "StringEquals": {f"aws:RequestTag/{owned}": "owned", "aws:RequestTag/eks:eks-cluster-name": cluster.name},
        "StringLike": {f"aws:RequestTag/{POOL}": "*"},
    }
    is_its_own = {
        "StringEquals": {f"aws:ResourceTag/{owned}": "owned"},
        "StringLike": {f"aws:ResourceTag/{POOL}": "*"},
    }

    def ec2(*resources: str) -> list[str]:
        return [stack.format_arn(service="ec2", resource=each, resource_name="*") for each in resources]

    made = ec2(*_MADE)
    start = ["ec2:CreateFleet", "ec2:RunInstances"]
    group = cluster.eks.cluster_security_group_id
    yield iam.PolicyStatement(
        actions=start,
        resources=[
            # Their ARNs tell no account.
            *(
                stack.format_arn(service="ec2", account="", resource=each, resource_name="*")
                for each in ("image", "snapshot")
            ),
            stack.format_arn(service="ec2", resource="security-group", resource_name=group),
            *(stack.format_arn(service="ec2", resource="subnet", resource_name=each) for each in subnet_ids),
        ],
    )
    yield iam.PolicyStatement(actions=start, resources=ec2("launch-template"), conditions=is_its_own)
    yield iam.PolicyStatement(actions=[*start, "ec2:CreateLaunchTemplate"], resources=made, conditions=asked)
    at_once = {"ec2:CreateAction": ["RunInstances", "CreateFleet", "CreateLaunchTemplate"]}
    yield iam.PolicyStatement(
        actions=["ec2:CreateTags"],
        resources=made,
        conditions={**asked, "StringEquals": {**asked["StringEquals"], **at_once}},
    )
    yield iam.PolicyStatement(
        actions=["ec2:CreateTags"],
        resources=ec2("instance"),
        conditions={
            **is_its_own,
            "StringEqualsIfExists": {"aws:RequestTag/eks:eks-cluster-name": cluster.name},
            "ForAllValues:StringEquals": {"aws:TagKeys": ["eks:eks-cluster-name", "karpenter.sh/nodeclaim", "Name"]},
        },
    )
    yield iam.PolicyStatement(
        actions=["ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"],
        resources=ec2("instance", "launch-template"),
        conditions=is_its_own,
    )
    yield from _others(cluster, node_role_arn, queue_arn)
    if spot:
        # An account that never had a spot instance lacks the role that EC2 uses for them, and EC2 makes it on behalf.
        yield iam.PolicyStatement(
            actions=["iam:CreateServiceLinkedRole"],
            resources=[
                stack.format_arn(
                    service="iam",
                    region="",
                    resource="role",
                    resource_name=f"aws-service-role/{_SPOT}/AWSServiceRoleForEC2Spot",
                )
            ],
            conditions={"StringEquals": {"iam:AWSServiceName": _SPOT}},
        )


def _others(cluster: Cluster, node_role_arn: str, queue_arn: str) -> Iterator[iam.PolicyStatement]:
    """What it reads, hears and hands on."""
    yield iam.PolicyStatement(
        actions=["iam:PassRole"],
        resources=[node_role_arn],
        conditions={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
    )
    yield iam.PolicyStatement(
        actions=["eks:DescribeCluster"],
        resources=[cluster.arn],
    )
    profile = Stack.of(cluster).format_arn(
        service="iam", region="", resource="instance-profile", resource_name=f"{cluster.name}_*"
    )
    # Before a class goes, it looks for a profile that an earlier Karpenter may have made for it.
    yield iam.PolicyStatement(actions=["iam:GetInstanceProfile"], resources=[profile])
    yield iam.PolicyStatement(
        actions=["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"], resources=[queue_arn]
    )
    yield iam.PolicyStatement(
        actions=[
            "ec2:DescribeImages",
            "ec2:DescribeInstances",
            "ec2:DescribeInstanceStatus",
            "ec2:DescribeInstanceTypeOfferings",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeLaunchTemplates",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSpotPriceHistory",
            "ec2:DescribeSubnets",
            "iam:ListInstanceProfiles",  # it looks for profiles of its own that are left
            "pricing:GetProducts",
        ],
        resources=["*"],  # none of these actions knows resources
    )
