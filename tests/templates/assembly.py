"""Synthesizing a variant in this process, and the cloud assembly that comes of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint.config import Config, load
from tests.templates.graph import Graph
from tests.templates.template import Template
from tests.templates.variants import FLAGS, Context

if TYPE_CHECKING:
    from aws_cdk import App

Build = Callable[["App", Config], object]


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
