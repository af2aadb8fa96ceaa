"""Enters the sandbox: runs a command in namespaces of its own, as their root, with nothing left when it ends."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

from rehearsal.sandbox import children, linux

FORBIDDEN: Final = "This machine does not let the rehearsal have namespaces of its own"
"""How the message begins where the kernel forbids a sandbox."""

DOOR: Final = "REHEARSAL_DOOR"
"""The variable with the descriptor of the socket that was made outside."""

_OUTSIDE: Final = "REHEARSAL_OUTSIDE"
"""The variable with the namespace of processes outside."""

_NAMESPACES: Final = (
    linux.CLONE_NEWUSER
    | linux.CLONE_NEWNS
    | linux.CLONE_NEWNET
    | linux.CLONE_NEWPID
    | linux.CLONE_NEWUTS
    | linux.CLONE_NEWIPC
)
_SETTINGS: Final = {
    "kernel.apparmor_restrict_unprivileged_userns": ("1", "0"),  # Ubuntu, since 24.04
    "kernel.unprivileged_userns_clone": ("0", "1"),  # Debian, until 10
    "user.max_user_namespaces": ("0", "10000"),
}
"""The kernel's settings that forbid users their own namespaces: the value that forbids, and one that allows."""


class ForbiddenError(Exception):
    """The kernel does not let us make namespaces; the message says what to do."""


def command(argv: Sequence[str], door: socket.socket | None = None) -> list[str]:
    """The command that runs another in the sandbox. Who starts it lets it inherit the door's socket."""
    if door is not None:
        door.set_inheritable(True)
    return [sys.executable, "-m", __name__, str(door.fileno() if door else -1), *argv]


def enter(argv: Sequence[str], door: socket.socket | None = None) -> NoReturn:
    """Become a command in the sandbox."""
    words = command(argv, door)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(words[0], words)


def door(port: int = 0) -> socket.socket:
    """A listening socket on this machine's loopback, for sandbox.Door."""
    return socket.create_server(("127.0.0.1", port))


def inside() -> bool:
    """Whether this process runs in the sandbox."""
    return DOOR in os.environ


def alone() -> bool:
    """Whether this process sees the sandbox's processes and no others, so that it may end all that it sees."""
    return os.environ.get(_OUTSIDE) not in {None, _processes()}


def _processes() -> str:
    return str(Path("/proc/self/ns/pid").readlink())


def inherited_door() -> socket.socket | None:
    """The socket that was made outside, in the sandbox."""
    number = int(os.environ[DOOR])
    return socket.socket(fileno=number) if number >= 0 else None


def _run(descriptor: int, argv: Sequence[str]) -> int:
    """Run a command as the sandbox's only one, and end with its status. The caller has one thread."""
    user, group = os.geteuid(), os.getegid()
    os.environ[_OUTSIDE] = _processes()
    try:
        linux.unshare(_NAMESPACES)
        linux.map_user(0, 0, user, group)
    except OSError as error:
        raise ForbiddenError(advice(error)) from error
    first = os.fork()  # the first process of its namespace: when it ends, the kernel ends all others
    if not first:
        os._exit(_first(descriptor, argv))
    return children.watched(first)


def _first(descriptor: int, argv: Sequence[str]) -> int:
    """The first process: prepares the place, starts the command, takes in orphans, ends with the command."""
    linux.die_with_parent(signal.SIGKILL)
    os.setsid()  # a terminal's Ctrl-C comes once, from our parent
    try:
        linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
        linux.mount("proc", "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    except OSError as error:
        print(advice(error), file=sys.stderr)
        return 1
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment[DOOR] = str(descriptor)
    main = os.fork()
    if not main:
        try:
            os.execvpe(argv[0], list(argv), environment)
        except OSError as error:
            print(f"{argv[0]}: {error.strerror}", file=sys.stderr)
            os._exit(127)
    return children.watched(main)


def advice(error: OSError) -> str:
    """What to do when namespaces are forbidden."""
    wrong = [
        f"sudo sysctl -w {name}={allows}" for name, (forbids, allows) in _SETTINGS.items() if _setting(name) == forbids
    ]
    what = f"{FORBIDDEN} ({error})."
    if wrong:
        return f"{what} Allow them: {'; '.join(wrong)}"
    return f"{what} In a container, it must be a privileged one; on Linux itself, run it as root."


def _setting(name: str) -> str:
    path = Path("/proc/sys", *name.split("."))
    return path.read_text().strip() if path.exists() else ""


if __name__ == "__main__":
    try:
        sys.exit(_run(int(sys.argv[1]), sys.argv[2:]))
    except ForbiddenError as forbidden:
        sys.exit(str(forbidden))
