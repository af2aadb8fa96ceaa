"""Where custom resources' Lambda functions put their answers: a TLS server on loopback."""

from __future__ import annotations

import json
import secrets
import ssl
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from rehearsal.certificates import Authority

_POLL = 0.05


class Answers:
    """Gives out addresses, and what was put there."""

    def __init__(self, folder: Path) -> None:
        authority = Authority(folder, "answers")
        pair = authority.issue("localhost", hosts=["localhost", "127.0.0.1"])
        self.ca = authority.certificate
        self._answers: dict[str, Mapping[str, Any] | None] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, args=[_POLL], daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def address(self) -> str:
        """A new address that takes one answer."""
        path = f"/{secrets.token_urlsafe(16)}"
        self._answers[path] = None
        return f"https://localhost:{self.port}{path}"

    def take(self, address: str) -> Mapping[str, Any] | None:
        """What was put to an address, which ends with this; None where nothing was."""
        return self._answers.pop("/" + address.rpartition("/")[2])

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answers = self._answers

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                known = self.path in answers
                if known:
                    answers[self.path] = json.loads(body)
                self.send_response(200 if known else 404)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler
