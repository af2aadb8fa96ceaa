"""Objects put into a cluster's API, and taken out of it, as its administrator."""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from rehearsal.kubernetes.control_plane import ControlPlane

Object = Mapping[str, Any]

_PLURALS: Final = {
    "CSIDriver": "csidrivers",
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "CustomResourceDefinition": "customresourcedefinitions",
    "DaemonSet": "daemonsets",
    "Deployment": "deployments",
    "PodDisruptionBudget": "poddisruptionbudgets",
    "Service": "services",
    "ServiceAccount": "serviceaccounts",
}
_TIMEOUT: Final = 30.0


class ObjectError(Exception):
    """The API server refused an object; the message is its own."""


class NotFoundError(ObjectError):
    """There is no such object."""


def apply(plane: ControlPlane, objects: Sequence[Object], owner: str) -> None:
    """Make objects, or make them what they should be, as their owner. Raises ObjectError."""
    for each in objects:
        ask(plane, "PATCH", f"{_path(each)}?fieldManager={owner}&force=true", each, "application/apply-patch+yaml")


def remove(plane: ControlPlane, objects: Sequence[Object]) -> None:
    """Take objects out, the last one first, where they are still there. Raises ObjectError."""
    for each in reversed(objects):
        with contextlib.suppress(NotFoundError):
            ask(plane, "DELETE", f"{_path(each)}?propagationPolicy=Background")


def ask(
    plane: ControlPlane, method: str, path: str, body: Object | None = None, kind: str = "application/json"
) -> dict[str, Any]:
    """What the API server answers to its administrator. Raises ObjectError."""
    context = ssl.create_default_context(cafile=str(plane.ca))
    context.load_cert_chain(plane.admin.certificate, plane.admin.key)
    connection = http.client.HTTPSConnection(urlsplit(plane.url).netloc, context=context, timeout=_TIMEOUT)
    try:
        given = None if body is None else json.dumps(body)
        connection.request(method, path, given, {} if body is None else {"Content-Type": kind})
        answer = connection.getresponse()
        said: dict[str, Any] = json.loads(answer.read())
    finally:
        connection.close()
    if answer.status >= http.client.BAD_REQUEST:
        kind_of_error = NotFoundError if answer.status == http.client.NOT_FOUND else ObjectError
        raise kind_of_error(f"{method} {path}: {said['message']}")
    return said


def _path(thing: Object) -> str:
    group = "api" if "/" not in thing["apiVersion"] else "apis"
    metadata = thing["metadata"]
    within = f"namespaces/{metadata['namespace']}/" if "namespace" in metadata else ""
    return f"/{group}/{thing['apiVersion']}/{within}{_PLURALS[thing['kind']]}/{metadata['name']}"
