"""`make rehearse`: the deployment of the context of the working directory, in the sandbox."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Final, NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError
from requests import RequestException
from rich.console import Console
from rich.markup import escape

from blueprint.config import Config
from preview.browser import BrowsingError
from rehearsal import preparation
from rehearsal.charts import ChartError
from rehearsal.folder import CACHE, running
from rehearsal.golang import BuildError
from rehearsal.life.cdk import CommandError, Commands
from rehearsal.life.journal import CheckError, Journal
from rehearsal.life.steps import Life, next_minor
from rehearsal.preparation import PreparationError
from rehearsal.processes import ProcessError
from rehearsal.sandbox import entry
from rehearsal.sandbox.children import PASSED_ON
from rehearsal.sandbox.network import AWS
from rehearsal.sandbox.place import Sandbox
from rehearsal.world import World

FAULTS: Final = (
    CheckError,
    CommandError,
    BrowsingError,
    ProcessError,
    ClientError,
    BotoCoreError,
    RequestException,
    OSError,
)
"""What ends a life early, each with words for the person who rehearses."""

_WIDTH: Final = 200
_FAILURE: Final = CACHE / "last-failure"


def run(check: bool, config: Config, door: socket.socket, context: Sequence[str]) -> None:
    """Prepare what is missing, and go on in the sandbox, which the door leads into."""
    console = Console(highlight=False, emoji=False)
    minors = [config.kubernetes_version]
    if check and (following := next_minor(config.kubernetes_version)):
        minors.append(following)
    try:
        preparation.check(config)
        preparation.prepare(minors, console, scaling=config.nodes_user_scaling)
    except (PreparationError, BuildError, ChartError) as error:
        raise typer.Exit(_say(str(error))) from None
    words = [part for each in context for part in ("--context", each)]
    entry.enter([sys.executable, "-m", "rehearsal", "inside", *(["--check"] if check else []), *words], door)


def inside(check: bool, config: Config, context: Sequence[str]) -> None:
    """The rehearsal itself: the life, or a deployment to look around in until Ctrl-C."""
    console = Console(highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = _WIDTH
    prepared = preparation.Prepared(CACHE.absolute())
    entrance = entry.inherited_door()
    proxy = f"http://127.0.0.1:{entrance.getsockname()[1]}" if entrance else ""
    with running() as folder:
        end_by_signals(folder)
        logging.basicConfig(filename=folder / "rehearsal.log", level=logging.INFO)
        journal = Journal(console)
        with Sandbox(entrance) as sandbox, World(config, prepared, folder, sandbox, journal.tell) as world:
            commands = Commands(
                world.server, Path.cwd(), folder / "commands", world.region, world.trusted, journal.tell
            )
            commands.overrides += context
            life = Life(world, commands)
            well = journal.take(life.whole() if check else life.until_it_runs(), FAULTS)
            if check:
                _end(journal, world, console)
            if not well:
                _keep(folder, console)
                raise typer.Exit(1)
            if not check:
                _show_around(world, proxy, console)
                Event().wait()


def end_by_signals(folder: Path) -> None:
    """End with whatever ends the sandbox: Ctrl-C, a closed terminal."""
    for number in PASSED_ON:
        signal.signal(number, lambda number, _: _break_off(folder, number))


def _break_off(folder: Path, number: int) -> NoReturn:
    """End at once, whatever is under way: all processes of the sandbox, and the folder."""
    with contextlib.suppress(OSError):  # nobody may read it any more
        os.write(sys.stdout.fileno(), "Ending …\n".encode())
    for each in PASSED_ON:
        signal.signal(each, signal.SIG_IGN)
    if entry.alone():
        with contextlib.suppress(ProcessLookupError):  # nobody else
            os.kill(-1, signal.SIGKILL)  # all in this namespace but its first process, and this one
    # Of this process, the shell ends all other threads, which would start things again.
    os.execv("/bin/sh", ["sh", "-c", 'rm -rf "$0"; exit "$1"', str(folder), str(128 + number)])


def _say(text: str) -> int:
    print(text, file=sys.stderr)
    return 1


def _end(journal: Journal, world: World, console: Console) -> None:
    console.print(journal.table())
    console.print(world.server.recorder.report(world.accounts))


def _keep(folder: Path, console: Console) -> None:
    """Keep the logs of a life that ended early: the folder goes with the rehearsal."""
    shutil.rmtree(_FAILURE, ignore_errors=True)
    for log in folder.rglob("*.log"):
        kept = _FAILURE / log.relative_to(folder)
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(log, kept)
    console.print(f"The logs are kept in {escape(str(_FAILURE))}/.")


def _show_around(world: World, proxy: str, console: Console) -> None:
    """How a person outside gets at what runs in the sandbox: through its door, a proxy on loopback."""
    kubeconfig = world.folder / "kubeconfig"
    config = json.loads(world.plane.kubeconfig.read_text())
    for each in config["clusters"]:
        each["cluster"]["proxy-url"] = proxy
    kubeconfig.touch(mode=0o600)
    kubeconfig.write_text(json.dumps(config))
    person = world.server.credentials(world.workload_account).environment()
    region = {"AWS_REGION": world.region, "AWS_DEFAULT_REGION": world.region}
    variables = {"AWS_ENDPOINT_URL": f"http://{AWS}", "http_proxy": proxy, "no_proxy": "", **region, **person}
    browser = f"chromium --proxy-server={proxy} --user-data-dir={world.folder / 'browser'} --ignore-certificate-errors"
    for what, how in (
        ("The hub", f"{browser} {world.config.hub_url}"),
        ("", f"curl --proxy {proxy} --cacert {world.trusted} {world.config.hub_url}/hub/health"),
        ("Kubernetes", f"kubectl --kubeconfig {kubeconfig} get pods --all-namespaces"),
        ("AWS", " ".join(["env", *(f"{name}={value}" for name, value in variables.items()), "aws elbv2 …"])),
        ("Logs", str(world.folder)),
    ):
        console.print(f"[bold]{what:<12}[/bold]{escape(how)}", soft_wrap=True)
    console.print("Ctrl-C ends the rehearsal; nothing of it is left.")
