"""The hub's configuration as the chart's values carry it, put to the classes that run in the hub."""

import json
from functools import reduce
from pathlib import Path
from typing import Any

from traitlets.config import Config as Traits

from blueprint.hub import hub_values, named_provider
from blueprint.values import chart_values
from blueprint.versions import JUPYTERHUB
from tests.config.seed import config
from tests.hub.providers import Provider

GROUP = "sg-0123456789abcdef0"
"""Of servers on Fargate, which only the stack knows."""


def hub_config(changes: dict[str, Any], folder: Path) -> Traits:
    """What the chart makes of `hub.config` and `hub.extraConfig`, with the secret's files in a folder."""
    settings = config(changes, folder=folder)
    computed = hub_values(settings, named_provider(settings))
    if settings.without_machines:
        computed["custom"]["barrier"]["securityGroup"] = GROUP
    values = chart_values(JUPYTERHUB.name, computed)
    # Helm sorts the keys of what it hands to the hub.
    custom = json.loads(
        json.dumps(values["custom"], sort_keys=True).replace("/etc/jupyterhub-oauth-client", str(folder))
    )
    c = Traits()
    c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"  # the chart's
    options = json.dumps(values["hub"]["config"])
    for file in values["hub"]["extraFiles"].values():
        if file["mountPath"] in options:
            here = folder / Path(file["mountPath"]).name
            here.write_text(file["stringData"])
            options = options.replace(file["mountPath"], str(here))
    for section, chosen in json.loads(options).items():
        c[section].update(chosen)
    c.KubeSpawner.volumes = list(values["singleuser"]["storage"]["extraVolumes"].values())
    c.KubeSpawner.volume_mounts = list(values["singleuser"]["storage"]["extraVolumeMounts"].values())
    c.KubeSpawner.image = ":".join(values["singleuser"]["image"].values())
    c.KubeSpawner.start_timeout = values["singleuser"]["startTimeout"]
    c.KubeSpawner.consecutive_failure_limit = values["hub"]["consecutiveFailureLimit"]
    c.KubeSpawner.extra_annotations = values["singleuser"].get("extraAnnotations", {})
    resources = values["singleuser"]["extraResource"]
    c.KubeSpawner.extra_resource_guarantees = resources["guarantees"]
    c.KubeSpawner.extra_resource_limits = resources["limits"]
    c.KubeSpawner.uid, c.KubeSpawner.fs_gid = values["singleuser"]["uid"], values["singleuser"]["fsGid"]

    def get_config(path: str) -> Any:
        return reduce(lambda found, key: found[key], path.removeprefix("custom.").split("."), custom)

    for _, code in sorted(values["hub"]["extraConfig"].items()):
        exec(code, {"c": c, "get_config": get_config})
    return c


def authenticator(changes: dict[str, Any], folder: Path, provider: Provider) -> Any:
    """The authenticator of the hub, with the provider's addresses for those of the context."""
    (folder / "client-secret").write_text("first-secret\n")
    (folder / "state-key").write_text("ab" * 32)
    c = hub_config({**changes, "clientSecret": None, "clientSecretArn": "oauth"}, folder)
    for section in ("GenericOAuthenticator", "Auth0OAuthenticator"):
        c[section].authorize_url = f"{provider.url}/authorize"
        c[section].token_url = f"{provider.url}/token"
        c[section].userdata_url = f"{provider.url}/userinfo"
    return c.JupyterHub.authenticator_class(config=c)
