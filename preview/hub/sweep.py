"""Ends every process of a preview, whoever its parent is by now: `python sweep.py FOLDER`."""

import contextlib
import os
import sys
import time

import psutil  # type: ignore[import-untyped]

PATIENCE = 10


def processes(folder: str) -> list[psutil.Process]:
    """The processes that a preview has started: they, and what they start, carry its folder in their environment."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get("PREVIEW_RUN") == folder:
                found.append(process)
    return found


def sweep(folder: str) -> None:
    """Ask them to end, wait, and kill what is left."""
    for end in (psutil.Process.terminate, psutil.Process.kill):
        left = processes(folder)
        for process in left:
            with contextlib.suppress(psutil.Error):
                end(process)
        deadline = time.monotonic() + PATIENCE
        while any(map(_runs, left)) and time.monotonic() < deadline:
            time.sleep(0.02)


def _runs(process: psutil.Process) -> bool:
    """Whether it has not ended; one that has may stay for seconds, as a zombie, until somebody asks how it ended."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


if __name__ == "__main__":
    sweep(sys.argv[1])
