"""An OAuth 2.0 provider on loopback whose people sign in with a password, on one page or on two."""

import json
import secrets
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

PASSWORD = "correct horse"


class PasswordProvider:
    """`look` is what its page is like: one with both fields, `two pages`, or `script`, which has no form."""

    def __init__(self) -> None:
        self.look = "one page"
        self.codes: dict[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def page(self, asked: str, user: str = "", *, wrong: bool = False) -> str:
        """The sign-in page, or its second half."""
        if self.look == "script":
            return "<body><div id=root></div><script src=/app.js></script></body>"
        hidden = f'<input type="hidden" name="asked" value="{escape(asked)}">'
        name = f'<input name="username" type="text" value="{escape(user)}">'
        secret = '<input name="password" type="password"><input type="checkbox" name="remember">'
        first = self.look == "two pages" and not user
        fields = name if first else f"{name}{secret}"
        told = "<p>Wrong</p>" if wrong else ""
        return f'<body>{told}<form method="post" action="/login">{hidden}{fields}<button>Go</button></form></body>'

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                if url.path == "/authorize":
                    self._told(provider.page(url.query))
                elif user := provider.codes.get(self.headers.get("Authorization", "").partition(" ")[2]):
                    self._told(json.dumps({"sub": user}), "application/json")
                else:
                    self._told('{"error": "invalid_request"}', "application/json", 400)

            def do_POST(self) -> None:
                sent = {
                    key: each[0]
                    for key, each in parse_qs(
                        self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                    ).items()
                }
                if self.path == "/token" and sent.get("code") not in provider.codes:
                    self._told('{"error": "invalid_request"}', "application/json", 400)
                elif self.path == "/token":
                    self._told(json.dumps({"access_token": sent["code"], "token_type": "bearer"}), "application/json")
                elif "password" not in sent or sent["password"] != PASSWORD:
                    self._told(provider.page(sent["asked"], sent["username"], wrong="password" in sent))
                else:
                    asked = {key: each[0] for key, each in parse_qs(sent["asked"]).items()}
                    code = secrets.token_hex(8)
                    provider.codes[code] = sent["username"]
                    self.send_response(302)
                    query = urlencode({"code": code, "state": asked["state"]})
                    self.send_header("Location", f"{asked['redirect_uri']}?{query}")
                    self.end_headers()

            def _told(self, text: str, kind: str = "text/html", status: int = 200) -> None:
                body = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        return Handler
