"""Whether the API server serves the custom resources that are defined."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from rehearsal.kubelet.api import Kubernetes

_PATIENCE: Final = 10.0
_PAUSE: Final = 0.1
_DEFINITIONS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_NAMES: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_DISCOVERY: Final = "application/json;as=APIGroupDiscoveryList;g=apidiscovery.k8s.io;v=v2"


async def served(kubernetes: Kubernetes) -> None:
    """Return when all custom resources that are defined are served, or after ten seconds.

    On AWS, a controller's image is pulled in the meantime. One that starts before its chart's custom resources are
    served looks for them again after ten seconds only.
    """
    end = time.monotonic() + _PATIENCE
    while await _awaited(kubernetes) and time.monotonic() < end:
        await asyncio.sleep(_PAUSE)


async def _awaited(kubernetes: Kubernetes) -> set[str]:
    """The names of definitions, such as `ingresses.example.com`, of which nothing is served yet."""
    definitions = await kubernetes.get(_DEFINITIONS, _NAMES) or {}
    defined = [each["metadata"] for each in definitions.get("items") or ()]
    groups = await kubernetes.get("/apis", _DISCOVERY) or {}
    found = {
        f"{resource['resource']}.{group['metadata']['name']}"
        for group in groups.get("items") or ()
        for version in group["versions"]
        for resource in version.get("resources") or ()
    }
    return {each["name"] for each in defined if "deletionTimestamp" not in each} - found
