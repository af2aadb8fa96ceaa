"""What servers on Fargate may do in AWS: a role for each profile, and for each entry of `aws.access`.

There is no Pod Identity there: roles come by the cluster's own tokens, each to the one service account that carries it.
The hub chooses the account (`charts/hub/rights.py`).
"""

import json

from aws_cdk import Fn, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from blueprint.config import Config
from blueprint.config.types.access import Rights
from blueprint.config.types.profiles import Profile
from blueprint.constructs.access.server_rights import statements
from blueprint.constructs.compute.cluster import Cluster
from blueprint.hub import account_on_fargate, server_account
from blueprint.versions import JUPYTERHUB

_AUDIENCE = "sts.amazonaws.com"


class ServerRoles(Construct):
    """The roles, and in `objects` the service accounts that carry them."""

    def __init__(self, scope: Construct, id: str, *, config: Config, cluster: Cluster) -> None:
        super().__init__(scope, id)
        self._issuer = cluster.issuer
        self._provider = iam.CfnOIDCProvider(self, "Issuer", url=cluster.issuer, client_id_list=[_AUDIENCE])
        self.objects = [
            *(self._of_profile(id, profile) for id, profile in config.without_machines.items()),
            *(self._of_group(id, rights) for id, rights in config.rights_on_fargate.items()),
        ]

    def _of_profile(self, id: str, profile: Profile) -> dict[str, object]:
        name = server_account(id)
        role = iam.CfnRole(
            self,
            f"Role-{id}",
            description=f"Servers of the profile {id}",
            assume_role_policy_document=self._trust(name),
            managed_policy_arns=list(profile.policies or ()) or None,
        )
        return _account(name, role.attr_arn)

    def _of_group(self, id: str, rights: Rights) -> dict[str, object]:
        name = account_on_fargate(id)
        if rights.role:
            return _account(name, rights.role)
        region = Stack.of(self).region
        allowed = [each for part in rights.on_fargate.values() for each in statements(part, region)]
        role = iam.CfnRole(
            self,
            f"Rights-{id}",
            description=f"Servers on Fargate with the rights {id}",
            assume_role_policy_document=self._trust(name),
            policies=[
                iam.CfnRole.PolicyProperty(policy_name="Data", policy_document=iam.PolicyDocument(statements=allowed))
            ],
        )
        return _account(name, role.attr_arn)

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


def _account(name: str, role_arn: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "name": name,
            "namespace": JUPYTERHUB.namespace,
            "annotations": {"eks.amazonaws.com/role-arn": role_arn},
        },
        "automountServiceAccountToken": False,
    }
