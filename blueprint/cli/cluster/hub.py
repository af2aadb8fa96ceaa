"""The hub's own API, with the token of its service for the operator, which may read who is there and no more."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from blueprint.cli.changing.trouble import TroubleError, trouble
from blueprint.cli.checks.web import WebError, get
from blueprint.cli.cluster.kubernetes import Kubernetes
from blueprint.config import Config
from blueprint.hub.names import OPERATOR
from blueprint.versions import JUPYTERHUB

_TOKEN: Final = f"hub.services.{OPERATOR}.apiToken"
_PAGES: Final = "application/jupyterhub-pagination+json"
_AT_A_TIME: Final = 200


@dataclass(frozen=True)
class Server:
    """A server as the hub knows it; times are ISO 8601, or empty."""

    name: str
    ready: bool
    pending: str
    started: str
    last_activity: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Person:
    """Somebody whom the hub knows."""

    name: str
    last_activity: str
    servers: tuple[Server, ...]


def people(config: Config, cluster: Kubernetes, *, active: bool = False) -> list[Person]:
    """Everybody whom the hub knows, or those alone who have a server. Raises TroubleError."""
    secret = cluster.get(f"/api/v1/namespaces/{JUPYTERHUB.namespace}/secrets/hub")
    token = _token(secret)
    query = {"state": "active"} if active else {}
    try:
        return [_person(each) for each in _pages(config, token, query)]
    except (KeyError, TypeError, AttributeError, ValueError):
        raise _not_understood(config) from None


def _token(secret: Mapping[str, Any] | None) -> str:
    if secret is None:
        raise trouble("The hub is not there yet.", "cdk deploy Hub")
    try:
        return base64.b64decode(secret["data"][_TOKEN], validate=True).decode("ascii")
    except (KeyError, TypeError, binascii.Error, UnicodeDecodeError):
        text = "The hub has no token for the operator yet: it was deployed before there was one."
        raise trouble(text, "cdk deploy Hub") from None


def _pages(config: Config, token: str, query: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    offset: int | None = 0
    while offset is not None:
        asked = urlencode({**query, "limit": _AT_A_TIME, "offset": offset})
        headers = {"Authorization": f"token {token}", "Accept": _PAGES}
        try:
            answer = get(f"{config.hub_url}/hub/api/users?{asked}", headers=headers, most=16 << 20)
            if answer.status in (401, 403):
                text = f"The hub does not take the operator's token ({answer.status})."
                raise trouble(text, "Wait until the hub has restarted after a deployment, or cdk deploy Hub")
            if answer.status != 200:
                text = f"The hub answers {answer.status} when it is asked who is there."
                raise trouble(text, "blueprint verify, and kubectl logs -n jupyterhub deploy/hub")
            told = answer.json()
        except WebError as error:
            raise _not_reached(config, error) from None
        items = told["items"]
        yield from items  # type: ignore[misc]
        following = told["_pagination"]["next"]  # type: ignore[index]
        offset = int(following["offset"]) if following and items else None


def _not_reached(config: Config, error: WebError) -> TroubleError:
    if config.ingress_scheme == "internal":
        return trouble(f"The hub is not reached from here: {error}", "Run it within the private network")
    return trouble(f"The hub is not reached: {error}", "blueprint verify looks why; ingress.allowed.cidrs may be it")


def _not_understood(config: Config) -> TroubleError:
    text = f"{config.hub_url} gave an answer that was not understood, when asked who is there."
    return trouble(text, "Look whether something answers in its place: blueprint verify")


def _person(told: Mapping[str, Any]) -> Person:
    servers = [_server(each) for each in (told.get("servers") or {}).values()]
    return Person(str(told["name"]), str(told.get("last_activity") or ""), tuple(servers))


def _server(told: Mapping[str, Any]) -> Server:
    return Server(
        str(told["name"] or ""),
        bool(told.get("ready")),
        str(told.get("pending") or ""),
        str(told.get("started") or ""),
        str(told.get("last_activity") or ""),
        dict(told.get("user_options") or {}),
    )
