"""Connections to targets: a load balancer keeps them open for its idle timeout, whatever the targets think of that."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

import aiohttp

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

LINE: Final = 16 * 1024
"""The longest line of a request or an answer that an Application Load Balancer takes."""


class TargetClosedError(aiohttp.ClientError):
    """The target has closed a connection that the load balancer meant to use once more."""


class KeptConnections(aiohttp.TCPConnector):
    """Connections that are used again, within the idle timeout. One that its target has closed by then is a failure.

    An Application Load Balancer that sends a request just as its target closes the connection answers 502. That happens
    now and then, to nobody who looks; here it happens whenever a target closes before the load balancer would.
    """

    def __init__(self) -> None:
        super().__init__(limit=0)
        self.idle = 60.0
        """Seconds."""

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        self._keepalive_timeout = self.idle
        now = monotonic()
        kept = self._conns.get(key, ())
        if any(not connection.is_connected() and now - since < self.idle for connection, since in kept):
            self._conns.pop(key)
            raise TargetClosedError("the target had closed the connection")
        return await super()._get(key, traces)


def session(connections: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    """Who asks targets, without a memory of its own."""
    return aiohttp.ClientSession(
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        connector=connections,
        max_line_size=LINE,
        max_field_size=LINE,
    )
