"""Whether a container is there, as its probes say."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from rehearsal.kubelet.api import Object

FIRST_PERIOD: Final = 0.2
"""Seconds between probes until one has succeeded: nobody rehearses waiting."""


def check(container: Object) -> None:
    """Raises ValueError where a container has a probe or hook that the stand-in does not know."""
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        probe = container.get(name)
        if probe and not ("httpGet" in probe or "tcpSocket" in probe):
            raise ValueError(f"the stand-in knows no {name} like {probe}")
    if container.get("lifecycle"):
        raise ValueError(f"the stand-in knows no hooks: {container['lifecycle']}")


async def succeeds(probe: Mapping[str, Any], container: Object, address: str) -> bool:
    """Whether a probe succeeds now."""
    seconds = probe.get("timeoutSeconds", 1)
    if get := probe.get("httpGet"):
        host = get.get("host") or address
        url = f"{get.get('scheme', 'HTTP').lower()}://{host}:{_port(get['port'], container)}{get.get('path', '/')}"
        headers = {each["name"]: each["value"] for each in get.get("httpHeaders", ())}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=seconds)) as session,
                session.get(url, headers=headers, ssl=False, allow_redirects=False) as answer,
            ):
                return answer.status < 400
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
    try:
        target = probe["tcpSocket"]
        where = target.get("host") or address, _port(target["port"], container)
        _, writer = await asyncio.wait_for(asyncio.open_connection(*where), seconds)
    except (TimeoutError, OSError):
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


def _port(port: int | str, container: Object) -> int:
    if isinstance(port, int) or port.isdigit():
        return int(port)
    return int(next(each["containerPort"] for each in container.get("ports", ()) if each.get("name") == port))
