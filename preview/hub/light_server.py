"""Servers for benchmarks of the hub: all that the hub does for a server, with next to nothing in the server itself."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from jupyterhub import __version__  # type: ignore[import-untyped]
from local_server import LocalServer  # type: ignore[import-not-found,unused-ignore]


class _Answer(BaseHTTPRequestHandler):
    """Says that it is ready, whoever asks for whatever."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("X-JupyterHub-Version", __version__)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


_ALL = ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
Thread(target=_ALL.serve_forever, daemon=True).start()


class LightServer(LocalServer):  # type: ignore[misc,unused-ignore]
    """One server for everybody, in the hub's own process."""

    running = False

    async def start(self) -> tuple[str, int]:
        """Decide all that KubeSpawner decides of a pod, and point to the server that runs anyway."""
        await self.load_user_options()
        await self.get_pod_manifest()
        self.running = True
        return "127.0.0.1", _ALL.server_port

    async def poll(self) -> int | None:
        """Whether it was started."""
        return None if self.running else 0

    async def stop(self, now: bool = False) -> None:
        """Forget it."""
        self.running = False
