"""A controller's program: as released, or built in a copy of its module, whose own go.mod and go.sum hold then."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path
from typing import Final

from rehearsal import released
from rehearsal.controllers.recipes import Controller
from rehearsal.golang import BuildError, Go, Progress

SOURCES: Final = Path(__file__).with_name("sources")
_FLAGS = ("-trimpath", "-ldflags", "-s -w")


def installed(controller: Controller, cache: Path) -> Path | None:
    """A controller's program in the cache: the released one, or the one that was built."""
    release, built = released.CONTROLLERS.get(controller.name), program(controller, cache)
    if release and (folder := released.installed(release, cache)):
        return folder / controller.name
    return built if built.exists() else None


def program(controller: Controller, cache: Path) -> Path:
    """Where a controller's program lies in the cache, when it is built."""
    digest = hashlib.sha256(repr((controller, _FLAGS)).encode())
    for name in controller.sources.values():
        digest.update((SOURCES / name).read_bytes())
    return cache / "controllers" / f"{controller.name}-{controller.release}-{digest.hexdigest()[:12]}"


def build(controller: Controller, cache: Path, progress: Progress = lambda what, done, total: None) -> Path:
    """A controller's program: the one in the cache, or else built now, which takes minutes. Raises BuildError."""
    if found := installed(controller, cache):
        return found
    built, go = program(controller, cache), Go(f"{controller.name} {controller.release}")
    go.build(built, lambda folder: _prepare(go, folder, controller), progress, package=controller.package, flags=_FLAGS)
    return built


def _prepare(go: Go, folder: Path, controller: Controller) -> Path:
    fetched = go.download(controller.module, folder)
    with zipfile.ZipFile(fetched["Zip"]) as archive:
        archive.extractall(folder)
    module = folder / f"{controller.module.path}@{controller.module.version}"
    for replaced, source in controller.sources.items():
        shutil.copyfile(SOURCES / source, module / replaced)
    for name, (old, new) in controller.edits.items():
        text = (module / name).read_text()
        if text.count(old) != 1:
            raise BuildError(f"{controller.name} {controller.release} has not one {old} in {name}.")
        (module / name).write_text(text.replace(old, new))
    for required in controller.requirements:
        with (module / "go.sum").open("a") as sums:
            sums.write(required.go_sum)
        go.output("mod", "edit", f"-require={required.path}@{required.version}", folder=module)
    return module
