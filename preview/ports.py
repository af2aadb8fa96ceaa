"""Ports of this machine."""

import errno
import os
import random
import socket
from contextlib import ExitStack, suppress

_FREE = range(10_000, 30_000)
_REASONS = {errno.EADDRINUSE: "something else listens there", errno.EACCES: "it is kept for root"}


def not_to_be_had(port: int, error: OSError) -> str:
    """Why nothing of ours can listen on a port."""
    number = error.errno or errno.EIO
    return f"Port {port} cannot be had: {_REASONS.get(number, os.strerror(number))}."


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nothing listens on.

    They are below those that systems give to whoever asks for any, for connections, too (Linux from 32768 on): of those
    one may be somebody else's before a program has begun to listen on it.
    """
    found: list[int] = []
    with ExitStack() as stack:
        for number in random.sample(_FREE, len(_FREE)):
            probe = stack.enter_context(socket.socket())
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", number))
                found.append(number)
            if len(found) == count:
                return found
    raise OSError(errno.EADDRINUSE, f"nothing is free between {_FREE.start} and {_FREE.stop}")


def free_port() -> int:
    """One of them."""
    return free_ports(1)[0]
