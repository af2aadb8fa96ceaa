"""`python -m rehearsal`: the rehearsal (`make rehearse`), what it is built of, and its AWS by itself."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import rehearsal
from blueprint import command_line
from blueprint.command_line import Overrides, as_port
from rehearsal.folder import CACHE, CHARTS

if TYPE_CHECKING:
    from blueprint.config import Config

app = command_line.command_line("Rehearse the deployment on this machine.")
Cache = Annotated[Path, typer.Option(metavar="FOLDER", help="What is fetched and built once.")]


@contextmanager
def development_packages() -> Iterator[None]:
    """Import what the rehearsal needs beyond `requirements.txt`, or say how to install it."""
    try:
        yield
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] in ("blueprint", "preview", rehearsal.__name__):
            raise
        sys.exit(
            f"The rehearsal needs packages that `make synth` does not install: {missing.name} is missing. "
            "Install them with `make .venv/test`; `make rehearse` does so itself."
        )


@app.command()
def run(
    check: Annotated[
        bool, typer.Option("--check", help="Live the deployment's whole life, and end with a table.")
    ] = False,
    port: Annotated[
        int,
        typer.Option(parser=as_port, metavar="PORT", help="Of the proxy on loopback that leads in; 0 is any free one."),
    ] = 0,
    context: Overrides = None,
) -> None:
    """Deploy the settings of this folder on this machine.

    Then look around until Ctrl-C, or have its whole life checked. All of it runs in a sandbox. What it needs is fetched
    at the first time, or built where it cannot be fetched, which takes longer. `make rehearse ARGS=…` runs it, too.

    \b
    For example:
      python -m rehearsal run
      python -m rehearsal run --check -c kubernetes.version=1.34
    """
    config, door = _config(context), _door(port)
    with development_packages():
        from rehearsal import command

    command.run(check, config, door, context or [])


@app.command(hidden=True)
def inside(check: Annotated[bool, typer.Option("--check")] = False, context: Overrides = None) -> None:
    """Go on with `run` in the sandbox."""
    from rehearsal import command

    command.inside(check, _config(context), context or [])


@app.command()
def build(
    minor: Annotated[str, typer.Argument(metavar="[MINOR]", help="The minor of Kubernetes.")] = "1.35",
    cache: Cache = CACHE,
    karpenter: Annotated[bool, typer.Option("--karpenter", help="And all that a hub with Karpenter runs.")] = False,
) -> None:
    """Fetch or build the Kubernetes that the rehearsal runs.

    And fetch the modules of Lambda's Node runtime. `run` does both when it needs them.

    \b
    For example:
      python -m rehearsal build 1.36
      python -m rehearsal build --karpenter
    """
    with development_packages():
        from rehearsal import parts

    parts.build(minor, cache, karpenter=karpenter)


@app.command()
def serve(
    account: Annotated[
        list[str], typer.Argument(metavar="ACCOUNT...", help="The ids of the AWS accounts to give credentials for.")
    ],
    region: Annotated[str, typer.Option(metavar="REGION", help="The region of their credentials.")] = "eu-central-1",
    charts: Annotated[Path, typer.Option(metavar="FOLDER", help="Charts that Helm is to take from here.")] = CHARTS,
    cache: Cache = CACHE,
) -> None:
    """Run the stand-in for AWS until Ctrl-C.

    Its state is gone afterwards.

    \b
    For example:
      python -m rehearsal serve 111122223333 444455556666
    """
    _check(account, region)
    with development_packages():
        from rehearsal import parts

    parts.serve(account, region, charts, cache)


# What was asked for is looked at before all that the rehearsal is made of is loaded, which takes seconds.


def _config(context: Sequence[str] | None) -> Config:
    from blueprint.config import load, read_context

    return load(read_context(Path.cwd(), context or ()), today=date.today()).config


def _door(port: int) -> socket.socket:
    """The socket of the way in."""
    from rehearsal.sandbox import entry

    try:
        return entry.door(port)
    except OSError as error:
        from preview.ports import not_to_be_had

        others = 'Leave --port out for any free one, or take another: make rehearse ARGS="--port 8001".'
        sys.exit(f"{not_to_be_had(port, error)} {others}")


def _check(accounts: Sequence[str], region: str) -> None:
    """Raise ConfigError for accounts and a region that are none."""
    from blueprint.config import ConfigError, Problem
    from blueprint.config.facts.regions import REGIONS
    from blueprint.config.problems import shown
    from blueprint.config.types.patterns import ACCOUNT

    problems = [
        Problem("ACCOUNT", shown(each), "the ids of AWS accounts: 12 digits", "for example 111122223333 444455556666")
        for each in accounts
        if not re.fullmatch(ACCOUNT, each)
    ]
    if region not in REGIONS:
        problems.append(Problem("--region", shown(region), "a region that has EKS", "for example --region eu-west-1"))
    if problems:
        raise ConfigError(problems)


if __name__ == "__main__":
    command_line.run(app)
