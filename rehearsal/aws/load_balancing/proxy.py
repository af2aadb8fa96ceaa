"""One listener of a load balancer: it answers requests by its rules, or sends them on to targets."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from itertools import count
from typing import Final

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from rehearsal.aws.load_balancing.connections import KeptConnections, session
from rehearsal.aws.load_balancing.health import HealthChecks
from rehearsal.aws.load_balancing.picture import Listener, Target, TargetGroup, forwarded_to
from rehearsal.aws.load_balancing.rules import Asked, location, met
from rehearsal.aws.load_balancing.websockets import tunnel

_HOP_BY_HOP: Final = {
    *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"),
    *("te", "trailer", "transfer-encoding", "upgrade", "expect"),
}
_VALID_NAME: Final = re.compile(r"[-A-Za-z0-9]+")
_IDLE: Final = "60"


class Proxy:
    """Answers the requests that come to a listener. `listener` and `groups` are what is so at the moment."""

    def __init__(self, listener: Listener, groups: Mapping[str, TargetGroup], health: HealthChecks) -> None:
        self.listener = listener
        self.groups = groups
        self._health = health
        self._connections = KeptConnections()
        self._session = session(self._connections)
        self._turn = count()

    async def close(self) -> None:
        """Let go of the targets."""
        await self._session.close()

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request."""
        asked = Asked(
            method=request.method,
            host=request.headers.get("Host", "").rpartition(":")[0] or request.headers.get("Host", ""),
            path=request.rel_url.raw_path,
            query=list(request.rel_url.query.items()),
            headers=request.headers,
            source=request.remote or "",
        )
        action = met(self.listener.rules, asked).actions[-1]
        if action["Type"] == "redirect":
            config = action["RedirectConfig"]
            to = location(
                config,
                protocol=self.listener.protocol,
                host=asked.host,
                port=self.listener.port,
                path=asked.path,
                query=request.rel_url.raw_query_string,
            )
            return _answer(int(config["StatusCode"].removeprefix("HTTP_")), {"Location": to})
        if action["Type"] == "fixed-response":
            config = action["FixedResponseConfig"]
            headers = {"Content-Type": config["ContentType"]} if "ContentType" in config else {}
            return _answer(int(config["StatusCode"]), headers, config.get("MessageBody", ""))
        target = self._target(forwarded_to(action))
        return await self._forward(request, *target) if target else _error(503, "Service Temporarily Unavailable")

    def _target(self, weights: Mapping[str, int]) -> tuple[TargetGroup, Target] | None:
        """Whose turn it is: groups by their weights, and their targets one after the other."""
        weighted = [group for arn, weight in weights.items() for group in [self.groups[arn]] * weight if group.targets]
        if not weighted:
            return None
        turn = next(self._turn)
        group = weighted[turn % len(weighted)]
        targets = self._health.routable(group)
        return group, targets[turn // len(weighted) % len(targets)]

    async def _forward(self, request: web.BaseRequest, group: TargetGroup, target: Target) -> web.StreamResponse:
        scheme = group.protocol.lower()
        url = URL(f"{scheme}://{target.address}:{target.port}{request.raw_path}", encoded=True)
        headers = self._headers(request)
        idle = self._connections.idle = float(self.listener.attributes.get("idle_timeout.timeout_seconds", _IDLE))
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await tunnel(self._session, request, url, headers, idle)
        if request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        response: web.StreamResponse | None = None
        try:
            async with self._session.request(
                request.method,
                url,
                headers=headers,
                data=request.content if request.body_exists else None,
                allow_redirects=False,
                ssl=False,  # ELB does not verify targets' certificates
                skip_auto_headers=["User-Agent", "Accept", "Accept-Encoding", "Content-Type"],
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=idle),
            ) as answer:
                headers = _without_hops(answer.headers)
                headers.update(self.listener.headers)
                response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=headers)
                await response.prepare(request)
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
                await response.write_eof()
                return response
        except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is an OSError
            if response is not None and response.prepared:
                raise  # too late for a status: the connection ends
            late = isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ConnectionTimeoutError)
            return _error(504, "Gateway Time-out") if late else _error(502, "Bad Gateway")

    def _headers(self, request: web.BaseRequest) -> CIMultiDict[str]:
        """A request's headers as targets get them."""
        attributes = self.listener.attributes
        headers = _without_hops(request.headers)
        if attributes.get("routing.http.drop_invalid_header_fields.enabled") == "true":
            headers = CIMultiDict((name, value) for name, value in headers.items() if _VALID_NAME.fullmatch(name))
        mode = attributes.get("routing.http.xff_header_processing.mode", "append")
        if mode == "remove":
            headers.popall("X-Forwarded-For", None)
        elif mode == "append":
            before = headers.popall("X-Forwarded-For", [])
            headers["X-Forwarded-For"] = ", ".join([*before, request.remote or ""])
        headers["X-Forwarded-Proto"] = self.listener.protocol.lower()
        headers["X-Forwarded-Port"] = str(self.listener.port)
        trace = f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"
        headers.setdefault("X-Amzn-Trace-Id", trace)
        return headers


def _without_hops(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """Headers without those that are of one connection only."""
    named = {each.strip().lower() for each in headers.get("Connection", "").split(",")}
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP | named)


def _answer(status: int, headers: Mapping[str, str], text: str = "") -> web.Response:
    return web.Response(status=status, headers={"Server": "awselb/2.0", **headers}, body=text.encode())


def _error(status: int, words: str) -> web.Response:
    return _answer(status, {"Content-Type": "text/html"}, f"<html><body><h1>{status} {words}</h1></body></html>\n")
