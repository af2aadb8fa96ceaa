"""Synthesizing a variant in this process, and the cloud assembly that comes of it."""

import contextlib
import fcntl
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint.config import Config, load
from tests.templates.graph import Graph
from tests.templates.template import Template
from tests.templates.variants import FLAGS, ROOT, Context

if TYPE_CHECKING:
    from aws_cdk import App

Build = Callable[["App", Config], object]

KEPT = ROOT / ".cache" / "assemblies"
"""What was synthesized from the sources as they are, for all workers and until they change."""

SOURCES = (
    *("app.py", "cdk.json", "profiles.yaml", "requirements-dev.txt", "blueprint", "charts"),
    *("tests/app.py", "tests/templates"),
)


@dataclass(frozen=True)
class Assembly:
    """What `cdk synth` wrote."""

    folder: Path

    @cached_property
    def artifacts(self) -> dict[str, Any]:
        """The stacks in the assembly's manifest by their ids."""
        artifacts = json.loads((self.folder / "manifest.json").read_text())["artifacts"]
        return {id: each for id, each in artifacts.items() if each["type"] == "aws:cloudformation:stack"}

    @cached_property
    def stacks(self) -> dict[str, Template]:
        """The templates by the stacks' ids."""
        return {id: Template(self.folder / each["properties"]["templateFile"]) for id, each in self.artifacts.items()}

    def stack_dependencies(self, stack: str) -> set[str]:
        """The stacks that the CDK CLI deploys before this one, and destroys after it."""
        return set(self.artifacts[stack]["dependencies"]) & self.artifacts.keys()

    def __getitem__(self, stack: str) -> Template:
        return self.stacks[stack]

    @cached_property
    def graph(self) -> Graph:
        """What waits for what in the stack of the cluster."""
        return Graph(self["Hub"])


def construct_alone(app: "App", config: Config) -> None:
    """What docs/construct.md shows to users with an app of their own."""
    from aws_cdk import Stack

    from blueprint.constructs import JupyterHub

    JupyterHub(Stack(app, "Hub"), "JupyterHub", config=config)


def made(context: Context, build: Build | None = None, *, stage: bool = False) -> Assembly:
    """A context's assembly, synthesized once from the same sources; to be read only."""

    def make(folder: Path) -> None:
        synthesize(context, folder, build, stage=stage)
        _share_assets(folder)

    return Assembly(once([build.__qualname__ if build else "blueprint", stage, context], make))


def once(asked: object, make: Callable[[Path], object]) -> Path:
    """The folder that `make` fills, once from the same sources for what is asked; to be read only."""
    now = KEPT / _sources()
    folder = now / hashlib.sha256(json.dumps(asked).encode()).hexdigest()
    _forget_older(now)
    begun = folder.with_suffix(".begun")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other worker may be making it
        if not folder.exists():
            shutil.rmtree(begun, ignore_errors=True)
            make(begun)
            begun.rename(folder)
    return folder


def synthesize(context: Context, folder: Path, build: Build | None = None, *, stage: bool = False) -> Assembly:
    """Synthesize into a folder, without CDK's own validation, which a test of its own runs.

    Assets stay where they are unless they are asked for: the kubectl layer alone is 35 MB.
    """
    from aws_cdk import App

    from blueprint.stacks import deploy

    own = {"aws:cdk:disable-asset-staging": not stage, "aws:cdk:enable-path-metadata": True}
    app = App(outdir=str(folder), context={**FLAGS, **context, **own})
    (build or deploy)(app, load(context, today=date(2026, 11, 20)).config)
    app.synth()
    return Assembly(folder)


def _share_assets(folder: Path) -> None:
    """Keep each staged file once: their names are digests of what is in them."""
    for asset in folder.glob("asset.*.*"):
        shared = folder.parent / asset.name
        with contextlib.suppress(FileExistsError):
            shared.hardlink_to(asset)
        asset.unlink()
        asset.hardlink_to(shared)


@cache
def _sources() -> str:
    """A digest of all that a synthesis reads."""
    found = hashlib.sha256(str(ROOT).encode())  # assets are told by their paths
    for source in SOURCES:
        place = ROOT / source
        for file in sorted(each for each in (place.rglob("*") if place.is_dir() else [place]) if each.is_file()):
            if "__pycache__" not in file.parts:
                found.update(f"\0{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return found.hexdigest()


@cache
def _forget_older(now: Path) -> None:
    """Delete what other sources made."""
    now.mkdir(parents=True, exist_ok=True)
    for each in KEPT.iterdir():
        if each != now:
            shutil.rmtree(each, ignore_errors=True)
