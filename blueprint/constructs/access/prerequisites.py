"""A look, before anything is made, at what a deployment needs and does not make."""

from aws_cdk import ArnFormat, CustomResource, Stack
from constructs import Construct

from blueprint.config import Config
from blueprint.constructs.custom_resource import Handler


class Prerequisites(Construct):
    """Ends a deployment at once, with words, where the client secret or an administrator's role is not there.

    The hub would wait for its secret until its installation is rolled back, and EKS refuses a role after it has made
    the control plane.
    """

    def __init__(self, scope: Construct, id: str, *, config: Config) -> None:
        super().__init__(scope, id)
        secret, roles = config.client_secret_arn, list(config.admin_roles)
        if secret is None and not roles:
            return
        handler = Handler(self, "Handler", entry="prerequisites")
        properties: dict[str, object] = {}
        if secret is not None:
            handler.allow(["secretsmanager:DescribeSecret"], [secret_arn(self, secret)])
            properties["SecretId"] = secret
        if roles:
            handler.allow(["iam:GetRole"], sorted({each for role in roles for each in _whatever_its_path(role)}))
            properties["Roles"] = roles
        CustomResource(
            self,
            "Look",
            service_token=handler.service_token,
            resource_type="Custom::Prerequisites",
            properties=properties,
        )


def secret_arn(scope: Construct, secret: str) -> str:
    """What a policy names a secret by; Secrets Manager ends each ARN in six characters of its own."""
    if secret.startswith("arn:"):
        return secret
    return Stack.of(scope).format_arn(
        service="secretsmanager",
        resource="secret",
        resource_name=f"{secret}-??????",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def _whatever_its_path(role: str) -> tuple[str, str]:
    """The ARNs of a role of a name: it may have been given with a path that it does not have, or without its own."""
    account, _, name = role.partition(":role/")
    name = name.rpartition("/")[2]
    return f"{account}:role/{name}", f"{account}:role/*/{name}"
