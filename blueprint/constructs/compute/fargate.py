"""Servers without machines: the Fargate profile that takes them, and the role in AWS of each profile's servers."""

import json
from collections.abc import Sequence

from aws_cdk import Fn, Stack
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct, IDependable

from blueprint.config.types.profiles import Profile
from blueprint.constructs.compute.cluster import Cluster
from blueprint.hub import WITHOUT_MACHINE, server_account
from blueprint.versions import JUPYTERHUB

_AUDIENCE = "sts.amazonaws.com"


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
            cluster_name=cluster.eks.cluster_name,
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


class ServerRoles(Construct):
    """A role for the servers of each profile on Fargate, where there is no Pod Identity: by the cluster's own tokens.

    `objects` are the service accounts that carry them.
    """

    def __init__(self, scope: Construct, id: str, *, cluster: Cluster, profiles: dict[str, Profile]) -> None:
        super().__init__(scope, id)
        self._issuer = cluster.issuer
        self._provider = iam.CfnOIDCProvider(self, "Issuer", url=cluster.issuer, client_id_list=[_AUDIENCE])
        self.objects = [self._account(id, profile) for id, profile in profiles.items()]

    def _account(self, id: str, profile: Profile) -> dict[str, object]:
        name = server_account(id)
        role = iam.CfnRole(
            self,
            f"Role-{id}",
            description=f"Servers of the profile {id}",
            assume_role_policy_document=self._trust(name),
            managed_policy_arns=list(profile.policies or ()) or None,
        )
        return {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {
                "name": name,
                "namespace": JUPYTERHUB.namespace,
                "annotations": {"eks.amazonaws.com/role-arn": role.attr_arn},
            },
            "automountServiceAccountToken": False,
        }

    def _trust(self, account: str) -> str:
        """As text: no template has keys that only CloudFormation knows, and IAM's conditions are such."""
        conditions = {
            "${Issuer}:aud": _AUDIENCE,
            "${Issuer}:sub": f"system:serviceaccount:{JUPYTERHUB.namespace}:{account}",
        }
        statement = {
            "Effect": "Allow",
            "Principal": {"Federated": "${Provider}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": conditions},
        }
        host = Fn.select(1, Fn.split("//", self._issuer))
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        return Fn.sub(document, {"Issuer": host, "Provider": self._provider.ref})


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
