"""Contradictions in domain names, sign-in, and whose resources are whose."""

from collections.abc import Iterator

from blueprint.config.groups.access import CALLBACK_PATH
from blueprint.config.problems import HIDDEN, FaultError, Problem
from blueprint.config.rules.rule import Rule, Surroundings, problem
from blueprint.config.settings import BY_ATTRIBUTE, Config
from blueprint.config.types import checks

# https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
_COGNITO_SCOPES = ("openid", "profile", "email", "phone", "aws.cognito.signin.user.admin")


def subzone_is_below_parent(config: Config, _: Surroundings) -> Iterator[Problem]:
    """A zone delegates names below its own."""
    parent = config.parent_hostedzone_name
    if not config.dev_subzone_name.endswith(f".{parent}"):
        allowed = f"a name below parent.hostedzone.name ({parent})"
        yield problem(config, "dev_subzone_name", allowed, f"for example dev.{parent}")


def host_is_below_subzone(config: Config, _: Surroundings) -> Iterator[Problem]:
    """The hub's record lives in the subzone, and its apex is left free."""
    subzone = config.dev_subzone_name
    if not config.jupyterhub_subzone_name.endswith(f".{subzone}"):
        allowed = f"a name below dev.subzone.name ({subzone})"
        yield problem(config, "jupyterhub_subzone_name", allowed, f"for example jupyter.{subzone}")


def certificate_can_name_the_host(config: Config, _: Surroundings) -> Iterator[Problem]:
    """A certificate made here has the host for its common name.

    https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
    """
    if config.certificate_arn is None and len(config.jupyterhub_subzone_name) > 64:
        allowed = "at most 64 characters without certificateArn: ACM makes no certificate for a longer name"
        fix = "shorten it, or bring a certificate with certificateArn"
        yield problem(config, "jupyterhub_subzone_name", allowed, fix)


def callback_leads_to_the_hub(config: Config, _: Surroundings) -> Iterator[Problem]:
    """The provider sends users back to the hub, or they never arrive."""
    expected = f"{config.hub_url}{CALLBACK_PATH}"
    if config.callback_url != expected:
        fix = "remove the key, and register that URL with the identity provider"
        yield problem(config, "callback_url", expected, fix)


