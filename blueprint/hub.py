"""What the configuration means for the hub: the values of its chart that no AWS resource is needed for."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from blueprint.config import Config
from blueprint.values import CHARTS, Values
from blueprint.versions import JUPYTERHUB

HUB_CODE = CHARTS / "hub"
"""Python that runs inside the hub, through the chart's `hub.extraConfig`."""

SECRET_NAME, SECRET_KEY = "hub-oauth-client", "client-secret"
STATE_KEY = "state-key"
"""The key that encrypts what the hub knows of its users' sessions, beside the client secret."""
SECRET_FOLDER = "/etc/jupyterhub-oauth-client"  # noqa: S105
DEPLOYMENT_TAG = "jupyterhub-eks:deployment"
"""What is made outside of CloudFormation carries this tag, with the deployment's name."""
HOME_CLASS = "home"
"""The StorageClass of the users' homes."""
DATABASE_CLASS = "hub-database"
"""The StorageClass of the hub's database."""
SHARED_READERS, SHARED_WRITERS = "shared-readers", "shared-writers"
"""The claims of the shared directory."""
TEAM_DIRECTORIES = "team-directories"
"""The claim of all directories that groups share; a member's server mounts those of its user's groups."""

AUTHENTICATORS = {
    "generic": ("generic-oauth", "GenericOAuthenticator"),
    "cognito": ("generic-oauth", "GenericOAuthenticator"),
    "auth0": ("auth0", "Auth0OAuthenticator"),
}


@dataclass(frozen=True)
class Provider:
    """An identity provider as the hub knows it: its endpoints, and the hub's name with it."""

    client_id: str
    authorize_url: str
    token_url: str
    userdata_url: str
    logout_url: str | None


def named_provider(config: Config) -> Provider:
    """The provider that the configuration names."""
    auth_url, token_url, user_data_url = config.auth_url, config.token_url, config.user_data_url
    client_id, logout_url = config.client_id, config.logout_url
    assert auth_url is not None
    assert token_url is not None
    assert user_data_url is not None
    assert client_id is not None
    if logout_url is None and config.identity_provider == "auth0":
        query = urlencode({"client_id": client_id, "returnTo": config.hub_url})
        logout_url = urlsplit(auth_url)._replace(path="/v2/logout", query=query).geturl()
    return Provider(client_id, auth_url, token_url, user_data_url, logout_url)


def cognito_provider(config: Config, *, base_url: str, client_id: str) -> Provider:
    """A user pool of Cognito, from the address of its sign-in page (source: the endpoints of its developer guide)."""
    back = quote(f"{config.hub_url}/", safe="")
    return Provider(
        client_id,
        f"{base_url}/oauth2/authorize",
        f"{base_url}/oauth2/token",
        f"{base_url}/oauth2/userInfo",
        config.logout_url or f"{base_url}/logout?client_id={client_id}&logout_uri={back}",
    )


def namespace() -> dict[str, object]:
    """The hub's namespace; no pod in it may ask for more than the restricted pod security standard grants."""
    level = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": JUPYTERHUB.namespace, "labels": level},
    }


def hub_values(config: Config, provider: Provider) -> Values:
    """What the configuration adds to `charts/values/jupyterhub.yaml`."""
    # The last colon that no slash follows: before it there may be a registry's port, after it a tag with its digest.
    image, _, tag = config.singleuser_image.partition("@")[0].rpartition(":")
    digest = config.singleuser_image.partition("@")[2]
    volumes, mounts = {}, {}
    custom: Values = {
        "signIn": {
            "clientSecretFile": f"{SECRET_FOLDER}/{SECRET_KEY}",
            "verifiedEmail": config.sign_in_verified_email,
            "groupsClaim": config.groups_claim or "",
        },
        "sessions": {
            "keyFile": f"{SECRET_FOLDER}/{STATE_KEY}",
            "takeover": config.sign_in_takeover,
            "tokens": config.singleuser_tokens,
        },
    }
    snippets = {"10-sign-in": _snippet("sign_in", "signIn"), "15-sessions": _snippet("sessions", "sessions")}
    if config.storage_shared:
        volumes["shared"] = {"name": "shared", "persistentVolumeClaim": {"claimName": SHARED_READERS}}
        mounts["shared"] = {"name": "shared", "mountPath": "/home/jovyan/shared", "readOnly": True}
        custom["sharedDirectory"] = {"volume": "shared", "writersClaim": SHARED_WRITERS}
        snippets["20-shared-directory"] = _snippet("shared_directory", "sharedDirectory")
    if config.team_directories:
        custom["teamDirectories"] = {
            "groups": list(config.team_directories),
            "claim": TEAM_DIRECTORIES,
            "folder": "/home/jovyan/teams",
        }
        snippets["30-team-directories"] = _snippet("team_directories", "teamDirectories")
    return {
        "hub": {
            "config": _hub_config(config, provider),
            "extraConfig": snippets,
            "extraVolumes": [{"name": "oauth-client", "secret": {"secretName": SECRET_NAME}}],
            "extraVolumeMounts": [{"name": "oauth-client", "mountPath": SECRET_FOLDER, "readOnly": True}],
            "db": {"pvc": {"storageClassName": DATABASE_CLASS, "storage": f"{config.storage_database_size}Gi"}},
        },
        "custom": custom,
        "singleuser": {
            "image": {"name": image, "tag": f"{tag}@{digest}" if digest else tag},
            "cpu": {"guarantee": config.singleuser_cpu_guarantee, "limit": config.singleuser_cpu_limit},
            "memory": {
                "guarantee": config.singleuser_memory_guarantee,
                "limit": config.singleuser_memory_limit,
            },
            "defaultUrl": config.singleuser_default_url,
            "startTimeout": config.singleuser_start_timeout,
            "storage": {
                "capacity": config.storage_home_size,
                "dynamic": {
                    "storageClass": HOME_CLASS,
                    "storageAccessModes": ["ReadWriteMany" if config.storage_home == "efs" else "ReadWriteOnce"],
                },
                "extraVolumes": volumes,
                "extraVolumeMounts": mounts,
            },
        },
        "cull": {
            "enabled": config.culling_enabled,
            "timeout": config.culling_timeout,
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
    }
    if config.identity_provider == "auth0":
        oauth["auth0_domain"] = urlsplit(provider.authorize_url).netloc
        oauth["allow_unverified_email"] = True  # charts/hub/sign_in.py judges the address, with allow_all too
    if provider.authorize_url.startswith("https://accounts.google.com/"):
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
    return {
        "JupyterHub": {
            "authenticator_class": name,
            "cookie_max_age_days": config.auth_session_days,
            "shutdown_on_logout": config.logout_stops_servers,
        },
        "OAuthenticator": access,
        section: oauth,
    }


def _snippet(module: str, setting: str) -> str:
    code = (HUB_CODE / f"{module}.py").read_text()
    return f'{code}\n\nconfigure(c, get_config("custom.{setting}"))\n'
