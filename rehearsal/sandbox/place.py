"""The sandbox from inside: its network, its name server and its door, served by one thread."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine
from concurrent.futures import Future
from threading import Thread
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from rehearsal.sandbox import dns, door, relay
from rehearsal.sandbox.mounts import Tree
from rehearsal.sandbox.network import DNS, Network

T = TypeVar("T")

NAME_SERVICE: Final = "passwd: files\ngroup: files\nhosts: files dns\n"
"""How the C library looks things up: never by asking a service of this machine, which knows other names."""


class Sandbox:
    """What processes in the sandbox share. One process that has entered it makes one, and is in it for good."""

    def __init__(self, entrance: socket.socket | None = None) -> None:
        self.network = Network()
        self.names = dns.Names()
        """Host names that somebody of the rehearsal serves."""
        self.resolver = dns.Resolver([self.names])
        self.loop = asyncio.new_event_loop()
        self._entrance = entrance
        self._thread = Thread(target=self.loop.run_forever, name="sandbox", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        tree = Tree()
        tree.write("/etc/resolv.conf", resolver_settings())
        tree.write("/etc/nsswitch.conf", NAME_SERVICE)
        self.run(dns.serve(self.resolver, DNS))
        if self._entrance is not None:
            self.run(door.serve(self._entrance))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.run(_end_others())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def start(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Have the sandbox's thread do something."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Have it done, and wait for it. Not to be called in the sandbox's own thread."""
        return self.start(coroutine).result()

    def forward(self, address: relay.Address, target: relay.Address) -> None:
        """Carry connections to an address of the sandbox on to a server."""
        self.run(relay.forward(address, lambda: target))


def resolver_settings(server: str = DNS, search: str = "") -> str:
    """/etc/resolv.conf; pods' processes ask their cluster's server, and search more."""
    searched = f"search {search}\noptions ndots:5\n" if search else ""
    return f"nameserver {server}\n{searched}"


async def _end_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
