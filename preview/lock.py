"""One at a time in a folder: a second preview, or installation, would take away what the first has there."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


class OccupiedError(Exception):
    """Another preview runs in the folder; the text says where it is found, and what to do."""


@contextmanager
def only_one(folder: Path) -> Iterator[TextIO]:
    """Keep other previews out of a folder. What is written to the file, they tell of this one.

    Raises:
        OccupiedError: where another one runs there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            where = lock.read() or "it has no address yet"
            raise OccupiedError(
                f"Another preview runs in this folder: {where}. End it with Ctrl-C where it was started, or start this "
                'one in another copy of the folder, with a port of its own: make preview ARGS="--port 8001".'
            ) from None
        lock.truncate(0)
        yield lock
        lock.truncate(0)


@contextmanager
def in_turn(folder: Path) -> Iterator[None]:
    """Wait for whoever makes a folder now."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.making").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
