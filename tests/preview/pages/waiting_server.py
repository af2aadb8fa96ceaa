"""A user's server that starts when a file says so, and goes when that is gone, not before."""

import os
import signal
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit


class Answer(BaseHTTPRequestHandler):
    """Says the same to everybody."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<h1>A server</h1>")

    def log_message(self, format: str, *args: object) -> None:
        pass


go = Path(os.environ["PREVIEW_RUN"], "go")
signal.signal(signal.SIGINT, signal.SIG_IGN)  # with which the hub begins to stop it
while not go.exists():
    time.sleep(0.05)
address = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
server = HTTPServer((str(address.hostname), int(address.port or 0)), Answer)
Thread(target=server.serve_forever, daemon=True).start()
while go.exists():
    time.sleep(0.05)
