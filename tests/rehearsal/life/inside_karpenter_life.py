"""The life of a hub whose machines Karpenter makes, in the sandbox: test_karpenter_life.py runs this."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from blueprint import node
from blueprint.config import load, read_context
from blueprint.versions import charts as charts_of
from rehearsal import charts, preparation
from rehearsal.command import FAULTS
from rehearsal.folder import CHARTS
from rehearsal.life.cdk import Commands
from rehearsal.life.journal import Journal
from rehearsal.life.steps import Life
from rehearsal.sandbox.place import Sandbox
from rehearsal.world import World
from tests.rehearsal.conftest import CACHE

OVERRIDES = ["nodes.user.scaling=karpenter", 'nodes.user.instance.types=["m7i.large", "m7i.2xlarge"]']
SCENE = {
    "Bootstrap the accounts",
    "ParentDns, in the DNS account",
    "The client secret",
    "Deploy",
    "What is there",
    "Sign in, and run code",
    "Machines that come and go",
    "Tags",
    "Destroy the hub",
    "Rights",
}


def test_machines_come_and_go_and_none_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    node.use()
    context: dict[str, Any] = read_context(Path.cwd(), OVERRIDES)
    config = load(context, today=date.today()).config
    journal = Journal(Console(width=200))
    prepared = preparation.Prepared(CACHE.absolute())
    lacking = [each for each in charts_of("karpenter") if not charts.archive(prepared.charts, each).exists()]
    charts.fetch(prepared.charts, CHARTS.absolute(), prepared.cache, charts=lacking)
    with Sandbox() as sandbox, World(config, prepared, tmp_path, sandbox, journal.tell) as world:
        commands = Commands(world.server, Path.cwd(), tmp_path / "commands", world.region, world.trusted, journal.tell)
        commands.overrides += OVERRIDES
        steps = [step for step in Life(world, commands).whole() if step.title in SCENE]
        assert {step.title for step in steps} == SCENE
        assert journal.take(steps, FAULTS)
