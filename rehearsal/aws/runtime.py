"""The Node modules that Lambda's own runtime carries, installed when they are first needed."""

from __future__ import annotations

import hashlib
import shutil
import sysconfig
from pathlib import Path

import packages
from preview.lock import in_turn

_LOCKED = Path(__file__).with_name("lambda_runtime")


def modules(cache: Path) -> Path:
    """Where the modules lie in a cache, when they are installed."""
    lock = hashlib.sha256((_LOCKED / "package-lock.json").read_bytes()).hexdigest()[:12]
    return cache / f"lambda-runtime-{lock}" / "node_modules"


def install(cache: Path) -> Path:
    """The folder of the modules, which npm fills at the first time. Raises CalledProcessError."""
    target = modules(cache)
    with in_turn(target.parent):
        if not target.exists():
            building = target.parent.with_suffix(".part")
            shutil.rmtree(building, ignore_errors=True)
            building.mkdir(parents=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(_LOCKED / name, building)
            packages.install_node(Path(sysconfig.get_path("scripts")), building)
            building.rename(target.parent)
    return target
