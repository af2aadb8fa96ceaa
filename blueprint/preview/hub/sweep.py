"""Ends every process of a preview, whoever its parent is by now: `python sweep.py FOLDER`."""

import contextlib
import os
import sys

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
        psutil.wait_procs(left, timeout=PATIENCE)


if __name__ == "__main__":
    sweep(sys.argv[1])
