"""Settings of the deployment as a whole, its domain names, and who may sign in."""

from typing import Annotated

from pydantic import Field

from blueprint.config.field import Group, setting
from blueprint.config.types.certificates import Authorities
from blueprint.config.types.kinds import (
    DECIMAL,
    WHOLE,
    Account,
    Accounts,
    Acknowledgements,
    Boolean,
    CertificateArn,
    ClientAuthentication,
    Domain,
    DomainPrefix,
    Email,
    ExternalId,
    HostedZoneId,
    KmsKeyArn,
    Name,
    Names,
    Organization,
    Provider,
    Region,
    RoleName,
    Scopes,
    SecondFactor,
    Secret,
    SecretArn,
    SecretEntry,
    SubzoneAccount,
    Tags,
    Text,
    Url,
)

CALLBACK_PATH = "/hub/oauth_callback"
_ACCOUNT = "111122223333"
_REGION = "eu-central-1"
_USER = "auth0|5f7c8ec7c33c6c004bbafe82"
_NEEDED = "needed, but with `cognito`"


class Deployment(Group):
    """Where everything goes and what it is called."""

    name: Name = setting(
        "name",
        "Names the stacks, the cluster and the owner of its DNS records.",
        default="jupyterhub",
    )
    workload_account: Account | None = setting(
        "workload.account",
        "The account of the cluster and its data.",
        default=None,
        absent="that of the credentials in use",
        example=_ACCOUNT,
    )
    workload_region: Region | None = setting(
        "workload.region",
        "The region of the cluster and its data.",
        default=None,
        absent="that of the credentials in use",
        example=_REGION,
    )
    tags: Tags = setting(
        "tags",
        "Tags put on every resource, also on what services and controllers make.",
        default={},
        absent="none",
        example={"team": "research"},
    )
    warnings_acknowledged: Acknowledgements = setting(
        "warnings.acknowledged",
        "Warnings that are not told any more: by the id that `cdk synth` shows, the reason why each may stand.",
        default={},
        absent="none",
        example={"blueprint:open-admission": "Everybody in our directory may use it"},
    )


class DomainNames(Group):
    """The names under which the hub is found, and the account that may hand them out."""

    parent_dns_account: Account = setting(
        "parent.dns.account",
        "The account that holds the parent zone.",
        example="444455556666",
    )
    parent_dns_region: Region | None = setting(
        "parent.dns.region",
        "The region of the stack `ParentDns`, in which nothing belongs to a region.",
        default=None,
        absent="`workload.region`, or us-east-1 for one that accounts have to opt in to",
        example=_REGION,
    )
    parent_hostedzone_name: Domain = setting(
        "parent.hostedzone.name",
        "The parent zone: a public hosted zone of that account.",
        example="example.com",
    )
    parent_hostedzone_id: HostedZoneId | None = setting(
        "parent.hostedzone.id",
        "The parent zone's id, which spares the role a look-up.",
        default=None,
        absent="found by name",
        example="Z0123456789ABCDEFGHIJ",
    )
    parent_dns_role: RoleName = setting(
        "parent.dns.role",
        "The role in the parent account that may delegate the subzone (or write to it).",
        default="DomainOperatorRole",
    )
    parent_dns_external_id: ExternalId | None = setting(
        "parent.dns.external.id",
        "External id demanded by that role; only where `dns.subzone.account` is `parent`.",
        default=None,
        absent="none",
        example="jupyterhub-dns",
    )
    parent_dns_trusted_accounts: Accounts = setting(
        "parent.dns.trusted.accounts",
        "The accounts that may assume that role.",
        default=[],
        absent="the workload account",
        example=[_ACCOUNT],
    )
    parent_dns_trusted_organization: Organization | None = setting(
        "parent.dns.trusted.organization",
        "Trust this AWS organisation; with `parent.dns.trusted.accounts`, only those of them that belong to it.",
        default=None,
        absent="none",
        example="o-a1b2c3d4e5",
    )
    dev_subzone_name: Domain = setting(
        "dev.subzone.name",
        "The delegated subzone, below the parent zone.",
        example="dev.example.com",
    )
    jupyterhub_subzone_name: Domain = setting(
        "jupyterhub.subzone.name",
        "The hub's host name, below the subzone.",
        example="jupyter.dev.example.com",
    )
    dns_subzone_account: SubzoneAccount = setting(
        "dns.subzone.account",
        "The account of the subzone: delegated to the `workload` one, or kept in the `parent` one.",
        default="workload",
    )
    certificate_arn: CertificateArn | None = setting(
        "certificateArn",
        "An ACM certificate for the host name, in the cluster's region.",
        default=None,
        absent="a new one, validated in the subzone",
        example=f"arn:aws:acm:{_REGION}:{_ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012",
    )


