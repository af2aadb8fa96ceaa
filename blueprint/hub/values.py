"""What the configuration means for the hub: the values of its chart that no AWS resource is needed for."""

from urllib.parse import quote, urlsplit

from blueprint.config import Config
from blueprint.hub.files import TEMPLATES, authorities_file, extra_files, logo_file
from blueprint.hub.limits import has_limits, limit_values
from blueprint.hub.names import (
    DATABASE_CLASS,
    OPERATOR,
    SECRET_FOLDER,
    SECRET_KEY,
    SECRET_NAME,
    SHARED_WRITERS,
    STATE_KEY,
    TEAM_DIRECTORIES,
)
from blueprint.hub.notices import has_notices, notice_values
from blueprint.hub.placeholder import warm_values
from blueprint.hub.profiles import about_prices, profile_values
from blueprint.hub.providers import Provider
from blueprint.hub.quota import PRIORITY
from blueprint.hub.rights import rights_values
from blueprint.hub.servers import home_class_name, server_values
from blueprint.values import Values
from blueprint.versions import JUPYTERHUB

AUTHENTICATORS = {
    "generic": ("generic-oauth", "GenericOAuthenticator"),
    "cognito": ("generic-oauth", "GenericOAuthenticator"),
    "auth0": ("auth0", "Auth0OAuthenticator"),
}

_OPERATOR_READS = ("list:users", "read:users:name", "read:users:activity", "read:servers")
"""The scopes of the operator's commands: names and times, and nothing that changes anything."""
_PROXY_IS_ASKED = 60
"""Seconds, the chart's default."""
_CULLER_LOOKS = 300
"""Seconds."""


def namespace() -> dict[str, object]:
    """The hub's namespace; no pod in it may ask for more than the restricted pod security standard grants."""
    level = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": JUPYTERHUB.namespace, "labels": level},
    }


