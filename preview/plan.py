"""What a preview runs: the deployed hub's values, with the few that cannot hold on this machine replaced."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from blueprint.config import Config
from blueprint.config.groups.access import CALLBACK_PATH
from blueprint.hub import (
    AUTHENTICATORS,
    SECRET_KEY,
    STATE_KEY,
    Provider,
    authorities_file,
    cognito_provider,
    hub_values,
    named_provider,
)
from blueprint.values import Values, chart_values
from blueprint.versions import JUPYTERHUB

CLIENT_ID = "preview"
FILES = "files"
"""The folder in a preview's own that stands for the hub's container: files of the chart lie below it."""
SERVER_SETTINGS = "singleuser.extraFiles.jupyter-config.data.ServerApp.tornado_settings"


@dataclass(frozen=True)
class Addresses:
    """The ports on loopback. Two host names keep the cookies of hub and provider apart, as in the cluster."""

    public: int
    hub: int
    proxy_api: int
    provider: int
    front: str | None = None
    """The address of something that ends TLS in front of all, as the load balancer does in the cluster."""

    @property
    def hub_url(self) -> str:
        """What a browser opens; many providers accept http for this host name alone."""
        return self.front or f"http://localhost:{self.public}"

    @property
    def callback_url(self) -> str:
        """Where the provider sends people back to."""
        return f"{self.hub_url}{CALLBACK_PATH}"

    @property
    def issuer(self) -> str:
        """The embedded provider."""
        return f"http://127.0.0.1:{self.provider}"


@dataclass(frozen=True)
class Replacement:
    """A value of the cluster's hub that the preview replaces."""

    key: str
    cluster: Any
    preview: Any


@dataclass(frozen=True)
class Plan:
    """The chart's values for the hub of a preview, and what in them is not as in the cluster."""

    values: Values
    replacements: tuple[Replacement, ...]


def plan(config: Config, addresses: Addresses, *, run: Path, real: bool) -> Plan:
    """The values that the deployment would give the chart, fit for this machine; `run` is the folder of a preview."""
    values = chart_values(JUPYTERHUB.name, hub_values(config, deployed_provider(config)))
    section = AUTHENTICATORS[config.identity_provider][1]
    changes: list[tuple[str, Any]] = [
        ("hub.config.JupyterHub.public_url", f"{addresses.hub_url}/"),
        (f"hub.config.{section}.oauth_callback_url", addresses.callback_url),
        ("custom.signIn.clientSecretFile", str(run / SECRET_KEY)),
        ("custom.sessions.keyFile", str(run / STATE_KEY)),
        ("hub.templatePaths", [f"{run / FILES}{path}" for path in values["hub"]["templatePaths"]]),
    ]
    if logo := values["hub"]["config"]["JupyterHub"].get("logo_file"):
        changes.append(("hub.config.JupyterHub.logo_file", f"{run / FILES}{logo}"))
    if not addresses.front:  # over http no browser but a few would send such cookies back
        changes += [
            ("hub.config.JupyterHub.tornado_settings.cookie_options.secure", False),
            (f"{SERVER_SETTINGS}.xsrf_cookie_kwargs.secure", False),
        ]
    if authorities := authorities_file(config):
        changes.append(("hub.config.OAuthenticator.http_request_kwargs.ca_certs", f"{run / FILES}{authorities}"))
    if not real:
        changes += [
            (f"hub.config.{section}.client_id", CLIENT_ID),
            (f"hub.config.{section}.authorize_url", f"{addresses.issuer}/auth"),
            (f"hub.config.{section}.token_url", f"{addresses.issuer}/token"),
            (f"hub.config.{section}.userdata_url", f"{addresses.issuer}/me"),
        ]
        if "logout_redirect_url" in values["hub"]["config"][section]:
            query = urlencode({"client_id": CLIENT_ID, "post_logout_redirect_uri": f"{addresses.hub_url}/"})
            changes.append((f"hub.config.{section}.logout_redirect_url", f"{addresses.issuer}/session/end?{query}"))
    if config.without_machines:
        values["custom"]["barrier"]["securityGroup"] = "<made by the stack>"
    values["hub"]["extraConfig"].pop("60-warm", None)  # it asks Kubernetes for a pod
    if values["custom"].get("notices", {}).get("nodes"):
        changes.append(("custom.notices.nodes", False))  # there are none
    replacements = tuple(Replacement(key, _replace(values, key, value), value) for key, value in changes)
    return Plan(values, replacements)


def provider_settings(
    config: Config, *, issuer: str, hub_url: str, client_id: str = CLIENT_ID, client_secret: str, people: Path
) -> dict[str, Any]:
    """What the embedded provider has to know."""
    groups = _top(config.groups_claim)
    return {
        "issuer": issuer,
        "clientId": client_id,
        "clientSecret": client_secret,
        "clientAuthentication": config.client_authentication,
        "callbackUrl": f"{hub_url}{CALLBACK_PATH}",
        "hubUrl": f"{hub_url}/",
        "scope": sorted({"openid", *config.scope}),
        "claims": sorted({config.username_key, *groups} - {"sub"}),
        # Cognito tells of groups in the ID token alone.
        "onlyInIdToken": sorted(groups) if config.identity_provider == "cognito" else [],
        "people": str(people),
        "accessTokenSeconds": 3600,
        "refreshTokens": True,
        "milliseconds": 0,  # until it tells of a user
    }


def deployed_provider(config: Config) -> Provider:
    """The provider of the cluster's hub, as far as it is known before a deployment."""
    if config.identity_provider != "cognito":
        return named_provider(config)
    region = config.workload_region or "<region>"
    base_url = f"https://{config.sign_in_prefix}.auth.{region}.amazoncognito.com"
    return cognito_provider(config, base_url=base_url, client_id="<made by the stack>")


def _top(claim: str | None) -> set[str]:
    """The name under which a claim stands in what the provider tells."""
    if claim is None:
        return set()
    return {claim if "://" in claim else claim.split(".")[0]}


def _replace(values: Values, path: str, value: Any) -> Any:
    *above, last = path.split(".")
    for key in above:
        values = values[key]
    replaced, values[last] = values.get(last), value
    return replaced
