from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto.core.exceptions import ServiceException

from tests.handlers.cloud import DNS, REGION, create_zone, route53
from tests.moto_server import served

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client

Refuse = Callable[..., None]


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with served() as url:
        yield url


@pytest.fixture(scope="session")
def handlers_session() -> tuple[boto3.Session, list[str]]:
    """The session that the handlers' clients come from, and the API operations that these call."""
    calls: list[str] = []
    session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "nobody's", region_name=REGION)

    def remember(model: Any, **_: Any) -> None:
        calls.append(f"{model.service_model.service_id.lower().replace(' ', '')}:{model.name}")

    session.events.register("before-call", remember)
    return session, calls


@pytest.fixture
def calls(handlers_session: tuple[boto3.Session, list[str]]) -> list[str]:
    return handlers_session[1]


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch, server: str, handlers_session: tuple[boto3.Session, list[str]]) -> None:
    """An empty AWS on loopback. No configuration or credentials of the machine are read."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", handlers_session[0])
    handlers_session[1].clear()
    urllib.request.urlopen(urllib.request.Request(f"{server}/moto-api/reset", method="POST")).close()


@pytest.fixture
def dns() -> Route53Client:
    return route53(DNS)


@pytest.fixture
def zone(dns: Route53Client) -> str:
    """The subzone in the DNS account."""
    return create_zone(dns, "hub.example.org")


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Refuse:
    """Let an operation of moto's fail with an error of AWS's, always or so many times."""

    def patch(backend: type, method: str, code: str, times: int = 10**6) -> None:
        answer = getattr(backend, method)
        # moto looks up the service by the module of the error.
        error = type("Refused", (ServiceException,), {"__module__": backend.__module__})
        left = [times]

        def refused(*args: Any, **kwargs: Any) -> Any:
            if left[0] == 0:
                return answer(*args, **kwargs)
            left[0] -= 1
            raise error(code, f"moto was told to refuse {method}")

        monkeypatch.setattr(backend, method, refused)

    return patch
