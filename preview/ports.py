"""Ports of this machine."""

import errno
import os

_REASONS = {errno.EADDRINUSE: "something else listens there", errno.EACCES: "it is kept for root"}


def not_to_be_had(port: int, error: OSError) -> str:
    """Why nothing of ours can listen on a port."""
    number = error.errno or errno.EIO
    return f"Port {port} cannot be had: {_REASONS.get(number, os.strerror(number))}."
