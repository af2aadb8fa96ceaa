"""What servers may do in AWS: a role for each entry of `aws.access`, for the service account of its servers.

The hub chooses the account (`charts/hub/rights.py`). Of servers on Fargate, `server_roles.py` has the roles.
"""

from collections.abc import Iterator

from aws_cdk import Aws, Stack
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from blueprint.config import Config
from blueprint.config.types.access import OWN, Data
from blueprint.constructs.compute.cluster import Cluster
from blueprint.constructs.compute.pod_identity import pod_role
from blueprint.hub import service_account
from blueprint.versions import JUPYTERHUB

_POD = "${aws:PrincipalTag/kubernetes-pod-name}"
"""The name that EKS tells of the pod whose session it is: for `{user}`, since the hub gives each person's their own."""


class ServerRights(Construct):
    """The roles' ARNs by the entries' names, each associated with its service account."""

    def __init__(self, scope: Construct, id: str, *, config: Config, cluster: Cluster) -> None:
        super().__init__(scope, id)
        self.roles: dict[str, str] = {}
        for name, rights in (config.aws_access.by_id if config.aws_access else {}).items():
            account = service_account(name)
            part = Construct(self, name)
            self.roles[name] = rights.role or self._role(part, cluster, account, [*(rights.data or {}).values()])
            eks.CfnPodIdentityAssociation(
                part,
                "Association",
                cluster_name=cluster.made,
                namespace=JUPYTERHUB.namespace,
                service_account=account,
                role_arn=self.roles[name],
            )

    @staticmethod
    def _role(scope: Construct, cluster: Cluster, account: str, parts: list[Data]) -> str:
        role = pod_role(scope, "Role", cluster=cluster, namespace=JUPYTERHUB.namespace, service_account=account)
        for part in parts:
            for statement in statements(part, Stack.of(scope).region):
                role.add_to_policy(statement)
        return role.role_arn


def statements(part: Data, region: str) -> Iterator[iam.PolicyStatement]:
    """What whoever may use a part of a bucket may do."""
    bucket = f"arn:aws:s3:::{part.bucket}"
    prefix = (part.prefix or "").replace(OWN, _POD)
    # Whoever takes the name of a bucket that is gone gets nothing.
    ours = {"StringEquals": {"aws:ResourceAccount": Aws.ACCOUNT_ID}}
    below = {"StringLike": {"s3:prefix": f"{prefix}*"}} if prefix else {}
    yield iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket], conditions={**ours, **below})
    changes = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
    yield iam.PolicyStatement(
        actions=["s3:GetObject", *(changes if part.write else [])],
        resources=[f"{bucket}/{prefix}*"],
        conditions=ours,
    )
    if part.kms_key_arn:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
        yield iam.PolicyStatement(
            actions=["kms:Decrypt", *(["kms:GenerateDataKey"] if part.write else [])],
            resources=[part.kms_key_arn],
            conditions={"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}},
        )
