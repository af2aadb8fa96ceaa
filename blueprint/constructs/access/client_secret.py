"""The hub's secrets, on their way from Secrets Manager to files in its pod."""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct, IDependable

from blueprint.config import Config
from blueprint.constructs.access.prerequisites import secret_arn
from blueprint.constructs.compute.cluster import Cluster
from blueprint.constructs.compute.pod_identity import PodIdentity
from blueprint.constructs.storage.user_data import UserData
from blueprint.hub import SECRET_KEY, SECRET_NAME, STATE_KEY
from blueprint.values import chart_values
from blueprint.versions import EXTERNAL_SECRETS, JUPYTERHUB

SECRET_REFRESH = "1m"  # noqa: S105
"""How often Secrets Manager is asked; the file in the hub follows within another minute."""


class ClientSecret(Construct):
    """The identity provider's client secret and the key of the hub's own state, on their way to the hub's pod.

    They are in no chart value and no Helm release: External Secrets copies them, with a role that reads these alone.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: Config,
        cluster: Cluster,
        user_data: UserData,
        after: Sequence[IDependable],
    ) -> None:
        super().__init__(scope, id)
        identity = PodIdentity(
            self,
            "Identity",
            cluster=cluster,
            namespace=EXTERNAL_SECRETS.namespace,
            service_account=EXTERNAL_SECRETS.name,
        )
        state_key = user_data.state_key.secret_arn
        reference, arn = self._secret(config, user_data)
        keys = [user_data.key.key_arn]
        if config.client_secret_kms_key_arn:
            keys.append(config.client_secret_kms_key_arn)
        identity.role.add_to_policy(
            iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[arn, state_key])
        )
        identity.role.add_to_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt"],
                resources=keys,
                conditions={"StringEquals": {"kms:ViaService": f"secretsmanager.{Aws.REGION}.{Aws.URL_SUFFIX}"}},
            )
        )
        operator = cluster.add_chart(
            self, EXTERNAL_SECRETS, values=chart_values(EXTERNAL_SECRETS.name, {}), after=[identity, *after]
        )
        objects = _external_secret(reference, config.client_secret_entry, state_key)
        self.objects = cluster.add_manifest(self, "Objects", *objects, after=[operator])

    def _secret(self, config: Config, user_data: UserData) -> tuple[str, str]:
        """The client secret as Secrets Manager is asked for it, and the ARN that a policy names it by."""
        if user_data.users is not None:
            return user_data.users.client_secret.secret_arn, user_data.users.client_secret.secret_arn
        if config.client_secret is not None:
            secret = secretsmanager.Secret(
                self,
                "Secret",
                description=f"OAuth client secret of {config.name}, from the context's clientSecret",
            )
            resource = secret.node.default_child
            assert isinstance(resource, secretsmanager.CfnSecret)
            # As overrides, which reach the template alone: the CDK writes properties into tree.json as well.
            resource.add_property_override("SecretString", config.client_secret.get_secret_value())
            resource.add_property_deletion_override("GenerateSecretString")
            return secret.secret_arn, secret.secret_arn
        named = config.client_secret_arn
        assert named is not None
        return named, secret_arn(self, named)


def _external_secret(client_secret: str, entry: str | None, state_key: str) -> list[dict[str, object]]:
    store = "aws-secrets-manager"
    part = {"property": entry} if entry else {}
    return [
        {
            "apiVersion": "external-secrets.io/v1",
            "kind": "SecretStore",
            "metadata": {"name": store, "namespace": JUPYTERHUB.namespace},
            # Without `auth` the operator uses its own pod's identity.
            "spec": {"provider": {"aws": {"service": "SecretsManager", "region": Aws.REGION}}},
        },
        {
            "apiVersion": "external-secrets.io/v1",
            "kind": "ExternalSecret",
            "metadata": {"name": SECRET_NAME, "namespace": JUPYTERHUB.namespace},
            "spec": {
                "refreshPolicy": "Periodic",
                "refreshInterval": SECRET_REFRESH,
                "secretStoreRef": {"kind": "SecretStore", "name": store},
                "target": {"name": SECRET_NAME, "creationPolicy": "Owner", "deletionPolicy": "Retain"},
                "data": [
                    {"secretKey": SECRET_KEY, "remoteRef": {"key": client_secret, **part}},
                    {"secretKey": STATE_KEY, "remoteRef": {"key": state_key}},
                ],
            },
        },
    ]
