"""A process that all test processes use: who comes first begins it.

It ends with its standard input, a pipe that each of them holds: nothing outlives them, even if they are killed.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from preview.lock import in_turn


@contextmanager
def shared(note: Path, command: list[str], environment: Callable[[Path], Mapping[str, str]]) -> Iterator[str]:
    """The address of a process of which a note tells the others; its environment may name a folder of its own."""
    with in_turn(note):
        folder, users = json.loads(note.read_text()) if note.exists() else ("", 0)
        if not users:
            folder = tempfile.mkdtemp()
            os.mkfifo(f"{folder}/input")
            _begin(command, Path(folder), environment(Path(folder)))
        note.write_text(json.dumps([folder, users + 1]))
        held = os.open(f"{folder}/input", os.O_WRONLY | os.O_NONBLOCK)
    try:
        yield f"{folder}/socket"
    finally:
        with in_turn(note):
            os.close(held)
            folder, users = json.loads(note.read_text())
            note.write_text(json.dumps([folder, users - 1]))
            if users == 1:
                shutil.rmtree(folder, ignore_errors=True)


def _begin(command: list[str], folder: Path, environment: Mapping[str, str]) -> None:
    standard_input = os.open(
        folder / "input", os.O_RDONLY | os.O_NONBLOCK
    )  # or it would wait for who holds the other end
    os.set_blocking(standard_input, True)
    listen(command, str(folder / "socket"), environment, standard_input)
    os.close(standard_input)


def listen(
    command: list[str], address: str, environment: Mapping[str, str], standard_input: int
) -> subprocess.Popen[bytes]:
    """Begin a process that is asked at a socket, whose number it is told."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        return subprocess.Popen(
            [*command, str(listener.fileno())],
            env=environment,
            stdin=standard_input,
            start_new_session=True,
            pass_fds=[listener.fileno()],
        )
