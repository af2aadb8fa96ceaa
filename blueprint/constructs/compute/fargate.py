"""Servers without machines: the Fargate profile that takes them, and the security group that they have."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct, IDependable

from blueprint.constructs.compute.cluster import Cluster
from blueprint.hub import WITHOUT_MACHINE
from blueprint.versions import JUPYTERHUB


class Fargate(Construct):
    """One Fargate profile for all such servers: of several, EKS makes and unmakes one at a time only."""

    def __init__(self, scope: Construct, id: str, *, cluster: Cluster, after: Sequence[IDependable]) -> None:
        super().__init__(scope, id)
        selector = eks.CfnFargateProfile.SelectorProperty(
            namespace=JUPYTERHUB.namespace,
            labels=[
                eks.CfnFargateProfile.LabelProperty(key=key, value=value) for key, value in WITHOUT_MACHINE.items()
            ],
        )
        self.profile = eks.CfnFargateProfile(
            self,
            "Profile",
            cluster_name=cluster.made,
            pod_execution_role_arn=self._execution_role(cluster).role_arn,
            selectors=[selector],
            subnets=[subnet.subnet_id for subnet in cluster.subnets],
        )
        self.profile.node.add_dependency(*after)

    def _execution_role(self, cluster: Cluster) -> iam.Role:
        """What Fargate does for a pod: it lets it into the cluster, and pulls its image. No container has this role."""
        profiles = Stack.of(self).format_arn(
            service="eks", resource="fargateprofile", resource_name=f"{cluster.name}/*"
        )
        policy = "AmazonEKSFargatePodExecutionRolePolicy"
        return iam.Role(
            self,
            "ExecutionRole",
            description="Fargate itself, for pods of users",
            assumed_by=iam.ServicePrincipal("eks-fargate-pods.amazonaws.com").with_conditions(
                {"ArnLike": {"aws:SourceArn": profiles}}
            ),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(policy)],
        )


def security_group_policy(group_id: str) -> dict[str, object]:
    """Gives servers on Fargate their security group in place of the cluster's."""
    return {
        "apiVersion": "vpcresources.k8s.aws/v1beta1",
        "kind": "SecurityGroupPolicy",
        "metadata": {"name": "servers-without-machines", "namespace": JUPYTERHUB.namespace},
        "spec": {
            "podSelector": {"matchLabels": dict(WITHOUT_MACHINE)},
            "securityGroups": {"groupIds": [group_id]},
        },
    }
