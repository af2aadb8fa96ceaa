"""Registries of Python's and of npm's packages on loopback, with one package each; they serve as a proxy as well."""

import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit
from zipfile import ZipFile

WHEEL_NAME = "greeting-1.0-py3-none-any.whl"


def _wheel() -> bytes:
    with io.BytesIO() as made:
        with ZipFile(made, "w") as files:
            files.writestr("greeting.py", "")
            files.writestr("greeting-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n")
            files.writestr(
                "greeting-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            files.writestr("greeting-1.0.dist-info/RECORD", "greeting.py,,\n")
        return made.getvalue()


def _tarball() -> bytes:
    text = json.dumps({"name": "greeting", "version": "1.0.0"}).encode()
    with io.BytesIO() as made:
        with tarfile.open(fileobj=made, mode="w:gz") as files:
            entry = tarfile.TarInfo("package/package.json")
            entry.size = len(text)
            files.addfile(entry, io.BytesIO(text))
        return made.getvalue()


WHEEL = _wheel()
TARBALL = _tarball()
_DIGEST = hashlib.sha256(WHEEL).hexdigest()
_INTEGRITY = f"sha512-{base64.b64encode(hashlib.sha512(TARBALL).digest()).decode()}"

REQUIREMENTS = f"greeting==1.0 --hash=sha256:{_DIGEST}\n"
_WANTED = {"greeting": "1.0.0"}
PACKAGE = json.dumps({"name": "project", "optionalDependencies": _WANTED})
_GREETING = {"version": "1.0.0", "integrity": _INTEGRITY, "optional": True}
PACKAGE_LOCK = json.dumps(
    {
        "name": "project",
        "lockfileVersion": 3,
        "requires": True,
        "packages": {
            "": {"name": "project", "optionalDependencies": _WANTED},
            "node_modules/greeting": _GREETING,
        },
    }
)


class Registry:
    """What is served, and what was asked for."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[tuple[str, str]] = []
        """The target of each request, which is a whole address where a proxy is asked; and its credentials."""
        dist = {"tarball": f"{url}/greeting-1.0.0.tgz", "integrity": _INTEGRITY}
        described = {
            "name": "greeting",
            "dist-tags": {"latest": "1.0.0"},
            "versions": {"1.0.0": {"name": "greeting", "version": "1.0.0", "dist": dist}},
            "time": {"created": "2026-01-01T00:00:00Z", "1.0.0": "2026-01-01T00:00:00Z"},
        }
        self.pages = {
            "/simple/greeting/": f'<a href="/{WHEEL_NAME}#sha256={_DIGEST}">{WHEEL_NAME}</a>'.encode(),
            f"/{WHEEL_NAME}": WHEEL,
            "/greeting": json.dumps(described).encode(),
            "/greeting-1.0.0.tgz": TARBALL,
        }


@contextmanager
def served() -> Iterator[Registry]:
    """A registry that answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            registry.asked.append((self.path, self.headers.get("Authorization", "")))
            page = registry.pages.get(urlsplit(self.path).path)
            self.send_response(200 if page is not None else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page or b"")))
            self.end_headers()
            self.wfile.write(page or b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        registry = Registry(f"http://127.0.0.1:{server.server_port}")
        Thread(target=server.serve_forever, daemon=True).start()
        yield registry
        server.shutdown()
