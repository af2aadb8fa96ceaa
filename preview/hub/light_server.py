"""Servers for benchmarks of the hub: all that the hub does for a server, with next to nothing in the server itself."""

import json
from typing import Any

from local_server import LocalServer  # type: ignore[import-not-found,unused-ignore]
from tornado.httpclient import AsyncHTTPClient
from traitlets import Integer


class LightServer(LocalServer):  # type: ignore[misc,unused-ignore]
    """One of the servers in the process `light_servers.py`, which outlives the hub as pods do."""

    port_of_all = Integer(help="The port of that process.").tag(config=True)
    running = False

    async def start(self) -> tuple[str, int]:
        """Decide all that KubeSpawner decides of a pod, and begin a server that takes no time."""
        await self.load_user_options()
        await self.get_pod_manifest()
        environment = {name: value for name, value in self.get_env().items() if name.startswith("JUPYTERHUB_")}
        address = f"http://127.0.0.1:{self.port_of_all}/_begin"
        await AsyncHTTPClient().fetch(address, method="POST", body=json.dumps(environment))
        self.running = True
        return "127.0.0.1", self.port_of_all

    async def poll(self) -> int | None:
        """Whether it was started."""
        return None if self.running else 0

    async def stop(self, now: bool = False) -> None:
        """Forget it."""
        self.running = False

    def get_state(self) -> dict[str, Any]:
        """What a hub that starts anew has to know."""
        return {**super().get_state(), "running": self.running}

    def load_state(self, state: dict[str, Any]) -> None:
        """Find it again."""
        super().load_state(state)
        self.running = state.get("running", False)
