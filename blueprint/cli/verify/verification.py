"""The command: which checks there are, once or again and again."""

import getpass
import re
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import typer
from rich.console import Console
from rich.status import Status

from blueprint.cli.checks.examination import Check, guarded
from blueprint.cli.checks.findings import Finding
from blueprint.cli.checks.report import as_line, failed, finish, show
from blueprint.cli.checks.session import Options, look, world
from blueprint.cli.checks.world import World
from blueprint.cli.verify import cluster, pods, way_in

CHECKS: tuple[Check, ...] = (*way_in.CHECKS, *cluster.CHECKS, *pods.CHECKS)
_UNITS = {"s": 1, "m": 60, "h": 3600}
_LEAST = 10


def verify(
    overrides: list[str] | None,
    options: Options,
    every: str | None,
    *,
    probe: bool = False,
    user: str | None = None,
    idle: str | None = None,
) -> None:
    """Look at everything and print what was found; end with 1 where something is at fault, or watch until Ctrl-C."""
    if every is None:
        place = world(overrides, options)
        found = _look(place, options)
        if probe:
            found += _probe(place)
        if user is not None:
            found += _login(place, user, 0 if idle is None else interval(idle, "--idle"))
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


def interval(text: str, option: str = "--every") -> float:
    """Seconds of a number and a unit, such as 5m."""
    match = re.fullmatch(r"([0-9]{1,4})([smh])", text.strip())
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    if seconds < _LEAST:
        allowed = f"a number with s, m or h, of at least {_LEAST} seconds, such as 5m"
        raise typer.BadParameter(f"{text!r} is not {allowed}", param_hint=option)
    return seconds


def _probe(place: World) -> list[Finding]:
    """What a pod like a user's finds."""
    from blueprint.cli.verify.probe import probed

    console = Console(stderr=True, highlight=False)
    told = "Starting a pod like a user's, which looks at what it reaches; it is deleted afterwards."
    console.print(told, markup=False, soft_wrap=True)
    with Status("Waiting for what the pod finds …", console=console):
        return [each.about("network policies") for each in guarded(probed(place))]


def _login(place: World, user: str, idle: float) -> list[Finding]:
    """What a test user finds."""
    from blueprint.cli.verify.login import Login, signed_in

    console = Console(stderr=True, highlight=False)
    told = (
        f"Signing in as {user}, starting their server where none runs, running a cell, and stopping what was started."
    )
    console.print(told, markup=False, soft_wrap=True)
    login = Login(user, _password(user), idle)
    with Status("Signing in …", console=console):
        return [each.about("login") for each in guarded(signed_in(place, login))]


def _password(user: str) -> str:
    """From a prompt, or one line of standard input; never from the command line."""
    if sys.stdin and sys.stdin.isatty():
        return getpass.getpass(f"Password of {user} (not shown): ")
    line = (sys.stdin.buffer.readline() if sys.stdin else b"").decode(errors="replace").rstrip("\r\n")
    if not line:
        raise typer.BadParameter("there is no password on standard input", param_hint="--login")
    return line


def _look(place: World, options: Options) -> list[Finding]:
    return look(place, CHECKS, options.seconds, demanding=False)
