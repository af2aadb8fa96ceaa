"""JupyterHub's configuration in the preview: what the chart would make of our values, on this machine."""

import json
import os
import sys
from pathlib import Path
from typing import Any

c: Any = globals()["get_config"]()  # JupyterHub provides it; snippets expect the chart's function of this name
here = Path(os.environ["PREVIEW_RUN"])
settings = json.loads((here / "hub.json").read_text())
sys.path.insert(0, settings["code"])

from as_the_chart import configure, write_files  # type: ignore[import-not-found] # noqa: E402 - beside this file


def get_config(key: str, default: Any = None) -> Any:
    """A value of the chart by its dotted path, as the chart's own `get_config` gives it."""
    found = settings["values"]
    for level in key.split("."):
        if not isinstance(found, dict) or level not in found:
            return default
        found = found[level]
    return found


# Where the chart has pods and services, there are processes on loopback.
c.JupyterHub.bind_url = settings["hubUrl"]
c.JupyterHub.hub_bind_url = settings["hubBindUrl"]
c.ConfigurableHTTPProxy.api_url = settings["proxyApiUrl"]
c.ConfigurableHTTPProxy.should_start = False
c.JupyterHub.spawner_class = settings["spawner"]
c.JupyterHub.db_url = f"sqlite:///{here}/jupyterhub.sqlite"
c.JupyterHub.pid_file = ""
c.Spawner.cmd = get_config("singleuser.cmd", ["jupyterhub-singleuser"])
c.LocalServer.folder = settings["folder"]
c.LocalServer.files = get_config("singleuser.extraFiles", {})

c.KubeSpawner.volumes = get_config("singleuser.storage.extraVolumes", {})
c.KubeSpawner.volume_mounts = get_config("singleuser.storage.extraVolumeMounts", {})

configure(c, get_config, hub_url=settings["hubBindUrl"], culler_environment={"PREVIEW_RUN": str(here)})

# What the chart mounts in the hub's container is below a folder of ours; there, too, modules are found first.
write_files(get_config("hub.extraFiles"), settings["files"])
sys.path.insert(0, f"{settings['files']}/usr/local/etc/jupyterhub")

for section, options in get_config("hub.config").items():
    c[section].update(options)
for name, code in sorted(get_config("hub.extraConfig").items()):
    exec(compile(code, f"hub.extraConfig.{name}", "exec"))  # noqa: S102 - the snippets of our own values
