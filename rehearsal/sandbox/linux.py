"""What Python lacks of Linux's namespaces and mounts, as calls to the C library."""

from __future__ import annotations

import ctypes
import os
import platform
from pathlib import Path
from typing import Final

CLONE_NEWNS: Final = 0x00020000
CLONE_NEWUTS: Final = 0x04000000
CLONE_NEWIPC: Final = 0x08000000
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWPID: Final = 0x20000000
CLONE_NEWNET: Final = 0x40000000

MS_NOSUID: Final = 0x2
MS_NODEV: Final = 0x4
MS_NOEXEC: Final = 0x8
MS_BIND: Final = 0x1000
MS_REC: Final = 0x4000
MS_PRIVATE: Final = 0x40000

_MNT_DETACH: Final = 2
_PR_SET_PDEATHSIG: Final = 1
_AT_FDCWD: Final = -100
_AT_RECURSIVE: Final = 0x8000
_MOUNT_ATTR_RDONLY: Final = 0x1
_SYS_MOUNT_SETATTR: Final = 442  # the same on every processor: it came after the numbers were made one
_SYS_PIVOT_ROOT: Final = {"x86_64": 155, "aarch64": 41}

_libc: Final = ctypes.CDLL(None, use_errno=True)


class _MountAttributes(ctypes.Structure):
    _fields_ = [
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    ]


def unshare(flags: int) -> None:
    """Enter new namespaces; for processes, only children do. Raises OSError, as all of these do."""
    _checked(_libc.unshare(flags), "unshare")


def setns(namespace: int) -> None:
    """Enter the namespace behind a file descriptor, with the calling thread."""
    _checked(_libc.setns(namespace, 0), "setns")


def mount(source: str | Path, target: str | Path, kind: str | None = None, flags: int = 0, data: str = "") -> None:
    """Mount something."""
    arguments = [None if part is None else os.fsencode(part) for part in (source, target, kind)]
    _checked(_libc.mount(*arguments, ctypes.c_ulong(flags), data.encode() or None), f"mount on {target}")


def bind(source: str | Path, target: str | Path) -> None:
    """Let a file, or a folder and all that is mounted below it, be seen in another place, too."""
    mount(source, target, flags=MS_BIND | MS_REC)


def unmount(target: str | Path) -> None:
    """Take a mount away; who still uses it may go on."""
    _checked(_libc.umount2(os.fsencode(target), _MNT_DETACH), f"umount of {target}")


def make_read_only(target: str | Path, *, below: bool = True) -> None:
    """Let nobody write through a mount, or through those below it."""
    attributes = _MountAttributes(attr_set=_MOUNT_ATTR_RDONLY)
    result = _libc.syscall(
        *(_SYS_MOUNT_SETATTR, _AT_FDCWD, os.fsencode(target), _AT_RECURSIVE if below else 0),
        *(ctypes.byref(attributes), ctypes.c_size_t(ctypes.sizeof(attributes))),
    )
    _checked(result, f"mount_setattr of {target}")


def change_root(root: str | Path) -> None:
    """Make a mounted folder the root, and let go of the former one."""
    os.chdir(root)
    # To put the old root on the new one and to unmount it there needs no folder for it.
    _checked(_libc.syscall(_SYS_PIVOT_ROOT[platform.machine()], b".", b"."), "pivot_root")
    unmount(".")
    os.chdir("/")


def set_host_name(name: str) -> None:
    """Name the machine, as the calling process sees it."""
    encoded = name.encode()
    _checked(_libc.sethostname(encoded, len(encoded)), "sethostname")


def die_with_parent(signal: int) -> None:
    """Get a signal when the parent ends."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, signal, 0, 0, 0), "prctl")


def map_user(inside: int, group: int, outer: int, outer_group: int) -> None:
    """Give the caller, who has just entered a user namespace, a user and a group there."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{inside} {outer} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {outer_group} 1")


def _checked(result: int, what: str) -> None:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
