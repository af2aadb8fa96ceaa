"""The internet on loopback: a proxy that leads to sites of the tests, each with a certificate of their authority.

Who asks `https://login.example.com` by it speaks TLS with the site of that name, as if it were in the world.
"""

import json
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Reply(NamedTuple):
    """What a site answers: an object or a list as JSON, text as it is; nothing at all where the status is 0."""

    body: object = ""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


Site = Callable[[str], Reply]
"""From a path with its query to the answer."""


class Asked(NamedTuple):
    """A request to a site that looks at more than the path."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Api:
    """A site that is asked in every way."""

    def answer(self, asked: Asked) -> Reply:
        """What it says."""
        raise NotImplementedError


class Pem(NamedTuple):
    """A certificate and its private key."""

    certificate: bytes
    key: bytes


class Authority:
    """Signs the certificates of the sites."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._contexts: dict[tuple[str, float, bool], ssl.SSLContext] = {}
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("authority of the tests")
        self.file = folder / "authority.pem"
        certificate = _signed(self._name, self._name, self._key.public_key(), self._key, days=30, ca=True)
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def pem(self, host: str, *, days: float, trusted: bool = True) -> Pem:
        """A certificate for a host and its key; `days` are those until it ends."""
        key = ec.generate_private_key(ec.SECP256R1())
        signer = self._key if trusted else ec.generate_private_key(ec.SECP256R1())
        certificate = _signed(_name(host), self._name, key.public_key(), signer, days=days, host=host)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return Pem(certificate.public_bytes(serialization.Encoding.PEM), private)

    def context(self, host: str, *, days: float = 90, trusted: bool = True) -> ssl.SSLContext:
        """What a server of a host needs; made once for each kind of certificate."""
        if (host, days, trusted) not in self._contexts:
            self._contexts[host, days, trusted] = self._context(host, days, trusted)
        return self._contexts[host, days, trusted]

    def _context(self, host: str, days: float, trusted: bool) -> ssl.SSLContext:
        pem = self.pem(host, days=days, trusted=trusted)
        file = self._folder / f"{host}.pem"
        file.write_bytes(pem.key + pem.certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


class Internet:
    """The sites by name, and the way to them; `environment` leads a process there."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.sites: dict[str, Site | Api] = {}
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._server = _Server(("127.0.0.1", 0), _Connection)
        self._server.internet = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        proxy = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.environment = {
            **dict.fromkeys(("https_proxy", "http_proxy", "HTTPS_PROXY", "HTTP_PROXY"), proxy),
            **dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1,localhost"),
            "SSL_CERT_FILE": str(self.authority.file),
        }

    def put(self, host: str, site: Site | Api, *, days: float = 90, trusted: bool = True, named: str = "") -> None:
        """A site, with a certificate for its host or for another name."""
        self.sites[host] = site
        self._contexts[host] = self.authority.context(named or host, days=days, trusted=trusted)

    def context(self, host: str) -> ssl.SSLContext | None:
        """The TLS of a site; None where there is no such site."""
        return self._contexts.get(host)

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    internet: Internet


class _Connection(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        method, target, _ = self.rfile.readline().split()
        if method != b"CONNECT":
            self._plain(target.decode())
            return
        while self.rfile.readline().strip():
            pass
        host = target.decode().rpartition(":")[0]
        context = self.server.internet.context(host)
        if context is None:
            self.wfile.write(b"HTTP/1.1 502 No such site\r\n\r\n")
            return
        self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        try:
            with context.wrap_socket(self.connection, server_side=True) as secure:
                _Page(secure, host, self.server)
        except OSError:  # who asks does not like the certificate
            pass

    def _plain(self, url: str) -> None:
        """What is asked for by http: a site knows it by its whole address."""
        site = self.server.internet.sites.get(urlsplit(url).hostname or "")
        reply = site(url) if site and not isinstance(site, Api) else Reply("", 502)
        lines = [f"HTTP/1.1 {reply.status} Told", *(f"{name}: {value}" for name, value in reply.headers)]
        self.wfile.write("\r\n".join([*lines, "Content-Length: 0", "", ""]).encode())


class _Page(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        found = self.server.internet.sites[str(self.client_address)]
        if isinstance(found, Api):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = found.answer(Asked(self.command, self.path, dict(self.headers.items()), body))
        else:
            reply = found(self.path)
        if not reply.status:
            return
        text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
        self.send_response(reply.status)
        for name, value in (*reply.headers, ("Content-Length", str(len(text.encode())))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names that http.server calls

    def log_message(self, format: str, *args: object) -> None:
        pass


def site(by_path: dict[str, object]) -> Site:
    """A site with an answer for each path, whatever the query, and 404 for others; what is no reply is its body."""

    def answer(target: str) -> Reply:
        found = by_path.get(target) or by_path.get(urlsplit(target).path, Reply("no such page", 404))
        return found if isinstance(found, Reply) else Reply(found)

    return answer


@pytest.fixture
def internet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    made = Internet(tmp_path_factory.mktemp("internet"))
    yield made
    made.close()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    days: float,
    ca: bool = False,
    host: str = "",
) -> x509.Certificate:
    now = datetime.now(UTC)
    end = now + timedelta(days=days)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, end) - timedelta(days=1))
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(_usage(ca), critical=True)
    )
    if host:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _usage(ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
