"""The life of a hub with servers on Fargate, in the sandbox: test_fargate_life.py runs this."""

from __future__ import annotations

import os
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

_HERE = Path(__file__).parent.relative_to(Path.cwd())
OVERRIDES = [
    f"singleuser.profiles={_HERE / 'profiles-without-machines.yaml'}",
    f"aws.access={_HERE / 'access-without-machines.yaml'}",
]
SCENE = {
    "Bootstrap the accounts",
    "ParentDns, in the DNS account",
    "The client secret",
    "Deploy",
    "What is there",
    "Sign in, and run code",
    "A server without a machine",
    "Tags",
    "Destroy the hub",
    "Rights",
}


def test_servers_without_machines_come_and_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    node.use()
    config = load(read_context(Path.cwd(), OVERRIDES), today=date.today()).config
    journal = Journal(Console(width=200))
    prepared = preparation.Prepared(CACHE.absolute())
    with Sandbox() as sandbox, World(config, prepared, tmp_path, sandbox, journal.tell) as world:
        commands = Commands(world.server, Path.cwd(), tmp_path / "commands", world.region, world.trusted, journal.tell)
        commands.overrides += OVERRIDES
        steps = [step for step in Life(world, commands).whole() if step.title in SCENE]
        assert {step.title for step in steps} == SCENE
        assert journal.take(steps, FAULTS)
