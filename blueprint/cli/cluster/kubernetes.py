"""The cluster's API: objects read and changed; what is refused becomes trouble in words."""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from blueprint.cli.changing.trouble import TroubleError, trouble
from blueprint.cli.checks.connections import Line
from blueprint.cli.checks.web import Answer, WebError, ask
from blueprint.cli.checks.world import World
from blueprint.cli.cluster.access import Endpoint, endpoint, its_own, workload
from blueprint.config import Config
from blueprint.config.problems import plain

Object = dict[str, Any]

_AT_A_TIME: Final = 500
_MOST: Final = 64 << 20
_MERGE: Final = "application/merge-patch+json"
_NOT_FOUND, _CONFLICT = 404, 409


class Kubernetes:
    """The API of a cluster. All calls raise TroubleError."""

    def __init__(self, endpoint: Endpoint, config: Config) -> None:
        self._endpoint = endpoint
        self._config = config
        self._line = Line()

    def get(self, path: str) -> Object | None:
        """An object, or None where there is none."""
        answer = self._asked("GET", path)
        return None if answer.status == _NOT_FOUND else self._object(self._good(answer, "GET", path))

    def listed(self, path: str, **query: str) -> list[Object]:
        """All objects of a list; none where the cluster does not know their kind."""
        found: list[Object] = []
        more = {"limit": str(_AT_A_TIME), **query}
        while True:
            target = f"{path}?{urlencode(more)}"
            answer = self._asked("GET", target)
            if answer.status == _NOT_FOUND:
                return found
            told = self._object(self._good(answer, "GET", path))
            items = told.get("items") or []
            if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
                raise self._not_understood(path)
            found += items
            go_on = (told.get("metadata") or {}).get("continue")
            if not go_on:
                return found
            more["continue"] = go_on

    def text(self, path: str) -> str:
        """What there is at a path that is no object, such as a log."""
        return self._good(self._asked("GET", path), "GET", path).body.decode(errors="replace")

    def create(self, path: str, thing: Mapping[str, Any]) -> bool:
        """Make an object in a list; False where there is one of its name."""
        answer = self._asked("POST", path, thing)
        if answer.status == _CONFLICT:
            return False
        self._good(answer, "POST", path)
        return True

    def patch(self, path: str, change: Mapping[str, Any]) -> None:
        """Change an object."""
        self._good(self._asked("PATCH", path, change, _MERGE), "PATCH", path)

    def delete(self, path: str) -> bool:
        """Have an object deleted; False where there is none."""
        answer = self._asked("DELETE", path)
        if answer.status == _NOT_FOUND:
            return False
        self._good(answer, "DELETE", path)
        return True

    def _asked(self, method: str, path: str, body: object = None, kind: str | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {self._endpoint.token()}", "Accept": "application/json"}
        if path.endswith("/log"):
            headers["Accept"] = "*/*"
        if kind:
            headers["Content-Type"] = kind
        try:
            return ask(
                method,
                f"{self._endpoint.url}{path}",
                body,
                authorities=self._endpoint.authorities,
                alone=True,
                headers=headers,
                seconds=20,
                most=_MOST,
                line=self._line,
            )
        except WebError as error:
            raise self._not_reached(error) from None

    def _not_reached(self, error: WebError) -> TroubleError:
        text = f"The cluster's API is not reached: {error}"
        if error.untrusted:
            return trouble(text, "Something between here and EKS answers in its place: look at the network and proxies")
        if self._config.api_endpoint == "private":
            fix = "It is private (api.endpoint): run this inside the VPC, or from a network that is connected to it"
            return trouble(text, fix)
        return trouble(text, "Look at your network, and whether api.allowed.cidrs has the address that you come from")

    def _good(self, answer: Answer, method: str, path: str) -> Answer:
        """An answer that is none of the refusals."""
        if 200 <= answer.status < 300:
            return answer
        where = path.partition("?")[0]
        if answer.status == 401:
            fix = (
                "Be one of admin.roles: by a profile with that role, or with --role. "
                "Where there is none, set admin.roles and deploy: cdk deploy Hub"
            )
            raise trouble(f"The cluster does not know {self._endpoint.who}: it has no access entry.", fix)
        if answer.status == 403:
            text = f"The cluster does not let {self._endpoint.who} {method} {where}."
            raise trouble(text, "Be one of admin.roles, which administer the cluster: --role")
        if answer.status in (429, 500, 502, 503, 504):
            text = f"The cluster's API does not answer at this time ({answer.status})."
            raise trouble(text, "Try again in a minute; the same command goes on")
        raise trouble(f"The cluster refuses {method} {where}: {_message(answer)}", "Look at what it says")

    def _object(self, answer: Answer) -> Object:
        try:
            return dict(answer.json())
        except WebError:
            raise self._not_understood(answer.url) from None

    @staticmethod
    def _not_understood(where: str) -> TroubleError:
        text = f"The cluster's API gave an answer that was not understood, for {where.partition('?')[0]}."
        return trouble(text, "Try again; if it stays so, look whether a proxy answers in its place")


def kubernetes(config: Config, profile: str | None, role: str | None) -> Kubernetes:
    """The cluster of the deployment, as an operator's credentials reach it. Raises TroubleError."""
    return Kubernetes(endpoint(config, workload(config, profile), role), config)


def cluster_of(world: World) -> Kubernetes:
    """The cluster of the deployment that is looked at. Raises TroubleError."""
    return Kubernetes(endpoint(world.config, its_own(world.workload), world.role), world.config)


def _message(answer: Answer) -> str:
    try:
        told = json.loads(answer.body).get("message", "")
    except (ValueError, AttributeError, RecursionError):
        told = ""
    return plain(str(told))[:300] or str(answer.status)
