"""Users' servers for benchmarks of the hub, all in one process that says which port it has: they answer, and tell the
hub that they are at work as often as a JupyterLab does.
"""

import asyncio
import contextlib
import json
import os
import random
from datetime import UTC, datetime
from typing import Any

from jupyterhub import __version__  # type: ignore[import-untyped]
from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

AT_WORK: dict[str, "asyncio.Task[None]"] = {}
"""By the hub's address for a server's activity, what tells it."""


class Answer(RequestHandler):
    """Says that a server is ready, whoever asks for whatever."""

    def get(self) -> None:
        """Answer."""
        self.set_header("X-JupyterHub-Version", __version__)


class Begin(RequestHandler):
    """Begins a server, which is its environment."""

    def post(self) -> None:
        """Go to work."""
        server = json.loads(self.request.body)
        self.application.settings["end"](server["JUPYTERHUB_ACTIVITY_URL"])
        AT_WORK[server["JUPYTERHUB_ACTIVITY_URL"]] = asyncio.create_task(work(server))


def end(address: str) -> None:
    """End the server of an address, if there is one."""
    if task := AT_WORK.pop(address, None):
        task.cancel()


async def work(server: dict[str, Any]) -> None:
    """Tell the hub of activity, at intervals that differ by a tenth, as JupyterHub's extension of JupyterLab does."""
    interval = float(server.get("JUPYTERHUB_ACTIVITY_INTERVAL") or 300)
    while True:
        now = datetime.now(UTC).isoformat()
        told = {"servers": {server["JUPYTERHUB_SERVER_NAME"]: {"last_activity": now}}, "last_activity": now}
        with contextlib.suppress(HTTPClientError, OSError):  # a hub that is not there is told the next time
            await AsyncHTTPClient().fetch(
                server["JUPYTERHUB_ACTIVITY_URL"],
                method="POST",
                headers={"Authorization": f"token {server['JUPYTERHUB_API_TOKEN']}"},
                body=json.dumps(told),
            )
        await asyncio.sleep(interval * (1 + 0.2 * (random.random() - 0.5)))  # noqa: S311


async def main() -> None:
    """Serve until killed."""
    AsyncHTTPClient.configure("tornado.curl_httpclient.CurlAsyncHTTPClient", max_clients=100)
    [listener] = bind_sockets(0, "127.0.0.1")
    HTTPServer(Application([("/_begin", Begin), (".*", Answer)], end=end)).add_socket(listener)
    print(listener.getsockname()[1], flush=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
