"""How a command of `users` ends where it cannot do what was asked: lines, or JSON, and an exit code."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from blueprint.cli.users.directories import BY_HAND
from blueprint.cli.users.people import ByHandError, TroubleError


@contextmanager
def ending(*, as_json: bool) -> Iterator[None]:
    """Trouble ends with 1, and what a person has to do with 3."""
    try:
        yield
    except TroubleError as error:
        for finding in error.findings:
            typer.echo(f"{finding.text}\n  → {finding.fix}", err=True)
        if as_json:
            typer.echo(json.dumps({"faults": [each.as_json() for each in error.findings]}, indent=2))
        raise typer.Exit(1) from None
    except ByHandError as error:
        if as_json:
            typer.echo(json.dumps({"by_hand": error.lines}, indent=2))
        else:
            typer.echo("\n".join(error.lines))
        raise typer.Exit(BY_HAND) from None
