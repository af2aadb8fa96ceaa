"""A public resolver on loopback, asked by HTTP in JSON as dns.google is: it finds what the world does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from rehearsal.sandbox.dns import KINDS, Resolver

_NO_SUCH_NAME: Final = 3


@contextmanager
def served(names: Resolver) -> Iterator[str]:
    """Its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = {key: each[0] for key, each in parse_qs(urlsplit(self.path).query).items()}
            body = json.dumps(told(names, asked["name"], asked["type"])).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/resolve"
        finally:
            server.shutdown()
            thread.join()


def told(names: Resolver, name: str, kind: str) -> dict[str, Any]:
    """What there is of a kind at a name, or that there is no such name."""
    found = names.look_up(name, kind)
    answer = [{"name": owner, "type": KINDS[each.kind], "data": each.value} for owner, each in found or ()]
    return {"Status": _NO_SUCH_NAME if found is None else 0, "Answer": answer}
