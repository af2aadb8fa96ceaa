"""The command: which checks there are, once or again and again."""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import typer
from rich.console import Console

from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.findings import Finding
from blueprint.cli.checks.report import as_line, failed, finish, show
from blueprint.cli.checks.session import Options, look, world
from blueprint.cli.checks.world import World
from blueprint.cli.verify import cluster, way_in

CHECKS: tuple[Check, ...] = (*way_in.CHECKS, *cluster.CHECKS)
_UNITS = {"s": 1, "m": 60, "h": 3600}
_LEAST = 10


def verify(overrides: list[str] | None, options: Options, every: str | None) -> None:
    """Look at everything and print what was found; end with 1 where something is at fault, or watch until Ctrl-C."""
    if every is None:
        found = _look(world(overrides, options), options)
        finish(found, as_json_text=options.as_json, strict=options.strict)
        return
    watch(world(overrides, options), options, interval(every))


def watch(place: World, options: Options, seconds: float, rest: Callable[[float], None] = time.sleep) -> None:
    """One round after another: what is not sound, and the numbers; ends with the last round's code."""
    found: list[Finding] = []
    try:
        while True:
            now = datetime.now(UTC)
            found = _look(replace(place, now=now), options)
            if options.as_json:
                typer.echo(as_line(found, now))
            else:
                typer.echo(f"{now:%Y-%m-%d %H:%M:%S} UTC")
                show([each for each in found if each.level != "ok"], Console(highlight=False), of=found)
            rest(seconds)
    except KeyboardInterrupt:
        raise typer.Exit(failed(found, strict=options.strict)) from None


def interval(text: str) -> float:
    """Seconds of a number and a unit, such as 5m."""
    match = re.fullmatch(r"([0-9]{1,4})([smh])", text.strip())
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    if seconds < _LEAST:
        allowed = f"a number with s, m or h, of at least {_LEAST} seconds, such as 5m"
        raise typer.BadParameter(f"{text!r} is not {allowed}", param_hint="--every")
    return seconds


def _look(place: World, options: Options) -> list[Finding]:
    return look(place, CHECKS, options.seconds, demanding=False)
