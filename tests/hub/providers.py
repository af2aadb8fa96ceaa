"""Identity providers on loopback, which say what a test wants them to say; and a browser that comes back from one."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from oauthenticator.oauth2 import _serialize_state  # type: ignore[import-untyped]

from rehearsal.certificates import Pair

Person = dict[str, Any]


class Returning:
    """A browser that comes back from the provider, as far as authenticators look at it."""

    def get_argument(self, name: str, default: object = None) -> str:
        """The code that the provider sent along."""
        return "a-code"

    def get_state_cookie(self) -> str:
        """What the hub gave the browser when it left."""
        return str(_serialize_state({"code_verifier": "v" * 43}))

    def find_user(self, name: str) -> None:
        """The hub has not seen anybody yet."""


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    form: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What is sent back: JSON, unless the body is text already."""

    body: Any
    status: int = 200
    kind: str = "application/json"


@dataclass
class Provider:
    """A provider: `token` and `userinfo` are its answers, or functions of the request; `asked` is what the hub sent."""

    url: str
    userinfo: Any
    token: Any = field(default_factory=lambda: {"access_token": "token", "token_type": "Bearer", "scope": "openid"})
    look: Any = field(default_factory=lambda: Answer({}, status=405))
    """Its answer to what is no exchange: a look at the token endpoint."""
    asked: list[Asked] = field(default_factory=list)

    def answer(self, asked: Asked) -> Answer:
        """The answer to a request."""
        self.asked.append(asked)
        said = self.userinfo if asked.path == "/userinfo" else self.token if asked.form else self.look
        said = said(asked) if callable(said) else said
        return said if isinstance(said, Answer) else Answer(said)

    @property
    def exchanges(self) -> list[Asked]:
        """The requests for tokens."""
        return [each for each in self.asked if each.path == "/token" and each.form]


class Server(ThreadingHTTPServer):
    """Many may knock at once."""

    request_queue_size = 128


@contextmanager
def provider(person: Any, *, tls: Pair | None = None) -> Iterator[Provider]:
    """Run a provider."""

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
            self._answer({name: values[0] for name, values in parse_qs(body).items()})

        def do_GET(self) -> None:
            self._answer({})

        def _answer(self, form: dict[str, str]) -> None:
            answer = running.answer(Asked(self.command, self.path, dict(self.headers), form))
            body = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(body.encode())))  # curl takes no other end over TLS
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Endpoint)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.certificate, tls.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    running = Provider(f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}", person)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
