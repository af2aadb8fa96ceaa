"""What the configuration means for the hub: the values of its chart that no AWS resource is needed for."""

from urllib.parse import urlencode, urlsplit

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

AUTHENTICATORS = {"generic": ("generic-oauth", "GenericOAuthenticator"), "auth0": ("auth0", "Auth0OAuthenticator")}


def namespace() -> dict[str, object]:
    """The hub's namespace; no pod in it may ask for more than the restricted pod security standard grants."""
    level = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": JUPYTERHUB.namespace, "labels": level},
    }


def hub_values(config: Config, *, shared_directory: bool) -> Values:
    """What the configuration adds to `charts/values/jupyterhub.yaml`."""
    # The last colon that no slash follows: before it there may be a registry's port, after it a tag with its digest.
    image, _, tag = config.singleuser_image.partition("@")[0].rpartition(":")
    digest = config.singleuser_image.partition("@")[2]
    volumes, mounts = {}, {}
    custom: Values = {
        "signIn": {
            "clientSecretFile": f"{SECRET_FOLDER}/{SECRET_KEY}",
            "verifiedEmail": config.sign_in_verified_email,
        },
        "sessions": {
            "keyFile": f"{SECRET_FOLDER}/{STATE_KEY}",
            "takeover": config.sign_in_takeover,
            "tokens": config.singleuser_tokens,
        },
    }
    if config.groups_claim:
        custom["signIn"]["groupsClaim"] = config.groups_claim
    snippets = {"10-sign-in": _snippet("sign_in", "signIn"), "15-sessions": _snippet("sessions", "sessions")}
    if shared_directory:
        volumes["shared"] = {"name": "shared", "persistentVolumeClaim": {"claimName": SHARED_READERS}}
        mounts["shared"] = {"name": "shared", "mountPath": "/home/jovyan/shared", "readOnly": True}
        custom["sharedDirectory"] = {"volume": "shared", "writersClaim": SHARED_WRITERS}
        snippets["20-shared-directory"] = _snippet("shared_directory", "sharedDirectory")
    return {
        "hub": {
            "config": _hub_config(config),
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


def _hub_config(config: Config) -> Values:
    """The `hub.config` of the chart: OAuthenticator's and JupyterHub's options by their current names."""
    name, section = AUTHENTICATORS[config.identity_provider]
    oauth: Values = {
        "client_id": config.client_id,
        "oauth_callback_url": config.callback_url,
        "authorize_url": config.auth_url,
        "token_url": config.token_url,
        "userdata_url": config.user_data_url,
        "scope": list(config.scope),
        "username_claim": config.username_key,
    }
    if config.identity_provider == "auth0":
        oauth["auth0_domain"] = urlsplit(config.auth_url).netloc
        oauth["allow_unverified_email"] = True  # charts/hub/sign_in.py judges the address, with allow_all too
    if logout := _logout_url(config):
        oauth["logout_redirect_url"] = logout
    access: Values = {
        "allow_all": config.open_admission,
        # What the provider said of a user is kept, encrypted, to ask it again.
        "enable_auth_state": True,
        "auth_refresh_age": config.auth_refresh_seconds,
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


def _logout_url(config: Config) -> str | None:
    """Where signing out of the hub leads, if not to its own page."""
    if config.logout_url is None and config.identity_provider == "auth0":
        query = urlencode({"client_id": config.client_id, "returnTo": config.hub_url})
        return urlsplit(config.auth_url)._replace(path="/v2/logout", query=query).geturl()
    return config.logout_url


def _snippet(module: str, setting: str) -> str:
    code = (HUB_CODE / f"{module}.py").read_text()
    return f'{code}\n\nconfigure(c, get_config("custom.{setting}"))\n'