def hub_values(config: Config, provider: Provider, region: str = "") -> Values:
    """What the configuration adds to `charts/values/jupyterhub.yaml`; `region` is the stack's."""
    profiles = config.singleuser_profiles
    known_groups = {*config.groups_allowed, *config.groups_admins, *config.team_directories}
    known_groups |= profiles.groups() if profiles else set()
    known_groups |= config.singleuser_limits.groups() if config.singleuser_limits else set()
    known_groups |= config.aws_access.groups() if config.aws_access else set()
    custom: Values = {
        "signIn": {
            "clientSecretFile": f"{SECRET_FOLDER}/{SECRET_KEY}",
            "verifiedEmail": config.sign_in_verified_email,
            "groupsClaim": config.groups_claim or "",
            "knownGroups": sorted(known_groups),
            "somebodyElse": {"prompt": "select_account consent" if _is_google(provider) else "login"},
        },
        "sessions": {
            "keyFile": f"{SECRET_FOLDER}/{STATE_KEY}",
            "takeover": config.sign_in_takeover,
            "tokens": config.singleuser_tokens,
        },
        # A volume of EBS is attached to one node.
        "homes": {"takeover": config.sign_in_takeover, "shared": config.storage_home == "efs"},
        # Seconds: until a pod's policies count as missing, and without an answer until nothing gets through (a packet
        # that was lost is sent again after one).
        "barrier": {"patience": 60, "silence": 1.5},
    }
    if config.storage_home == "efs":
        custom["barrier"]["homeClass"] = home_class_name(config)
    snippets = {
        "00-database": "from hub.database import configure\n\nconfigure()\n",
        "05-starting": "from hub.starting import configure\n\nconfigure(c)\n",
        "10-sign-in": _snippet("sign_in", "signIn"),
        "15-sessions": _snippet("sessions", "sessions"),
        "16-homes": _snippet("storage.homes", "homes"),
        "90-barrier": _snippet("barrier", "barrier"),
    }
    if config.storage_shared:
        custom["sharedDirectory"] = {"volume": "shared", "writersClaim": SHARED_WRITERS}
        snippets["20-shared-directory"] = _snippet("storage.shared_directory", "sharedDirectory")
    if config.team_directories:
        custom["teamDirectories"] = {
            "groups": list(config.team_directories),
            "claim": TEAM_DIRECTORIES,
            "folder": "/home/jovyan/teams",
        }
        snippets["30-team-directories"] = _snippet("storage.team_directories", "teamDirectories")
    if profiles:
        custom["profiles"] = profile_values(config)
        snippets["40-profiles"] = _snippet("profiles", "profiles")
    if has_notices(config):
        custom["notices"] = notice_values(config)
        snippets["45-notices"] = _snippet("notices", "notices")
    if config.aws_access:
        custom["rights"] = rights_values(config, region)
        snippets["46-rights"] = _snippet("rights", "rights")
    if has_limits(config):
        custom["limits"] = limit_values(config)
        snippets["50-limits"] = _snippet("limits", "limits")
    if config.nodes_user_warm:
        custom["warm"] = warm_values(config)
        snippets["60-warm"] = 'from hub.warm import configure\n\nconfigure(get_config("custom.warm"))\n'
    return {
        "hub": {
            "config": _hub_config(config, provider),
            "extraConfig": snippets,
            "extraFiles": extra_files(config, snippets.values()),
            "templatePaths": [TEMPLATES],
            "templateVars": _page_values(config, provider),
            "extraVolumes": [{"name": "oauth-client", "secret": {"secretName": SECRET_NAME}}],
            "extraVolumeMounts": [{"name": "oauth-client", "mountPath": SECRET_FOLDER, "readOnly": True}],
            # The chart makes its token, into the secret of the hub, which the cluster's administrators alone read.
            "services": {OPERATOR: {}},
            "loadRoles": {OPERATOR: {"services": [OPERATOR], "scopes": list(_OPERATOR_READS)}},
            "db": {"pvc": {"storageClassName": DATABASE_CLASS, "storage": f"{config.storage_database_size}Gi"}},
        },
        "custom": custom,
        "singleuser": server_values(config),
        "cull": {
            "enabled": config.culling_enabled,
            "timeout": config.culling_timeout,
            # At least twice before a server counts as idle, as the proxy is asked and servers tell.
            "every": min(_CULLER_LOOKS, config.culling_timeout // 2),
            "maxAge": config.culling_max_age,
        },
    }


def _hub_config(config: Config, provider: Provider) -> Values:
    """The `hub.config` of the chart: OAuthenticator's and JupyterHub's options by their current names."""
    name, section = AUTHENTICATORS[config.identity_provider]
    oauth: Values = {
        "client_id": provider.client_id,
        "oauth_callback_url": config.callback_url,
        "authorize_url": provider.authorize_url,
        "token_url": provider.token_url,
        "userdata_url": provider.userdata_url,
        "scope": list(config.scope),
        "username_claim": config.username_key,
        "basic_auth": config.client_authentication == "client_secret_basic",
    }
    if config.identity_provider == "auth0":
        oauth["auth0_domain"] = urlsplit(provider.authorize_url).netloc
        oauth["allow_unverified_email"] = True  # charts/hub/sign_in.py judges the address, with allow_all too
    if _is_google(provider):
        # Google's way to ask for what others give for the scope offline_access, each time anew.
        oauth["extra_authorize_params"] = {"access_type": "offline", "prompt": "consent"}
    if provider.logout_url:
        oauth["logout_redirect_url"] = provider.logout_url
    access: Values = {
        "allow_all": config.open_admission,
        # What the provider said of a user is kept, encrypted, to ask it again.
        "enable_auth_state": True,
        "auth_refresh_age": config.auth_refresh_seconds,
        # Asking once more before a server starts makes the hub say "not running" while a slow provider thinks.
        "refresh_pre_spawn": False,
    }
    for option, names in (
        ("allowed_users", config.users_allowed),
        ("admin_users", config.users_admins),
        ("allowed_groups", config.groups_allowed),
        ("admin_groups", config.groups_admins),
    ):
        if names:
            access[option] = list(names)
    if config.groups_claim:
        access["manage_groups"] = True
    if authorities := authorities_file(config):
        access["http_request_kwargs"] = {"ca_certs": authorities}
    hub: Values = {
        "authenticator_class": name,
        # Behind the load balancer the proxy tells of http: without this, cookies are not marked as Secure.
        "public_url": f"{config.hub_url}/",
        "cookie_max_age_days": config.auth_session_days,
        # How often the proxy is asked who was active.
        "last_activity_interval": min(_PROXY_IS_ASKED, config.culling_timeout // 2),
        "shutdown_on_logout": config.logout_stops_servers,
    }
    if logo := logo_file(config):
        hub["logo_file"] = logo
    if config.singleuser_servers_named:
        hub["allow_named_servers"] = True
    return {
        "JupyterHub": hub,
        # From the start of a server's container to its first answer; the chart's startTimeout ends at that start.
        "KubeSpawner": {"http_timeout": config.singleuser_start_timeout, "priority_class_name": PRIORITY},
        "OAuthenticator": access,
        section: oauth,
    }


def _is_google(provider: Provider) -> bool:
    return provider.authorize_url.startswith("https://accounts.google.com/")


def _page_values(config: Config, provider: Provider) -> Values:
    """What the templates of the pages (`charts/hub/templates/`) know besides what JupyterHub tells them."""
    contact = config.hub_contact
    if contact and "://" not in contact:
        shown = {"text": contact, "href": f"mailto:{quote(contact, safe='@')}"}
    else:
        shown = {"text": contact.partition("://")[2].rstrip("/"), "href": contact} if contact else {}
    return {
        "hub_title": config.hub_title,
        "hub_has_logo": config.hub_logo is not None,
        "hub_host": config.jupyterhub_subzone_name,
        "hub_contact": shown,
        "hub_announcement": config.hub_announcement or "",
        "provider_ends_sessions": provider.logout_url is not None,
        "provider_has_groups": config.groups_claim is not None,
        "hub_prices": about_prices(config),
        "hub_server_age": _in_words(config.culling_max_age) if config.culling_enabled else "",
        "refresh_minutes": -(-config.auth_refresh_seconds // 60),
    }


def _in_words(seconds: int) -> str:
    """A span of time, in the largest unit that tells it whole, or in minutes that are no more; nothing for none."""
    units = (("day", 86400), ("hour", 3600), ("minute", 60))
    name, length = next((unit for unit in units if seconds % unit[1] == 0), units[-1])
    return f"{seconds // length} {name}{'s' if seconds // length != 1 else ''}" if seconds else ""


def _snippet(module: str, setting: str) -> str:
    return f'from hub.{module} import configure\n\nconfigure(c, get_config("custom.{setting}"))\n'