def provider_is_known(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Cognito's addresses follow from its pool, which is made here; those of others only you know."""
    ours = config.identity_provider == "cognito"
    for attribute in ("auth_url", "token_url", "user_data_url", "client_id"):
        setting = BY_ATTRIBUTE[attribute]
        given = getattr(config, attribute) is not None
        if ours and given:
            yield problem(config, attribute, "nothing with identity.provider cognito", "remove the key")
        elif not ours and not given:
            yield problem(config, attribute, setting.allowed, setting.fix)


def cognito_settings_need_cognito(config: Config, _: Surroundings) -> Iterator[Problem]:
    """They would do nothing."""
    for attribute in ("cognito_domain_prefix", "cognito_admin_email", "cognito_mfa"):
        if attribute in config.model_fields_set and config.identity_provider != "cognito":
            yield problem(config, attribute, "only with identity.provider cognito", "remove the key")


def cognito_knows_the_scopes(config: Config, _: Surroundings) -> Iterator[Problem]:
    """It makes no client with others, and gives refresh tokens without offline_access."""
    if config.identity_provider == "cognito" and not set(config.scope) <= set(_COGNITO_SCOPES):
        yield problem(config, "scope", f"with cognito only {', '.join(_COGNITO_SCOPES)}", "remove the others")


def sign_in_page_has_an_address(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Some words of host names are none of Cognito's prefixes."""
    if config.identity_provider == "cognito" and config.cognito_domain_prefix is None:
        try:
            checks.no_brand(config.sign_in_prefix)
        except FaultError as error:
            allowed = f"a prefix, because the host name's ({config.sign_in_prefix}) cannot serve: {error}"
            yield problem(
                config, "cognito_domain_prefix", allowed, 'for example "cognito.domain.prefix": "example-notebooks"'
            )


def client_secret_has_one_source(config: Config, _: Surroundings) -> Iterator[Problem]:
    """The client secret is in Secrets Manager or in context, and in one of them it must be; Cognito brings its own."""
    if config.identity_provider == "cognito":
        if config.client_secret is not None:
            yield Problem("clientSecret", HIDDEN, "nothing with identity.provider cognito", "remove the key")
        if config.client_secret_arn is not None:
            yield problem(config, "client_secret_arn", "nothing with identity.provider cognito", "remove the key")
        return
    if config.client_secret is None and config.client_secret_arn is None:
        allowed = "the name or the ARN of the Secrets Manager secret that holds the client secret"
        fix = 'set "clientSecretArn": "jupyterhub/oauth-client-secret" (or another name), then run make secret'
        yield problem(config, "client_secret_arn", allowed, fix)
    if config.client_secret is not None and config.client_secret_arn is not None:
        fix = "remove clientSecret: the secret that clientSecretArn names is enough"
        yield Problem("clientSecret", HIDDEN, "clientSecret or clientSecretArn, not both", fix)


def secret_key_needs_secret(config: Config, _: Surroundings) -> Iterator[Problem]:
    """The KMS key is that of a secret which exists already."""
    if config.client_secret_kms_key_arn is not None and config.client_secret_arn is None:
        fix = "name the secret that the key encrypts in clientSecretArn, or remove this key"
        yield problem(config, "client_secret_kms_key_arn", "only together with clientSecretArn", fix)


def external_id_needs_parent_mode(config: Config, _: Surroundings) -> Iterator[Problem]:
    """CDK's delegation of a zone, which the other mode uses, cannot send an external id."""
    if config.parent_dns_external_id is not None and config.dns_subzone_account == "workload":
        allowed = "only with dns.subzone.account parent: CDK cannot send an external id to delegate a zone"
        fix = 'remove it, or set "dns.subzone.account": "parent"'
        yield problem(config, "parent_dns_external_id", allowed, fix)


def parent_trusts_the_workload(config: Config, _: Surroundings) -> Iterator[Problem]:
    """The role in the parent account lets the cluster's account in."""
    trusted, account = config.parent_dns_trusted_accounts, config.workload_account
    if trusted and account is not None and account not in trusted:
        allowed = f"a list that holds workload.account ({account})"
        yield problem(config, "parent_dns_trusted_accounts", allowed, f"add {account}, or remove the key")


def somebody_is_admitted(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Who takes the last name out of a list means nobody, which would otherwise read as everybody."""
    for attribute in ("users_allowed", "groups_allowed"):
        if config.open_admission and attribute in config.model_fields_set:
            allowed = "at least one name: with an empty list nobody could sign in"
            yield problem(config, attribute, allowed, "name who may, or remove the key to admit everyone")


def groups_need_a_claim(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Nobody's groups are known without it."""
    if (config.groups_allowed or config.groups_admins or config.team_directories) and config.groups_claim is None:
        allowed = "the claim that lists a user's groups, since groups.allowed, groups.admins or team.directories is set"
        yield problem(config, "groups_claim", allowed, 'for example "groups.claim": "groups"')


def arns_are_of_the_region(config: Config, surroundings: Surroundings) -> Iterator[Problem]:
    """What the cluster uses lies in its own region."""
    region = config.workload_region or surroundings.region
    for attribute in (
        "certificate_arn",
        "client_secret_arn",
        "client_secret_kms_key_arn",
        "ingress_waf_arn",
        "storage_kms_key_arn",
    ):
        arn = _arn(config, attribute)
        if arn and region is not None and arn[3] != region:
            fix = f"take one of {region}, or set workload.region to {arn[3]}"
            yield problem(config, attribute, f"an ARN of the region {region}", fix)


def arns_are_of_the_account(config: Config, _: Surroundings) -> Iterator[Problem]:
    """A load balancer takes certificates and web ACLs of its own account only."""
    account = config.workload_account
    for attribute in ("certificate_arn", "ingress_waf_arn"):
        arn = _arn(config, attribute)
        if arn and account is not None and arn[4] != account:
            fix = "take one of that account, or correct workload.account"
            yield problem(config, attribute, f"an ARN of the account {account}", fix)


def _arn(config: Config, attribute: str) -> list[str]:
    """The parts of the ARN that a setting holds; none where it is not given, invalid, or a mere name."""
    value = getattr(config, attribute, None)
    return value.split(":") if isinstance(value, str) and value.startswith("arn:") else []


RULES: tuple[Rule, ...] = (
    subzone_is_below_parent,
    host_is_below_subzone,
    certificate_can_name_the_host,
    callback_leads_to_the_hub,
    provider_is_known,
    cognito_settings_need_cognito,
    cognito_knows_the_scopes,
    sign_in_page_has_an_address,
    client_secret_has_one_source,
    secret_key_needs_secret,
    external_id_needs_parent_mode,
    parent_trusts_the_workload,
    somebody_is_admitted,
    groups_need_a_claim,
    arns_are_of_the_region,
    arns_are_of_the_account,
)
