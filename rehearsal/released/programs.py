"""Keeps released programs in the cache: all of a release, or nothing of it."""

from __future__ import annotations

import hashlib
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Final

from rehearsal.released.images import Release
from rehearsal.released.registry import Pull, RegistryError

Received = Callable[[int], None]
"""Told how many bytes have come."""

_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}


def installed(release: Release, cache: Path) -> Path | None:
    """The folder of a release's programs, if the cache has it."""
    folder = _folder(release, cache)
    return folder if folder.exists() else None


def fetch(release: Release, cache: Path, received: Received = lambda count: None, stopped: Event | None = None) -> Path:
    """The folder of a release's programs: the one in the cache, or else what registries give now.

    Raises RegistryError, and leaves nothing then.
    """
    folder = _folder(release, cache)
    if folder.exists():
        return folder
    architecture = _ARCHITECTURES.get(platform.machine())
    if architecture is None:
        raise RegistryError(f"nothing is released for {platform.machine()}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="fetching-") as name:
            made = Path(name, "programs")
            made.mkdir()
            for program, image in release.images.items():
                Pull(image, received, stopped).program(architecture, made / program)
            made.rename(folder)
    except OSError as error:
        if not folder.exists():  # another rehearsal was faster
            raise RegistryError(f"it cannot be kept: {error.strerror or error}") from error
    return folder


def _folder(release: Release, cache: Path) -> Path:
    pinned = sorted((name, each.digest, each.path) for name, each in release.images.items())
    recipe = hashlib.sha256(repr((platform.machine(), pinned)).encode()).hexdigest()[:12]
    return cache / "released" / f"{release.name}-{release.version}-{recipe}"
