"""Contradictions in who signs in, and where."""

from collections.abc import Iterator

from blueprint.config.groups.access import CALLBACK_PATH
from blueprint.config.problems import HIDDEN, FaultError, Problem
from blueprint.config.rules.rule import Rule, Surroundings, problem
from blueprint.config.settings import BY_ATTRIBUTE, Config
from blueprint.config.types import checks

# https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
_COGNITO_SCOPES = ("openid", "profile", "email", "phone", "aws.cognito.signin.user.admin")


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


RULES: tuple[Rule, ...] = (
    callback_leads_to_the_hub,
    provider_is_known,
    cognito_settings_need_cognito,
    cognito_knows_the_scopes,
    sign_in_page_has_an_address,
    client_secret_has_one_source,
    somebody_is_admitted,
    groups_need_a_claim,
)
