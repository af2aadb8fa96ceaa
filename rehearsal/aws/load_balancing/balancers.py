"""The load balancers of all accounts: an address for each, a server for each listener, in step with ELB's API."""

from __future__ import annotations

import asyncio
import logging
import ssl
import tempfile
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Network
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Final

import aiohttp
from aiohttp import web
from moto.elbv2.ssl_policies import SSL_POLICIES

from rehearsal.aws.load_balancing.connections import LINE, session
from rehearsal.aws.load_balancing.health import HealthChecks
from rehearsal.aws.load_balancing.picture import Certificate, Listener, Picture, taken
from rehearsal.aws.load_balancing.proxy import Proxy
from rehearsal.aws.load_balancing.rules import matches_host

_PAUSE: Final = 0.2
"""Seconds between looks at ELB's state. Targets are checked as often, whatever interval their group asks for ..."""

_REST: Final = 1.0
"""... until all are in good health."""

_VERSIONS: Final = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
"""Policies may allow older ones, which OpenSSL does not speak any more."""


class LoadBalancers:
    """Carries traffic for the load balancers that this process' AWS stand-in holds.

    Each gets an address out of `network`, which must be local to this machine, and keeps it as long as it is there.
    """

    def __init__(self, network: IPv4Network) -> None:
        self._free = network.hosts()
        self._addresses: dict[str, str] = {}
        self._picture = Picture({}, {})
        self._health = HealthChecks()
        self._served: dict[str, Served] = {}
        self._failed: dict[str, str] = {}
        self._ended = Event()
        self._thread = Thread(target=lambda: asyncio.run(self._run()), name="load balancers", daemon=True)

    def __enter__(self) -> LoadBalancers:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to follow ELB's API."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving."""
        self._ended.set()
        self._thread.join()

    def resolve(self, name: str) -> str | None:
        """The address behind the DNS name of a load balancer."""
        return self._addresses.get(name.rstrip(".").lower())

    async def _run(self) -> None:
        async with session(aiohttp.TCPConnector(limit=0)) as checks:
            await asyncio.gather(
                self._again_and_again(self._follow),
                self._again_and_again(lambda: self._check(checks)),
            )
            await self._serve(Picture({}, {}))

    async def _again_and_again(self, step: Callable[[], Awaitable[None]]) -> None:
        while not self._ended.is_set():
            try:
                await step()
            except Exception:
                logging.getLogger(__name__).exception("The load balancers could not follow ELB's API")
            await asyncio.sleep(_PAUSE)

    async def _check(self, checks: aiohttp.ClientSession) -> None:
        await self._health.check(self._picture, checks)
        if self._health.good:
            await asyncio.sleep(_REST - _PAUSE)

    async def _follow(self) -> None:
        picture = await asyncio.to_thread(taken)
        await self._serve(picture)
        self._picture = picture  # nobody hears that a target is healthy before requests reach it

    async def _serve(self, picture: Picture) -> None:
        """Serve what is in a picture, and nothing else."""
        for name in picture.listeners.keys() - self._addresses.keys():
            self._addresses[name] = str(next(self._free))
        wanted = {each.arn: (name, each) for name, listeners in picture.listeners.items() for each in listeners}
        for arn, served in list(self._served.items()):
            if arn not in wanted or served.socket != _socket(wanted[arn][1]):
                await self._served.pop(arn).stop()
        for arn, (name, listener) in wanted.items():
            if arn in self._served:
                self._served[arn].proxy.listener, self._served[arn].proxy.groups = listener, picture.groups
                continue
            try:
                proxy = Proxy(listener, picture.groups, self._health)
                self._served[arn] = await Served.begun(proxy, self._addresses[name])
            except (OSError, ssl.SSLError) as error:
                self._tell(arn, f"{name} cannot listen on {self._addresses[name]}:{listener.port}: {error}")
        for name in self._addresses.keys() - picture.listeners.keys():
            del self._addresses[name]

    def _tell(self, arn: str, problem: str) -> None:
        """Say once why a listener does not serve; it is tried again."""
        if self._failed.get(arn) != problem:
            self._failed[arn] = problem
            logging.getLogger(__name__).error(problem)


Socket = tuple[int, str, str, tuple[Certificate, ...]]


def _socket(listener: Listener) -> Socket:
    """What cannot change while a listener serves."""
    return listener.port, listener.protocol, listener.policy, listener.certificates


class Served:
    """A listener that serves. Raises OSError or SSLError where it cannot."""

    def __init__(self, proxy: Proxy, runner: web.ServerRunner) -> None:
        self.proxy = proxy
        self.socket = _socket(proxy.listener)
        self._runner = runner

    @classmethod
    async def begun(cls, proxy: Proxy, address: str) -> Served:
        """Serve at an address."""
        listener = proxy.listener
        server = web.Server(
            proxy,
            handler_cancellation=True,
            access_log=None,
            keepalive_timeout=float(listener.attributes.get("client_keep_alive.seconds", 3600)),
            max_line_size=LINE,
            max_field_size=LINE,
        )
        runner = web.ServerRunner(server, shutdown_timeout=1)
        await runner.setup()
        served = cls(proxy, runner)
        try:
            context = _tls(listener) if listener.protocol == "HTTPS" else None
            await web.TCPSite(runner, address, listener.port, ssl_context=context).start()
        except OSError:  # an SSLError is one
            await served.stop()
            raise
        return served

    async def stop(self) -> None:
        """Serve no more."""
        await self._runner.cleanup()
        await self.proxy.close()


def _tls(listener: Listener) -> ssl.SSLContext:
    """A listener's TLS: its first certificate, or for the names of another one that."""
    contexts = {certificate: _context(certificate, listener.policy) for certificate in listener.certificates}
    default = contexts[listener.certificates[0]]

    def chosen(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, context: ssl.SSLContext) -> None:
        for certificate, own in contexts.items():
            if name and any(matches_host(pattern, name) for pattern in certificate.names):
                connection.context = own
                return

    default.sni_callback = chosen
    return default


def _context(certificate: Certificate, policy: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    versions = sorted(_VERSIONS[each] for each in SSL_POLICIES[policy]["ssl_protocols"] if each in _VERSIONS)
    context.minimum_version, context.maximum_version = versions[0], versions[-1]
    older = [each for each in SSL_POLICIES[policy]["ciphers"] if not each.startswith("TLS_")]
    if older:
        context.set_ciphers(":".join(older))
    with tempfile.TemporaryDirectory() as folder:
        chain, key = Path(folder) / "chain", Path(folder) / "key"
        chain.write_bytes(certificate.chain)
        key.touch(mode=0o600)
        key.write_bytes(certificate.key)
        context.load_cert_chain(chain, key)
    return context
