"""The folders of a rehearsal: what it keeps; and keys, secrets and data that nobody else may read, and go with it."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

CACHE: Final = Path(".cache/rehearsal")
"""What rehearsals have built and fetched, in the working directory."""

CHARTS: Final = Path(".cache/charts")
"""Where a person may put charts, and where those from repositories are kept."""

_PREFIX: Final = "rehearsal-"
_LOCK: Final = "lock"


@contextmanager
def running() -> Iterator[Path]:
    """A folder of this process. Those of rehearsals that were killed are removed first."""
    _sweep(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as name, Path(name, "making").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Path(lock.name).rename(Path(name, _LOCK)).parent


def _sweep(where: Path) -> None:
    """Remove our folders whose lock nobody holds: the kernel lets go of it when a process ends, however it ends."""
    for folder in where.glob(f"{_PREFIX}*"):
        try:
            if folder.lstat().st_uid != os.geteuid():
                continue
            with (folder / _LOCK).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # it runs, or is none of ours
            continue
