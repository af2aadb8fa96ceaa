"""moto's server, without what takes most of its time and no test looks at."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import moto.backends
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.httpsession import URLLib3Session
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.core import responses, utils
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.server import ThreadedMotoServer
from urllib3 import HTTPHeaderDict, HTTPResponse
from werkzeug.test import run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


@contextmanager
def served() -> Iterator[str]:
    """AWS on loopback: its address."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    services = list(moto.backends.list_of_moto_modules())  # for each request, or else
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moto.backends, "list_of_moto_modules", lambda: services)
        # All of a service's operations are listed for each request, too.
        patch.setattr(responses, "method_names_from_class", cache(utils.method_names_from_class))
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # hundreds, each with a volume, in every account and region
        # Half a second of primes for a certificate, whose key nobody looks at.
        patch.setattr(rsa, "generate_private_key", cache(rsa.generate_private_key))
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        with without_sockets(url, _application()):
            yield url
        server.stop()


@cache
def _application() -> WSGIApplication:
    """One for all servers: it makes a part for each service, which takes a while."""
    application: WSGIApplication = DomainDispatcherApplication(create_backend_app)
    return application


@contextmanager
def without_sockets(url: str, application: WSGIApplication) -> Iterator[None]:
    """Calls of this process to a server as calls of its application: sockets and threads take half of their time."""
    otherwise = URLLib3Session.send

    def send(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        if not request.url.startswith(f"{url}/"):
            return otherwise(session, request)
        chunks, status, headers = run_wsgi_app(application, _environ(request))
        code = int(status.split()[0])
        body = io.BytesIO(b"".join(chunks))
        raw: Any = HTTPResponse(body, HTTPHeaderDict(headers.to_wsgi_list()), code, preload_content=False)
        answer = AWSResponse(request.url, code, raw.headers, raw)
        if not request.stream_output:
            answer.content  # noqa: B018 - read, as botocore itself does
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(URLLib3Session, "send", send)
        yield


def _environ(request: AWSPreparedRequest) -> dict[str, Any]:
    """A prepared request as PEP 3333 has it."""
    url = urlsplit(request.url)
    given: Any = request.body or b""
    given = given.read() if hasattr(given, "read") else given
    body = given.encode() if isinstance(given, str) else given
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    return {
        **headers,
        "CONTENT_TYPE": headers.get("HTTP_CONTENT_TYPE", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": url.netloc,
        "PATH_INFO": unquote(url.path, "latin-1"),
        "QUERY_STRING": url.query,
        "RAW_URI": url._replace(scheme="", netloc="").geturl(),
        "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": str(url.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.errors": sys.stderr,
        "wsgi.input": io.BytesIO(body),
        "wsgi.multiprocess": False,
        "wsgi.multithread": True,
        "wsgi.run_once": False,
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
    }