class SignIn(Group):
    """The identity provider, and whom of its users the hub admits."""

    identity_provider: Provider = setting(
        "identity.provider",
        "The kind of identity provider: any with OAuth 2.0 and a user-info endpoint, Auth0, or a new pool of Cognito.",
        default="generic",
    )
    auth_url: Url | None = setting(
        "authUrl",
        "The provider's authorization endpoint.",
        default=None,
        absent=_NEEDED,
        example="https://login.example.com/authorize",
    )
    token_url: Url | None = setting(
        "tokenUrl",
        "The provider's token endpoint.",
        default=None,
        absent=_NEEDED,
        example="https://login.example.com/oauth/token",
    )
    user_data_url: Url | None = setting(
        "userDataUrl",
        "The provider's user-info endpoint.",
        default=None,
        absent=_NEEDED,
        example="https://login.example.com/userinfo",
    )
    callback_url: Url = setting(
        "callbackUrl",
        "The callback URL to register with the provider; it follows from the host name.",
        derived=lambda settings: f"https://{settings['jupyterhub_subzone_name']}{CALLBACK_PATH}",
        absent=f"`https://<jupyterhub.subzone.name>{CALLBACK_PATH}`",
        example=f"https://jupyter.dev.example.com{CALLBACK_PATH}",
    )
    client_id: Text | None = setting(
        "clientId",
        "The client id that the provider gave to the hub.",
        default=None,
        absent=_NEEDED,
        example="jupyterhub",
    )
    client_secret: Secret | None = setting(
        "clientSecret",
        "The client secret as plain text, which ends up in the template: prefer `clientSecretArn`.",
        default=None,
        absent="`clientSecretArn` is needed, but with `cognito`",
    )
    client_secret_arn: SecretArn | None = setting(
        "clientSecretArn",
        "The Secrets Manager secret (name or ARN) that holds the client secret; `make secret` creates it.",
        default=None,
        absent="`clientSecret` is needed, but with `cognito`",
        example="jupyterhub/oauth-client-secret",
    )
    client_secret_kms_key_arn: KmsKeyArn | None = setting(
        "client.secret.kms.key.arn",
        "The KMS key of that secret, where it is not the account's default key.",
        default=None,
        absent="`aws/secretsmanager`",
        example=f"arn:aws:kms:{_REGION}:{_ACCOUNT}:key/12345678-1234-1234-1234-123456789012",
    )
    client_secret_entry: SecretEntry | None = setting(
        "client.secret.entry",
        "The entry that is the client secret, where that secret is a JSON object of several.",
        default=None,
        absent="the whole secret, or its only entry",
        example="client_secret",
    )
    client_authentication: ClientAuthentication = setting(
        "client.authentication",
        "How the hub proves to the token endpoint who it is: in the request, or by HTTP Basic. "
        "`token_endpoint_auth_methods_supported` in the provider's metadata says which it takes.",
        default="client_secret_post",
        example="client_secret_basic",
    )
    identity_ca: Authorities | None = setting(
        "identity.ca",
        "A file beside the context with the certificate of the authority that issued the provider's certificate, "
        "where that is one of your own.",
        default=None,
        absent="the public authorities",
        example="identity-ca.pem",
    )
    scope: Scopes = setting(
        "scope",
        "The OAuth scopes to ask for.",
        default=["openid", "profile", "email"],
    )
    username_key: Text = setting(
        "usernameKey",
        "The claim that names a user and their home directory: choose one that is unique and never changes.",
        default="sub",
        weighty=True,
    )
    users_allowed: Names = setting(
        "users.allowed",
        "The users who may sign in, by the claim of `usernameKey`.",
        default=[],
        absent="everyone the provider signs in, unless `groups.allowed` says who",
        example=[_USER],
    )
    users_admins: Names = setting(
        "users.admins",
        "The users who administer the hub; they may sign in as well.",
        default=[],
        absent="none",
        example=[_USER],
    )
    groups_allowed: Names = setting(
        "groups.allowed",
        "The groups whose members may sign in.",
        derived=lambda settings: ["users"] if settings["identity_provider"] == "cognito" else [],
        absent="`users` with `cognito`; else everyone the provider signs in, unless `users.allowed` says who",
        example=["jupyterhub-users"],
        common=True,
    )
    groups_admins: Names = setting(
        "groups.admins",
        "The groups whose members administer the hub; they may sign in as well.",
        derived=lambda settings: ["admins"] if settings["identity_provider"] == "cognito" else [],
        absent="`admins` with `cognito`, else none",
        example=["jupyterhub-admins"],
        common=True,
    )
    groups_claim: Text | None = setting(
        "groups.claim",
        "The claim that lists a user's groups; dots lead into nested claims.",
        derived=lambda settings: "cognito:groups" if settings["identity_provider"] == "cognito" else None,
        absent="`cognito:groups` with `cognito`, else none: groups are not read",
        example="groups",
        common=True,
    )
    cognito_domain_prefix: DomainPrefix | None = setting(
        "cognito.domain.prefix",
        "The first part of the address of Cognito's sign-in page; nobody else in the region may have it.",
        default=None,
        absent="the host name with hyphens for dots",
        example="jupyter-dev-example-com",
    )
    cognito_admin_email: Email | None = setting(
        "cognito.admin.email",
        "The first admin, whom Cognito invites by e-mail.",
        default=None,
        absent="nobody is invited",
        example="ada@example.com",
    )
    cognito_mfa: SecondFactor = setting(
        "cognito.mfa",
        "The second factor, a code of an authenticator app: with `required` everybody sets one up when they sign in; "
        "with `optional` Cognito's page asks nobody, and only those have one whom you enrol through its API.",
        default="required",
    )
    sign_in_verified_email: Boolean = setting(
        "sign.in.verified.email",
        "Whether people are turned away whose e-mail address the provider calls unverified.",
        default=True,
    )
    sign_in_takeover: Boolean = setting(
        "sign.in.takeover",
        "Whether a person with another `sub` may take over the hub user, and the files, of the same name: "
        "set it only while you move to another provider.",
        default=False,
    )
    auth_refresh_seconds: Annotated[int, Field(ge=60, le=86400), WHOLE] = setting(
        "auth.refresh.seconds",
        "How often the provider is asked anew about a user at work: rights lost there are lost here after this time.",
        default=300,
    )
    auth_session_days: Annotated[float, Field(gt=0, le=365), DECIMAL] = setting(
        "auth.session.days",
        "Days after which everybody has to sign in again.",
        default=14.0,
    )
    logout_url: Url | None = setting(
        "logout.url",
        "Where signing out of the hub leads: the provider's own sign-out, or it signs people in again unasked.",
        default=None,
        absent="Auth0's with `auth0`, the hub's own page otherwise",
        example="https://login.example.com/logout?client_id=jupyterhub",
    )
    logout_stops_servers: Boolean = setting(
        "logout.stops.servers",
        "Whether signing out stops the user's server.",
        default=False,
    )
