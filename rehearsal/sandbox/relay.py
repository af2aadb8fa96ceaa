"""Carries bytes between connections."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import struct
from collections.abc import Callable, Coroutine
from typing import Any

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]
Address = tuple[str, int]
Target = Callable[[], Address | None]
"""Where the next connection is to go, or nowhere."""

_CHUNK = 1 << 16


def quietly(serve: Serve) -> Serve:
    """Let a connection end without a word when the sandbox ends."""

    @functools.wraps(serve)
    async def serving(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()

    return serving


async def forward(address: Address, target: Target) -> asyncio.Server:
    """Listen on an address, and carry each connection on to a target."""

    @quietly
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        where = target()
        try:
            if where is None:
                raise ConnectionRefusedError
            onward = await asyncio.open_connection(*where)
        except OSError:
            refuse(writer)
            return
        await carry((reader, writer), onward)

    return await asyncio.start_server(connected, *address)


async def carry(
    one: tuple[asyncio.StreamReader, asyncio.StreamWriter], other: tuple[asyncio.StreamReader, asyncio.StreamWriter]
) -> None:
    """Carry bytes both ways until both sides have ended, or one has broken off."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_copy(one[0], other[1]))
            group.create_task(_copy(other[0], one[1]))
    except* OSError:
        refuse(one[1])
        refuse(other[1])
    finally:
        one[1].close()
        other[1].close()


def refuse(writer: asyncio.StreamWriter) -> None:
    """Break a connection off, as nobody who listens does."""
    end: socket.socket | None = writer.get_extra_info("socket")
    if end is not None:
        with contextlib.suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
    else:  # TLS ends both ways at once; half open, it would take a request to where nobody listens any more
        writer.close()
