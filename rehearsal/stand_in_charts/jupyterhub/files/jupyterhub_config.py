"""JupyterHub's configuration in the rehearsal's stand-in for the chart: KubeSpawner, on the rehearsal's cluster."""

import os
import sys
from pathlib import Path
from typing import Any

import yaml

c: Any = globals()["get_config"]()  # JupyterHub provides it; snippets expect the chart's function of this name
here, secret = Path("/usr/local/etc/jupyterhub"), Path("/usr/local/etc/jupyterhub-secret")
values = yaml.safe_load((secret / "values.yaml").read_text())
sys.path.insert(0, str(here))

from as_the_chart import configure  # type: ignore[import-not-found] # noqa: E402 - beside this file


def get_config(key: str, default: Any = None) -> Any:
    """A value of the chart by its dotted path."""
    found = values
    for level in key.split("."):
        if not isinstance(found, dict) or level not in found:
            return default
        found = found[level]
    return found


hub = "http://hub:8081"
c.JupyterHub.bind_url = "http://:8000"
c.JupyterHub.hub_bind_url = "http://:8081"
c.JupyterHub.hub_connect_url = hub
c.JupyterHub.cookie_secret = bytes.fromhex((secret / "hub.config.JupyterHub.cookie_secret").read_text())
c.JupyterHub.db_url = "sqlite:////srv/jupyterhub/jupyterhub.sqlite"
c.ConfigurableHTTPProxy.api_url = "http://proxy-api:8001"
c.ConfigurableHTTPProxy.should_start = False
c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"

storage, files = get_config("singleuser.storage"), get_config("singleuser.extraFiles")
name, tag = get_config("singleuser.image.name"), get_config("singleuser.image.tag")
dynamic = storage["dynamic"]
c.KubeSpawner.image = f"{name}:{tag}"
c.KubeSpawner.namespace = os.environ["POD_NAMESPACE"]
c.KubeSpawner.cmd = get_config("singleuser.cmd") or "jupyterhub-singleuser"
c.KubeSpawner.component_label = "singleuser-server"
c.KubeSpawner.common_labels = {"app": "jupyterhub", "release": os.environ["HELM_RELEASE_NAME"]}
c.KubeSpawner.extra_labels = get_config("singleuser.extraLabels")
c.KubeSpawner.storage_pvc_ensure = True
c.KubeSpawner.storage_class = dynamic["storageClass"]
c.KubeSpawner.storage_access_modes = dynamic["storageAccessModes"]
c.KubeSpawner.storage_capacity = storage["capacity"]
c.KubeSpawner.node_affinity_required = [
    {"matchExpressions": [{"key": "hub.jupyter.org/node-purpose", "operator": "In", "values": ["user"]}]}
]
c.KubeSpawner.tolerations = [
    {"key": "hub.jupyter.org/dedicated", "operator": "Equal", "value": "user", "effect": "NoSchedule"}
]
c.KubeSpawner.volumes = {
    "home": {"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}},
    "files": {"name": "files", "secret": {"secretName": "singleuser"}},
    **storage["extraVolumes"],
}
c.KubeSpawner.volume_mounts = {
    "home": {"name": "home", "mountPath": storage["homeMountPath"]},
    **{
        f"file-{file}": {"name": "files", "mountPath": about["mountPath"], "subPath": file}
        for file, about in files.items()
    },
    **storage["extraVolumeMounts"],
}
configure(c, get_config, hub_url=hub)
for name, service in get_config("hub.services").items():
    token = (secret / f"hub.services.{name}.apiToken").read_text()
    c.JupyterHub.services.extend([{"name": name, "api_token": token, **service}])
for name, role in get_config("hub.loadRoles").items():
    c.JupyterHub.load_roles.extend([{"name": name, **role}])

for section, options in get_config("hub.config").items():
    c[section].update(options)
for snippet, code in sorted(get_config("hub.extraConfig").items()):
    exec(compile(code, f"hub.extraConfig.{snippet}", "exec"))  # noqa: S102 - the snippets of our own values
