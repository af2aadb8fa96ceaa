"""Which provider a deployment's people are kept by, and what cannot be done there."""

from typing import Final
from urllib.parse import urlsplit

from blueprint.cli.checks.aws import Account
from blueprint.cli.users import cognito
from blueprint.cli.users.by_hand import by_hand, by_settings
from blueprint.cli.users.people import ByHandError, Directory
from blueprint.config import Config

BY_HAND: Final = 3
"""How a command ends that names clicks in place of changing anything; 2 is what a wrong command line ends with."""


def directory(config: Config, verb: str, profile: str | None, connection: str | None = None) -> Directory:
    """Where this deployment's people are, if it has an API.

    Raises:
        ByHandError: where it has none, or where the settings alone decide.
        TroubleError: where it cannot be asked.
    """
    theirs = (urlsplit(config.auth_url or "").hostname or "").endswith(cognito.HOST)
    if config.identity_provider != "cognito" and config.identity_provider != "auth0" and not theirs:
        raise ByHandError(by_hand(verb, config))
    if verb in ("promote", "demote") and not config.groups_admins:
        raise ByHandError(by_settings(verb, config))
    if config.identity_provider == "auth0":
        from blueprint.cli.users.auth0 import tenant

        return tenant(config, connection)
    if config.identity_provider == "cognito":
        account = Account("workload account", config.workload_account, config.workload_region, profile)
        return cognito.deployed_pool(config, account)
    return cognito.pool_of(config.auth_url or "", profile)
