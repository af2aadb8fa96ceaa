"""The AWS identity of one Kubernetes service account, by EKS Pod Identity."""

from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from blueprint.constructs.compute.cluster import Cluster


def pod_role(scope: Construct, id: str, *, cluster: Cluster, namespace: str, service_account: str) -> iam.Role:
    """A role that only the pods of one service account of one cluster may assume: its ARN has account and region, too.

    The conditions match the session tags that EKS sends when it assumes the role:
    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
    """
    return iam.Role(
        scope,
        id,
        description=f"Pods of {namespace}/{service_account}",
        assumed_by=iam.SessionTagsPrincipal(
            iam.ServicePrincipal(
                "pods.eks.amazonaws.com",
                conditions={
                    "StringEquals": {
                        "aws:RequestTag/eks-cluster-arn": cluster.arn,
                        "aws:RequestTag/kubernetes-namespace": namespace,
                        "aws:RequestTag/kubernetes-service-account": service_account,
                    }
                },
            )
        ),
    )


class PodIdentity(Construct):
    """A role, and its association with a service account.

    A pod gets credentials only if the association stood before the pod started: what runs the pod depends on this.
    """

    def __init__(self, scope: Construct, id: str, *, cluster: Cluster, namespace: str, service_account: str) -> None:
        super().__init__(scope, id)
        self.role = pod_role(self, "Role", cluster=cluster, namespace=namespace, service_account=service_account)
        eks.CfnPodIdentityAssociation(
            self,
            "Association",
            cluster_name=cluster.made,
            namespace=namespace,
            service_account=service_account,
            role_arn=self.role.role_arn,
        )
