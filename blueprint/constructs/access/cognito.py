"""A user pool of Amazon Cognito, for those who have no identity provider."""

from aws_cdk import CfnResource, Duration, RemovalPolicy, SecretValue
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from blueprint.config import Config
from blueprint.hub import cognito_provider

_MFA = {"off": cognito.Mfa.OFF, "optional": cognito.Mfa.OPTIONAL, "required": cognito.Mfa.REQUIRED}


class Cognito(Construct):
    """Users whom an admin invites, the groups that decide what they may, and the hub's own client."""

    def __init__(self, scope: Construct, id: str, *, config: Config, key: kms.IKey) -> None:
        super().__init__(scope, id)
        # Even where the deployment that made it fails: its own protection from deletion would stop that from being
        # taken back, and a pool costs nothing as long as nobody signs in.
        self._removal = RemovalPolicy.RETAIN if config.storage_keep else RemovalPolicy.DESTROY
        pool = self._pool(config)
        # Not kept: a pool keeps its users without it, and a new deployment may want the address.
        domain = pool.add_domain(
            "SignInPage",
            cognito_domain=cognito.CognitoDomainOptions(domain_prefix=config.sign_in_prefix),
        )
        client = self._client(config, pool)
        resource = client.node.default_child
        assert isinstance(resource, cognito.CfnUserPoolClient)
        self.client_secret = secretsmanager.Secret(
            self,
            "ClientSecret",
            description=f"OAuth client secret of {config.name}, from its user pool",
            encryption_key=key,
            secret_string_value=SecretValue.resource_attribute(resource.attr_client_secret),
        )
        self.provider = cognito_provider(config, base_url=domain.base_url(), client_id=client.user_pool_client_id)
        self._groups(config, pool)

    def _pool(self, config: Config) -> cognito.UserPool:
        return cognito.UserPool(
            self,
            "Pool",
            user_pool_name=config.name,
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
                temp_password_validity=Duration.days(7),
            ),
            mfa=_MFA[config.cognito_mfa],
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            user_invitation=cognito.UserInvitationConfig(
                email_subject=f"Your account for {config.jupyterhub_subzone_name}",
                email_body=f"You may use {config.hub_url} now: sign in as {{username}} with the password {{####}}, "
                "which you will be asked to change within seven days.",
            ),
            deletion_protection=config.storage_keep,
            removal_policy=self._removal,
        )

    def _client(self, config: Config, pool: cognito.UserPool) -> cognito.UserPoolClient:
        return pool.add_client(
            "Hub",
            generate_secret=True,
            auth_flows=cognito.AuthFlow(),  # only by way of the sign-in page
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.custom(scope) for scope in config.scope],
                callback_urls=[config.callback_url],
                logout_urls=[f"{config.hub_url}/"],
            ),
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            refresh_token_validity=Duration.minutes(max(60, round(config.auth_session_days * 24 * 60))),
        )

    def _groups(self, config: Config, pool: cognito.UserPool) -> None:
        groups = {
            name: cognito.CfnUserPoolGroup(self, f"Group-{name}", user_pool_id=pool.user_pool_id, group_name=name)
            for name in dict.fromkeys([*config.groups_allowed, *config.groups_admins, *config.team_directories])
        }
        kept: list[CfnResource] = [*groups.values()]
        if config.cognito_admin_email:
            admin = cognito.CfnUserPoolUser(
                self,
                "Admin",
                user_pool_id=pool.user_pool_id,
                username=config.cognito_admin_email,
                desired_delivery_mediums=["EMAIL"],
                user_attributes=[
                    cognito.CfnUserPoolUser.AttributeTypeProperty(name="email", value=config.cognito_admin_email),
                    cognito.CfnUserPoolUser.AttributeTypeProperty(name="email_verified", value="true"),
                ],
            )
            kept.append(admin)
            for name in config.groups_admins:
                membership = cognito.CfnUserPoolUserToGroupAttachment(
                    self, f"AdminIn-{name}", user_pool_id=pool.user_pool_id, group_name=name, username=admin.ref
                )
                membership.node.add_dependency(groups[name])
                kept.append(membership)
        for resource in kept:
            resource.apply_removal_policy(self._removal)
