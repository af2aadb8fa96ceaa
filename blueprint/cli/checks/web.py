"""HTTPS as the commands speak it: one request, no redirect followed, within seconds, by the person's proxies."""

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from urllib.parse import SplitResult, urlsplit

from blueprint.cli.checks.connections import CLOSED, Line, in_request, opened

SECONDS = 10.0
_MOST = 1 << 20
_NAME = "jupyterhub-eks-blueprint"


class WebError(Exception):
    """Why an address gave no answer, in words; `untrusted` where that is its certificate."""

    untrusted = False


@dataclass(frozen=True)
class Answer:
    """What a server answered, and the day on which its certificate ends."""

    url: str
    status: int
    headers: Message
    body: bytes
    certificate_ends: datetime | None

    def json(self) -> Mapping[str, object]:
        """The JSON object in the body.

        Raises:
            WebError: where it holds none.
        """
        try:
            content = json.loads(self.body)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise WebError(f"{self.url} answers with something else than a JSON object")
        return content


def get(
    url: str,
    *,
    authorities: str | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    most: int = _MOST,
) -> Answer:
    """What there is at an address; as `ask`."""
    return ask("GET", url, authorities=authorities, headers=headers, seconds=seconds, most=most)


def ask(
    method: str,
    url: str,
    body: object = None,
    *,
    authorities: str | None = None,
    alone: bool = False,
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    most: int = _MOST,
    line: Line | None = None,
) -> Answer:
    """Ask an http or https address; `authorities` are certificates in PEM to trust besides the public ones, or `alone`.

    A body goes as JSON. A `line` is for questions to one server by the same authorities: it keeps connections.

    Raises:
        WebError: where nothing usable comes back.
    """
    parts = _parts(url)
    content = None if body is None else json.dumps(body).encode()
    form = {"Content-Type": "application/json"} if content else {}
    try:
        # What changes something goes by a new one: of one that closes, nobody knows whether it was heard.
        kept = line.take() if line and method == "GET" else None
        connection, target, more = (kept, in_request(parts), {}) if kept else opened(parts, authorities, alone, seconds)
        try:
            sent = {"User-Agent": _NAME, **form, **more, **(headers or {})}
            response, ends = _sent(connection, method, target, content, sent)
            told = response.read(most + 1)
        except BaseException:
            connection.close()
            raise
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = WebError(f"{parts.hostname}: {_why(error)}")
        reason.untrusted = isinstance(error, ssl.SSLCertVerificationError)
        raise reason from None
    if line and parts.scheme == "https" and response.isclosed():
        line.give_back(connection)
    else:
        connection.close()
    if len(told) > most:
        raise WebError(f"{url} answers with more than {most >> 20} MiB")
    return Answer(url, response.status, response.headers, told, ends)


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and url.isprintable()
    except ValueError:
        usable = False
    if not usable:
        raise WebError("an address begins with https:// and a host's name")
    if "@" in parts.netloc:
        raise WebError("take the user name and password out of the address")
    return parts


def _sent(
    connection: http.client.HTTPConnection, method: str, target: str, content: bytes | None, headers: Mapping[str, str]
) -> tuple[http.client.HTTPResponse, datetime | None]:
    """The answer to a request. What was open, and was closed over there meanwhile, is opened anew."""
    was_open = connection.sock is not None
    try:
        connection.request(method, target, content, headers)
        ends = _certificate_ends(connection.sock)
        return connection.getresponse(), ends
    except CLOSED:
        connection.close()
        if not was_open:
            raise
        return _sent(connection, method, target, content, headers)


def _certificate_ends(connected: socket.socket | None) -> datetime | None:
    if not isinstance(connected, ssl.SSLSocket) or not (certificate := connected.getpeercert()):
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)


def _why(error: Exception) -> str:
    """What stopped a request, without what a proxy's address holds."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not accepted ({error.verify_message})"
        case ssl.SSLError():
            return f"TLS fails ({error.reason or 'no TLS at that port'})"
        case socket.gaierror():
            return "its name is not found (DNS)"
        case TimeoutError():
            return "no answer in time"
        case ConnectionRefusedError():
            return "nothing answers there"
        case ConnectionError():
            return "the connection was cut"
        case http.client.HTTPException() | ValueError():
            return "the answer is no HTTP"
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error) or "no connection"
