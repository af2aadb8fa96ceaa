"""A short life in the sandbox: from the deployment to its destroy, with one step that is about some settings."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from blueprint import node
from blueprint.config import load, read_context
from rehearsal import preparation
from rehearsal.command import FAULTS
from rehearsal.life.cdk import Commands
from rehearsal.life.journal import Journal
from rehearsal.life.steps import Life
from rehearsal.sandbox.place import Sandbox
from rehearsal.world import World
from tests.rehearsal.conftest import CACHE

PREPARED = preparation.Prepared(CACHE.absolute())
AROUND = {
    "Bootstrap the accounts",
    "ParentDns, in the DNS account",
    "The client secret",
    "Deploy",
    "What is there",
    "Sign in, and run code",
    "Tags",
    "Destroy the hub",
    "Rights",
}
"""The steps that every such life has."""


def lived(step: str, overrides: Sequence[str], folder: Path) -> bool:
    """Whether a life with these settings goes well; all that it finds is printed."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        node.use()
        config = load(read_context(Path.cwd(), overrides), today=date.today()).config
        journal = Journal(Console(width=200))
        with Sandbox() as sandbox, World(config, PREPARED, folder, sandbox, journal.tell) as world:
            commands = Commands(
                world.server, Path.cwd(), folder / "commands", world.region, world.trusted, journal.tell
            )
            commands.overrides += overrides
            steps = [each for each in Life(world, commands).whole() if each.title in AROUND | {step}]
            assert {each.title for each in steps} == AROUND | {step}
            return journal.take(steps, FAULTS)
