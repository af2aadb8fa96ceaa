"""Work that goes on beside other work; when it fails, that is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

_log = logging.getLogger(__name__)
_all: set[asyncio.Task[Any]] = set()


def background(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Begin a piece of work."""
    task = asyncio.create_task(work)
    _all.add(task)  # the loop itself would forget it
    task.add_done_callback(_ended)
    return task


def _ended(task: asyncio.Task[Any]) -> None:
    _all.discard(task)
    if not task.cancelled() and (error := task.exception()):
        _log.error("%s failed", task.get_coro(), exc_info=error)
