"""AWS as it answers on a bad day: a front before moto that refuses, or garbles, the calls that a test names."""

import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


class Front:
    """What it answers by operation; everything else is moto's."""

    def __init__(self, moto: str) -> None:
        self.moto = moto
        self.answers: dict[str, tuple[int, str]] = {}
        self.asked: list[str] = []
        self._server = _Server(("127.0.0.1", 0), _Page)
        self._server.front = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def refuse(self, operation: str, code: str, message: str = "no", status: int = 400) -> None:
        """An error of AWS's, in both forms that it has."""
        if operation in ("GetCallerIdentity", "ListStackResources"):
            text = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        else:
            text = json.dumps({"__type": code, "message": message})
        self.answers[operation] = (status, text)

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()

    def operation(self, target: str, body: bytes) -> str:
        """Which one is called."""
        return target.rpartition(".")[2] or parse_qs(body.decode()).get("Action", [""])[0]


class _Server(ThreadingHTTPServer):
    front: Front


class _Page(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        front = self.server.front
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = front.operation(self.headers.get("X-Amz-Target", ""), body)
        front.asked.append(operation)
        if operation in front.answers:
            status, text = front.answers[operation]
            self._send(status, text.encode(), "text/plain")
            return
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        request = urllib.request.Request(f"{front.moto}{self.path}", body, headers)
        try:
            with urllib.request.urlopen(request) as answer:
                self._send(answer.status, answer.read(), answer.headers.get("Content-Type", ""))
        except urllib.error.HTTPError as error:
            self._send(error.code, error.read(), error.headers.get("Content-Type", ""))

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass
