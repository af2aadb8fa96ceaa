"""Connections as the commands make them: by the person's proxies, and open for as long as they are of use."""

import base64
import http.client
import ssl
import time
from collections.abc import Mapping
from functools import cache
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

CLOSED = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""How it shows that a connection was closed over there."""
_IDLE = 30.0
"""Seconds for which a connection is trusted that nobody uses: firewalls forget those without a word."""


class Line:
    """Connections to one server by https that stay open from one question to the next; threads may share them."""

    def __init__(self) -> None:
        self._idle: list[tuple[float, http.client.HTTPConnection]] = []

    def take(self) -> http.client.HTTPConnection | None:
        """One that nobody uses, if there is one. It may be closed: it opens itself."""
        if not self._idle:
            return None
        since, connection = self._idle.pop()
        if time.monotonic() - since > _IDLE:
            connection.close()
        return connection

    def give_back(self, connection: http.client.HTTPConnection) -> None:
        """Keep one whose answer was read to its end."""
        self._idle.append((time.monotonic(), connection))


def in_request(parts: SplitResult) -> str:
    """How an address is written where its server itself is asked."""
    return f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"


def opened(
    parts: SplitResult, authorities: str | None, alone: bool, seconds: float
) -> tuple[http.client.HTTPConnection, str, Mapping[str, str]]:
    """A connection to where an address is asked for, how it is written there, and headers that this takes."""
    host, secure = parts.hostname or "", parts.scheme == "https"
    given = None if proxy_bypass(host) else getproxies().get(parts.scheme)
    proxy = urlsplit(given if "//" in given else f"//{given}") if given else None
    place = (proxy.hostname or "", proxy.port or 8080) if proxy else (host, parts.port or (443 if secure else 80))
    leave = _authorization(proxy.username, proxy.password) if proxy else {}
    if not secure:
        plain = http.client.HTTPConnection(*place, timeout=seconds)
        return (plain, parts.geturl(), {"Host": parts.netloc, **leave}) if proxy else (plain, in_request(parts), {})
    context = _trust(authorities, alone, ssl.get_default_verify_paths())
    connection = http.client.HTTPSConnection(*place, timeout=seconds, context=context)
    if proxy:
        connection.set_tunnel(host, parts.port or 443, headers=leave)
    return connection, in_request(parts), {}


@cache
def _trust(authorities: str | None, alone: bool, public: ssl.DefaultVerifyPaths) -> ssl.SSLContext:
    """Whom to trust. The public authorities, which are read from where they lie, take a while."""
    context = ssl.create_default_context(cadata=authorities if alone else None)
    if authorities and not alone:
        context.load_verify_locations(cadata=authorities)
    return context


def _authorization(user: str | None, password: str | None) -> dict[str, str]:
    if user is None:
        return {}
    pair = f"{unquote(user)}:{unquote(password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair).decode()}"}
