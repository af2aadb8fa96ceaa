"""The hub: what the configuration means for it, in the chart's values, and the names by which others find its parts."""

from blueprint.hub.files import HUB_CODE, authorities_file
from blueprint.hub.names import (
    DATABASE_CLASS,
    DEPLOYMENT_TAG,
    HOME_CLASS,
    HOME_CLASS_WITHOUT_IAM,
    SECRET_FOLDER,
    SECRET_KEY,
    SECRET_NAME,
    SHARED_READERS,
    SHARED_WRITERS,
    STATE_KEY,
    TEAM_DIRECTORIES,
    WITHOUT_MACHINE,
    server_account,
)
from blueprint.hub.notices import notice_objects
from blueprint.hub.placeholder import placeholder_priority
from blueprint.hub.providers import Provider, cognito_provider, named_provider
from blueprint.hub.quota import quota_objects
from blueprint.hub.rights import account_on_fargate, folder_claim, rights_objects, service_account
from blueprint.hub.values import AUTHENTICATORS, hub_values, namespace

__all__ = [
    "AUTHENTICATORS",
    "DATABASE_CLASS",
    "DEPLOYMENT_TAG",
    "HOME_CLASS",
    "HOME_CLASS_WITHOUT_IAM",
    "HUB_CODE",
    "SECRET_FOLDER",
    "SECRET_KEY",
    "SECRET_NAME",
    "SHARED_READERS",
    "SHARED_WRITERS",
    "STATE_KEY",
    "TEAM_DIRECTORIES",
    "WITHOUT_MACHINE",
    "Provider",
    "account_on_fargate",
    "authorities_file",
    "cognito_provider",
    "folder_claim",
    "hub_values",
    "named_provider",
    "namespace",
    "notice_objects",
    "placeholder_priority",
    "quota_objects",
    "rights_objects",
    "server_account",
    "service_account",
]
