"""A container registry on loopback, with TLS, that behaves as those on the internet do on good and on bad days."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import ssl
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from rehearsal.certificates import Authority
from rehearsal.released import Image

PROGRAM = b"#!/bin/sh\necho released\n" + bytes(300_000)
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
_MANIFESTS = {OCI_INDEX: "application/vnd.oci.image.manifest.v1+json"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    registry: Registry

    def do_GET(self) -> None:
        token = self.headers.get("Authorization", "")
        self.registry.asked.append((self.path, token))
        path = urlsplit(self.path).path
        if fault := self.registry.faults.get(path):
            fault(self)
        elif path == "/token":
            self.answer(200, json.dumps({self.registry.token_key: self._token()}).encode(), "application/json")
        elif self.registry.locked and token != f"Bearer {self._token_of(path)}":
            self.challenge(path)
        elif target := self.registry.redirects.get(path):
            self.answer(307, b"", headers={"Location": target})
        elif content := self.registry.contents.get(path):
            self.answer(200, content, self.registry.kinds.get(path, "application/octet-stream"))
        else:
            self.answer(404, b"not found")

    def answer(
        self, status: int, content: bytes, kind: str = "text/plain", headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def challenge(self, path: str) -> None:
        words = f'realm="{self.registry.url}/token",service="loopback",scope="{self._scope(path)}"'
        self.answer(401, b"{}", "application/json", {"WWW-Authenticate": f"Bearer {words}"})

    def _token(self) -> str:
        asked = parse_qs(urlsplit(self.path).query)
        return f"for {asked['service'][0]} {asked['scope'][0]}"

    def _token_of(self, path: str) -> str:
        return f"for loopback {self._scope(path)}"

    def _scope(self, path: str) -> str:
        return f"repository:{path.removeprefix('/v2/').partition('/manifests/')[0].partition('/blobs/')[0]}:pull"

    def log_message(self, format: str, *args: Any) -> None:
        pass


@dataclass
class Registry:
    """Images by their digests; what it was asked, with which token; where it answers otherwise than it should."""

    authority: Authority
    contents: dict[str, bytes] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    layers: dict[str, list[str]] = field(default_factory=dict)
    """The paths of the layers of the last image, by architecture."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    faults: dict[str, Callable[[Handler], None]] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    locked: bool = False
    token_key: str = "token"

    def __enter__(self) -> Registry:
        pair = self.authority.issue("registry", hosts=["localhost"])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        handler = type("RegistryHandler", (Handler,), {"registry": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def host(self) -> str:
        return f"localhost:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"https://{self.host}"

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def publish(
        self,
        name: str = "team/tool",
        layers: Sequence[Mapping[str, bytes]] = ({"etc/passwd": b"root"}, {"bin/tool": PROGRAM}),
        *,
        architectures: Sequence[str] = ("amd64", "arm64"),
        index: str = OCI_INDEX,
        pack: Callable[[bytes], bytes] = gzip.compress,
    ) -> Image:
        """An image of several platforms, and the proof of where it comes from that builders add."""
        platforms = [{"os": "linux", "architecture": each} for each in architectures]
        manifests = [self._manifest(name, layers, platform, index, pack) for platform in platforms]
        attestation = self._manifest(name, [{"proof": b"x"}], {"os": "unknown", "architecture": "unknown"}, index, pack)
        document = {"schemaVersion": 2, "mediaType": index, "manifests": [attestation, *manifests]}
        digest = self._put(name, "manifests", json.dumps(document).encode(), index)
        return Image(f"{self.host}/{name}", "v1", digest, "bin/tool", 1, "this test")

    def _manifest(
        self,
        name: str,
        layers: Sequence[Mapping[str, bytes]],
        platform: Mapping[str, str],
        index: str,
        pack: Callable[[bytes], bytes],
    ) -> dict[str, Any]:
        packed = [pack(archive({**each, "platform": json.dumps(platform).encode()})) for each in layers]
        kind = _MANIFESTS.get(index, "application/vnd.docker.distribution.manifest.v2+json")
        described = [{"digest": self._put(name, "blobs", each), "size": len(each)} for each in packed]
        self.layers[platform["architecture"]] = [f"/v2/{name}/blobs/{each['digest']}" for each in described]
        document = {"schemaVersion": 2, "mediaType": kind, "layers": described}
        content = json.dumps(document).encode()
        return {"digest": self._put(name, "manifests", content, kind), "size": len(content), "platform": platform}

    def _put(self, name: str, kind: str, content: bytes, media: str = "application/octet-stream") -> str:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        path = f"/v2/{name}/{kind}/{digest}"
        self.contents[path] = content
        self.kinds[path] = media
        return digest


def archive(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        for name, content in files.items():
            described = tarfile.TarInfo(name)
            described.size = len(content)
            packed.addfile(described, io.BytesIO(content))
    return buffer.getvalue()
