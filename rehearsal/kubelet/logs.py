"""What containers have printed, told to the API server as a kubelet does: to nobody without its certificate."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from rehearsal.certificates import Pair

Find = Callable[[str, str, str], Path]
"""Where the output of a container is, by namespace, pod and name."""


class Logs:
    """One server for all nodes: each has this machine's address."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self, pair: Pair, callers: Path) -> None:
        """Begin to answer those whose certificates an authority has signed."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(callers))
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(pair.certificate, pair.key)
        app = web.Application()
        app.router.add_get("/containerLogs/{namespace}/{pod}/{container}", self._log)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "0.0.0.0", 0, ssl_context=context)  # noqa: S104 - every node's address
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Answer no more."""
        if self._runner:
            await self._runner.cleanup()

    async def _log(self, request: web.Request) -> web.Response:
        about = request.match_info
        file = self._find(about["namespace"], about["pod"], about["container"])
        if not file.exists():
            return web.Response(status=404, text=f"container {about['container']} has printed nothing")
        return web.Response(text=file.read_text(errors="replace"))
