"""Users' servers in the preview: what KubeSpawner decides, with a process where it would make a pod."""

import asyncio
import json
import os
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from as_the_chart import write_files  # type: ignore[import-not-found,unused-ignore]
from jupyterhub.spawner import SimpleLocalProcessSpawner, Spawner  # type: ignore[import-untyped]
from jupyterhub.utils import can_connect, maybe_future, random_port  # type: ignore[import-untyped]
from kubespawner import KubeSpawner  # type: ignore[import-untyped]
from traitlets import Dict, Instance, Unicode, default

_USUALLY_READY = 10
"""Seconds that are not left to the hub's own looks."""

# At each start npm would look for language servers, and leave its log in the home, and yarn for a registry of packages,
# from which nobody builds JupyterLab here. Each takes as long as all the rest.
NO_PROGRAMS = {
    "mountPath": "/etc/jupyter/jupyter_server_config.py",
    "stringData": """from jupyterlab import commands
commands._yarn_config = lambda logger: {"yarn config": {}}
c.LanguageServerManager.autodetect = False
""",
}


class LocalServer(SimpleLocalProcessSpawner, KubeSpawner):  # type: ignore[misc]
    """A JupyterLab as a local process, with the names, options and environment of the pod it stands for."""

    folder = Unicode(help="The preview's own folder.").tag(config=True)
    decided = Instance(asyncio.Event, help="Set when it is known which server is to start.")
    files = Dict(help="The chart's singleuser.extraFiles.").tag(config=True)

    @default("home_dir")
    def _home_dir(self) -> str:
        return f"{self.folder}/homes/{self.pvc_name}"

    @default("decided")
    def _decided(self) -> asyncio.Event:
        return asyncio.Event()

    @property
    def temporary(self) -> str:
        """What /tmp is to the pod."""
        return f"{self.folder}/run/tmp/{self.pod_name}"

    async def start(self) -> tuple[str, int]:
        """Start the server; what would have been sent to Kubernetes is left in a file."""
        await self.load_user_options()
        self.decided.set()
        # A profile's own command names files of the chart's.
        command: list[str] = self.cmd  # type: ignore[has-type,unused-ignore]
        self.cmd = [re.sub("^/etc/jupyter/", f"{self.temporary}/files\\g<0>", each) for each in command]
        pod = await self.get_pod_manifest()
        if self.modify_pod_hook:
            pod = await maybe_future(self.modify_pod_hook(self, pod))
        pods = Path(self.folder, "run", "pods")
        pods.mkdir(parents=True, exist_ok=True)
        (pods / f"{self.pod_name}.json").write_text(
            json.dumps(self.api.api_client.sanitize_for_serialization(pod), indent=2)
        )
        for directory in (self.home_dir, self.temporary):
            Path(directory).mkdir(parents=True, exist_ok=True, mode=0o700)
        self._pvc_exists = True  # KubeSpawner remembers its name from now on
        self._write_files()
        self.ip, self.port = "127.0.0.1", random_port()
        address: tuple[str, int] = await super().start()
        # A pod has started when its program has; from then on the hub looks, at last at intervals of seconds.
        end = time.monotonic() + _USUALLY_READY
        while await self.poll() is None and not can_connect(*address) and time.monotonic() < end:
            await asyncio.sleep(0.05)
        return address

    def get_args(self) -> list[str]:
        """The pod's arguments; no pod runs as root, but whoever starts the preview may."""
        args: list[str] = super().get_args()
        return [*args, "--allow-root"] if os.geteuid() == 0 else args

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """No events of a pod, for there is none; but what it would be."""
        async for event in Spawner.progress(self):
            yield event
        await self.decided.wait()
        memory = f"{(self.mem_limit or 0) / 2**30:.1f} GB of memory"
        amounts = f"at most {memory} and {self.cpu_limit or 0:g} CPUs"
        yield {"progress": 50, "message": f"A process of this machine, in place of a pod of {self.image}, {amounts}"}

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """The pod's environment, with its folders found in the preview's."""
        env = {name: self._local(value) if name in self.environment else value for name, value in env.items()}
        files = f"{self.temporary}/files"
        return {
            **env,
            "PREVIEW_RUN": os.environ["PREVIEW_RUN"],
            "USER": "jovyan",
            "NB_USER": "jovyan",
            "HOME": self.home_dir,
            "SHELL": "/bin/bash",
            "TMPDIR": self.temporary,
            "JUPYTER_CONFIG_PATH": f"{files}/etc/jupyter",
            "JUPYTER_PATH": f"{files}/usr/local/share/jupyter",
            "IPYTHONDIR": f"{self.home_dir}/.ipython",
        }

    async def delete_forever(self) -> None:
        """Keep the home, as the cluster does."""

    def _write_files(self) -> None:
        files = {**self.files, "no-programs": NO_PROGRAMS}
        write_files(files, f"{self.temporary}/files", change=self._local)

    def _local(self, text: str) -> str:
        return re.sub("/home/jovyan(?=/)|/tmp(?=/)", lambda found: self._folders[found[0]], text)

    @property
    def _folders(self) -> dict[str, str]:
        return {"/home/jovyan": self.home_dir, "/tmp": self.temporary}  # noqa: S108
