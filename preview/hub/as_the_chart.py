"""What the JupyterHub chart makes of its values, in the preview and in the rehearsal's stand-in for the chart."""

import base64
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tornado.httpclient import AsyncHTTPClient


def configure(
    c: Any, get_config: Callable[..., Any], *, hub_url: str, culler_environment: Mapping[str, str] | None = None
) -> None:
    """Set what follows from values: `get_config` gives one by dotted path; the culler finds the hub at `hub_url`."""
    AsyncHTTPClient.configure("tornado.curl_httpclient.CurlAsyncHTTPClient")
    c.JupyterHub.cleanup_servers = False
    c.JupyterHub.last_activity_interval = 60
    c.JupyterHub.concurrent_spawn_limit = get_config("hub.concurrentSpawnLimit", 64)
    c.JupyterHub.template_paths = list(get_config("hub.templatePaths", []))
    c.JupyterHub.template_vars = get_config("hub.templateVars", {})
    c.Spawner.consecutive_failure_limit = get_config("hub.consecutiveFailureLimit", 5)
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
        ("extra_resource_limits", "singleuser.extraResource.limits"),
        ("extra_resource_guarantees", "singleuser.extraResource.guarantees"),
        ("extra_annotations", "singleuser.extraAnnotations"),
        ("pvc_name_template", "singleuser.storage.dynamic.pvcNameTemplate"),
    ):
        if get_config(value) is not None:
            c.KubeSpawner[trait] = get_config(value)
    if get_config("cull.enabled"):
        c.JupyterHub.services = [
            {
                "name": "jupyterhub-idle-culler",
                "environment": dict(culler_environment or {}),
                "command": [
                    sys.executable,
                    "-m",
                    "jupyterhub_idle_culler",
                    f"--url={hub_url}/hub/api",
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


def write_files(files: Mapping[str, Any], folder: str, *, change: Callable[[str], str] = str) -> None:
    """Write what `extraFiles` holds where it is mounted, but below a folder, with some of its text changed."""
    for file in files.values():
        path = Path(f"{folder}{file['mountPath']}")
        path.parent.mkdir(parents=True, exist_ok=True)
        if "binaryData" in file:
            path.write_bytes(base64.b64decode(file["binaryData"]))
        else:
            path.write_text(change(file["stringData"] if "stringData" in file else json.dumps(file["data"])))
