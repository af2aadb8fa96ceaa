"""Becomes the program of a container: in the pod's network, with files and a user of its own.

`python -c` runs it with a plan on standard input: it needs nothing but Python itself, and starts in a moment.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.sandbox import children, linux
from rehearsal.sandbox.mounts import Tree

_OWN = ("dev", "home", "proc", "root", "run", "tmp")
"""What a container does not share with the machine: with homes, it would see their owners' credentials."""

_PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Mount:
    """A file or folder of the machine that the container sees somewhere."""

    source: str
    path: str
    read_only: bool = False


@dataclass(frozen=True)
class Plan:
    """A container. `shown` lists what its program needs of the machine's folders for users."""

    argv: list[str]
    environment: dict[str, str]
    folder: str
    host_name: str
    network: int | None
    staging: str
    user: int = 0
    group: int = 0
    read_only_root: bool = False
    init: bool = False
    """Whether signals come through a first process such as tini."""
    shown: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    mounts: list[Mount] = field(default_factory=list)

    def encoded(self) -> bytes:
        """As the process of `command` reads it."""
        return json.dumps(asdict(self)).encode()


def command() -> list[str]:
    """What runs the plan on its standard input."""
    code = f"import sys; sys.path.insert(0, {str(_PROJECT)!r}); from {__name__} import main; main()"
    return [sys.executable, "-I", "-S", "-c", code]


def main() -> None:
    """Run the plan on standard input until its program ends, and end with its status."""
    wanted: dict[str, Any] = json.load(sys.stdin)
    plan = Plan(**{**wanted, "mounts": [Mount(**each) for each in wanted["mounts"]]})
    if plan.network is not None:
        linux.setns(plan.network)
        os.close(plan.network)
    linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWUTS | linux.CLONE_NEWIPC)
    signal.pthread_sigmask(signal.SIG_BLOCK, children.PASSED_ON)
    first = os.fork()
    if not first:
        linux.die_with_parent(signal.SIGKILL)
        try:
            _become(plan)
        except OSError as error:
            print(f"the container does not start: {error}", file=sys.stderr)
        os._exit(127)
    os._exit(children.watched(first))


def _become(plan: Plan) -> None:
    linux.set_host_name(plan.host_name)
    _files(plan)
    user, group = os.geteuid(), os.getegid()
    # Its user is no other than ours outside, and may do no more.
    linux.unshare(linux.CLONE_NEWUSER)
    linux.map_user(plan.user, plan.group, user, group)
    linux.die_with_parent(signal.SIGKILL)  # to become somebody else has undone it
    os.chdir(plan.folder)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, sys.stdin.fileno())
    if plan.init and (main := os.fork()):
        os._exit(children.watched(main))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, children.PASSED_ON)
    os.execvpe(plan.argv[0], plan.argv, plan.environment)


def _files(plan: Plan) -> None:
    """Make what the container sees, and leave the rest of the machine's files behind."""
    root = Path(plan.staging)
    tree = Tree(root)
    tree.memory("/")
    for each in Path("/").iterdir():
        if each.name in _OWN:
            continue
        if each.is_symlink():
            tree.link(each.readlink(), each)
        elif each.is_dir():
            tree.show(each, each, read_only=True)
    for name in ("home", "root", "run"):
        tree.folder(f"/{name}")
    tree.folder("/tmp", 0o1777)  # noqa: S108 - its own
    tree.folder("/proc")
    linux.mount("proc", root / "proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    tree.show(Path("/dev"), "/dev")
    tree.memory("/dev/shm", 0o1777)  # noqa: S108
    for path in plan.shown:
        tree.show(Path(path), path, read_only=True)
    tree.folder(plan.environment.get("HOME", "/"))
    tree.folder(plan.folder)
    for name, text in plan.files.items():
        tree.write(name, text)
    for mount in sorted(plan.mounts, key=lambda each: len(Path(each.path).parts)):
        tree.show(Path(mount.source), mount.path, read_only=mount.read_only)
    if plan.read_only_root:
        linux.make_read_only(root, below=False)
    linux.change_root(root)
