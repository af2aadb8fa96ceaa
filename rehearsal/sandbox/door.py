"""The way into the sandbox: an HTTP proxy on a socket that was made outside, for browsers, kubectl and the AWS CLI."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from rehearsal.sandbox.relay import carry, quietly

_HEAD = 1 << 16
_HOP_BY_HOP = ("connection", "proxy-connection", "proxy-authorization", "keep-alive")


class RequestError(Exception):
    """What was asked cannot be done; with a status for the answer."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Request:
    """Where a request is to go, and what is to be sent there first."""

    host: str
    port: int
    opening: bytes
    tunnel: bool


async def serve(door: socket.socket) -> asyncio.Server:
    """Answer on a listening socket. Names are looked up, and connections made, in the sandbox."""
    return await asyncio.start_server(_connected, sock=door, limit=_HEAD)


@quietly
async def _connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        request = parsed(await reader.readuntil(b"\r\n\r\n"))
        try:
            onward = await asyncio.open_connection(request.host, request.port)
        except OSError as error:
            raise RequestError("502 Bad Gateway", f"{request.host}:{request.port}: {error.strerror}") from None
    except RequestError as error:
        text = f"{error}\n"
        head = f"HTTP/1.1 {error.status}\r\nContent-Type: text/plain\r\nContent-Length: {len(text.encode())}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n{text}".encode())
        writer.close()
        return
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        writer.close()
        return
    if request.tunnel:
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    onward[1].write(request.opening)
    await carry((reader, writer), onward)


def parsed(head: bytes) -> Request:
    """A request for a proxy. Raises RequestError."""
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    try:
        method, target, version = first.split(" ")
        address = urlsplit(f"//{target}" if method == "CONNECT" else target)
        host, port = address.hostname, address.port
    except ValueError:
        raise RequestError("400 Bad Request", f"This is no HTTP request: {first}") from None
    if not host:
        raise RequestError("400 Bad Request", "This is the proxy of a rehearsal: ask it for http://…, or CONNECT.")
    if method == "CONNECT":
        return Request(host, port or 443, b"", tunnel=True)
    if address.scheme != "http":
        raise RequestError("400 Bad Request", f"A proxy is asked for http://…, and to CONNECT for {target}")
    path = address._replace(scheme="", netloc="", fragment="").geturl() or "/"
    kept = [line for line in lines if line.partition(":")[0].strip().lower() not in _HOP_BY_HOP]
    if any(line.lower().startswith("upgrade:") for line in kept):
        kept.append("Connection: Upgrade")
    else:
        kept.append("Connection: close")  # the next request on the connection may be for somebody else
    opening = "\r\n".join([f"{method} {path} {version}", *kept, "", ""])
    return Request(host, port or 80, opening.encode("latin-1"), tunnel=False)
