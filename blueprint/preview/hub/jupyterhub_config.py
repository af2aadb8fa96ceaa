"""JupyterHub's configuration in the preview: what the chart would make of our values, on this machine."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from tornado.httpclient import AsyncHTTPClient

c: Any = globals()["get_config"]()  # JupyterHub provides it; snippets expect the chart's function of this name
here = Path(os.environ["PREVIEW_RUN"])
settings = json.loads((here / "hub.json").read_text())
sys.path.insert(0, settings["code"])


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

# As the chart has it.
AsyncHTTPClient.configure("tornado.curl_httpclient.CurlAsyncHTTPClient")
c.JupyterHub.cleanup_servers = False
c.JupyterHub.last_activity_interval = 60
c.JupyterHub.concurrent_spawn_limit = get_config("hub.concurrentSpawnLimit", 64)
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}
for trait, value in (
    ("default_url", "singleuser.defaultUrl"),
    ("start_timeout", "singleuser.startTimeout"),
    ("environment", "singleuser.extraEnv"),
    ("profile_list", "singleuser.profileList"),
    ("uid", "singleuser.uid"),
    ("fs_gid", "singleuser.fsGid"),
    ("mem_limit", "singleuser.memory.limit"),
    ("mem_guarantee", "singleuser.memory.guarantee"),
    ("cpu_limit", "singleuser.cpu.limit"),
    ("cpu_guarantee", "singleuser.cpu.guarantee"),
    ("pvc_name_template", "singleuser.storage.dynamic.pvcNameTemplate"),
):
    if get_config(value) is not None:
        c.KubeSpawner[trait] = get_config(value)
volumes = get_config("singleuser.storage.extraVolumes", {})
mounts = get_config("singleuser.storage.extraVolumeMounts", {})
c.KubeSpawner.volumes = volumes
c.KubeSpawner.volume_mounts = mounts

if get_config("cull.enabled"):
    c.JupyterHub.services = [
        {
            "name": "jupyterhub-idle-culler",
            "environment": {"PREVIEW_RUN": str(here)},
            "command": [
                sys.executable,
                "-m",
                "jupyterhub_idle_culler",
                f"--url={settings['hubBindUrl']}/hub/api",
                f"--timeout={get_config('cull.timeout')}",
                f"--cull-every={get_config('cull.every')}",
                f"--max-age={get_config('cull.maxAge')}",
                "--cull-admin-users=false" if get_config("cull.adminUsers") is False else "--cull-admin-users=true",
            ],
        }
    ]
    c.JupyterHub.load_roles = [
        {
            "name": "jupyterhub-idle-culler",
            "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
            "services": ["jupyterhub-idle-culler"],
        }
    ]

for section, options in get_config("hub.config").items():
    c[section].update(options)
for name, code in sorted(get_config("hub.extraConfig").items()):
    exec(compile(code, f"hub.extraConfig.{name}", "exec"))  # noqa: S102 - the snippets of our own values
