"""Cluster Autoscaler: makes and removes nodes as users' servers come and go."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct, IDependable

from blueprint.config import Config
from blueprint.constructs.compute.cluster import Cluster
from blueprint.constructs.compute.nodes import STARTUP_TAINTS
from blueprint.constructs.compute.pod_identity import PodIdentity
from blueprint.values import chart_values
from blueprint.versions import BY_MINOR, CLUSTER_AUTOSCALER


class Autoscaler(Construct):
    """The autoscaler, with rights on this cluster's node groups only.

    It finds them by the tags that EKS puts on a managed node group's Auto Scaling group, and keeps to the largest
    number of nodes in the configuration.
    """

    def __init__(
        self, scope: Construct, id: str, *, config: Config, cluster: Cluster, after: Sequence[IDependable]
    ) -> None:
        super().__init__(scope, id)
        identity = PodIdentity(
            self,
            "Identity",
            cluster=cluster,
            namespace=CLUSTER_AUTOSCALER.namespace,
            service_account=CLUSTER_AUTOSCALER.name,
        )
        stack = Stack.of(self)
        # https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md
        for statement in (
            iam.PolicyStatement(
                actions=[
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
                resources=["*"],  # none of these actions knows resources
            ),
            iam.PolicyStatement(
                actions=["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
                resources=[
                    stack.format_arn(
                        service="autoscaling",
                        resource="autoScalingGroup",
                        resource_name="*:autoScalingGroupName/eks-*",
                        arn_format=ArnFormat.COLON_RESOURCE_NAME,
                    )
                ],
                conditions={"StringEquals": {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{cluster.name}": "owned"}},
            ),
            iam.PolicyStatement(
                actions=["eks:DescribeNodegroup"],
                resources=[stack.format_arn(service="eks", resource="nodegroup", resource_name=f"{cluster.name}/*/*")],
            ),
        ):
            identity.role.add_to_policy(statement)
        cluster.add_chart(
            self,
            CLUSTER_AUTOSCALER,
            values=chart_values(
                CLUSTER_AUTOSCALER.name,
                {
                    "autoDiscovery": {"clusterName": cluster.name},
                    "awsRegion": Aws.REGION,
                    "image": {"tag": BY_MINOR[config.kubernetes_version].cluster_autoscaler},
                    "extraArgs": {
                        # It counts every node: a core group that has grown leaves users fewer, never more.
                        "max-nodes-total": config.nodes_user_max + 2 * config.nodes_core_min,
                        # A new node carries this until the homes' driver is there: it does not make the node unfit.
                        "startup-taint": STARTUP_TAINTS[config.storage_home],
                    },
                },
            ),
            after=[identity, *after],
        )
