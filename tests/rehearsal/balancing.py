"""A load balancer in the stand-in, with a program behind it, for tests."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any, TypeVar

from aiohttp import WSMsgType, web

from rehearsal.aws import Cloud
from rehearsal.aws.load_balancing import LoadBalancers

T = TypeVar("T")
HTTP, HTTPS = 8080, 8443
"""Ports that nobody needs rights for."""


class Program:
    """What runs behind a load balancer: it tells what it was asked, echoes websockets, and can be ill."""

    def __init__(self, name: str, address: str, keep_alive: float = 3600) -> None:
        self.name = name
        self.address = address
        self.healthy = True
        self.port = 0
        self._keep_alive = keep_alive

    @contextmanager
    def running(self) -> Iterator[Program]:
        loop = asyncio.new_event_loop()
        runner = web.AppRunner(self._app(), shutdown_timeout=0.1, keepalive_timeout=self._keep_alive)
        self._runner = runner

        async def start() -> None:
            await runner.setup()
            await web.TCPSite(runner, self.address, 0).start()
            self.port = runner.addresses[0][1]

        loop.run_until_complete(start())
        thread = Thread(target=loop.run_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    @property
    def connections(self) -> int:
        """How many are open."""
        server = self._runner.server
        return len(server.connections) if server else 0

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=2**30)
        app.router.add_get("/health", self._health)
        app.router.add_get("/socket", self._socket)
        app.router.add_get("/stream", self._stream)
        app.router.add_get("/silent", self._silent)
        app.router.add_route("*", "/{path:.*}", self._tell)
        return app

    async def _health(self, request: web.Request) -> web.Response:
        return web.Response(status=200 if self.healthy else 500)

    async def _tell(self, request: web.Request) -> web.Response:
        body = await request.read()
        told = {
            "program": self.name,
            "method": request.method,
            "target": request.raw_path,
            "headers": [[name, value] for name, value in request.headers.items()],
            "bytes": len(body),
        }
        answer = web.json_response(told)
        answer.headers.add("Set-Cookie", "a=1")
        answer.headers.add("Set-Cookie", "b=2")
        return answer

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("refuse"):
            return web.Response(status=403)
        socket = web.WebSocketResponse(protocols=["v1.kernel"], max_msg_size=0)
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await socket.send_str(f"{self.name}: {message.data}")
            elif message.type is WSMsgType.BINARY:
                await socket.send_bytes(message.data)
        return socket

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Says a line, and another one after a while."""
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b"first\n")
        await asyncio.sleep(float(request.query["pause"]))
        await answer.write(b"second\n")
        return answer

    async def _silent(self, request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def told(self) -> Any:
        return json.loads(self.body)


@dataclass
class Balanced:
    """A load balancer with one target group."""

    cloud: Cloud
    balancers: LoadBalancers
    arn: str
    name: str
    group: str
    ca: str
    listeners: dict[int, str] = field(default_factory=dict)

    @property
    def elb(self) -> Any:
        return self.cloud.client("elbv2")

    @property
    def address(self) -> str:
        found = until(lambda: self.balancers.resolve(self.name))
        assert found
        return found

    def listen(self, port: int, actions: list[dict[str, Any]], **more: Any) -> str:
        """Have a listener, which listens when this returns."""
        given = {"Protocol": "HTTP", **more}
        made = self.elb.create_listener(LoadBalancerArn=self.arn, Port=port, DefaultActions=actions, **given)
        self.listeners[port] = made["Listeners"][0]["ListenerArn"]
        until(lambda: listens(self.address, port))
        return self.listeners[port]

    def forward(self) -> list[dict[str, Any]]:
        """The action that sends requests to the target group."""
        return [{"Type": "forward", "TargetGroupArn": self.group}]

    def register(self, *programs: Program, state: str = "healthy") -> None:
        """Have programs as targets that are found to be in a state when this returns."""
        targets = [{"Id": each.address, "Port": each.port} for each in programs]
        self.elb.register_targets(TargetGroupArn=self.group, Targets=targets)
        until(lambda: set(self.health().values()) == {state})

    def health(self) -> dict[str, str]:
        found = self.elb.describe_target_health(TargetGroupArn=self.group)["TargetHealthDescriptions"]
        return {each["Target"]["Id"]: each["TargetHealth"]["State"] for each in found}

    def ask(
        self,
        path: str = "/",
        *,
        port: int = HTTP,
        method: str = "GET",
        host: str = "hub.test",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """What somebody gets who asks for a path of a host."""
        with self.connection(port, host) as connection:
            connection.request(method, path, body, {"Host": host, **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())

    @contextmanager
    def connection(self, port: int = HTTP, host: str = "hub.test") -> Iterator[http.client.HTTPConnection]:
        connection = http.client.HTTPConnection(host, port, timeout=10)
        connection.sock = socket.create_connection((self.address, port), timeout=10)
        if port in {443, HTTPS}:
            context = ssl.create_default_context(cafile=self.ca)
            connection.sock = context.wrap_socket(connection.sock, server_hostname=host)
        try:
            yield connection
        finally:
            connection.close()


def listens(address: str, port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection((address, port), timeout=1).close()
    except OSError:
        return False
    return True


def until(found: Callable[[], T], seconds: float = 10) -> T:
    """What a function gives when that is something. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not (answer := found()):
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.05)
    return answer
