"""How a command of `users` ends where it cannot do what was asked: lines, or JSON, and an exit code."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from blueprint.cli.changing import trouble
from blueprint.cli.users.directories import BY_HAND
from blueprint.cli.users.people import ByHandError


@contextmanager
def ending(*, as_json: bool) -> Iterator[None]:
    """Trouble ends with 1, and what a person has to do with 3."""
    try:
        with trouble.ending(as_json=as_json):
            yield
    except ByHandError as error:
        if as_json:
            typer.echo(json.dumps({"by_hand": error.lines}, indent=2))
        else:
            typer.echo("\n".join(error.lines))
        raise typer.Exit(BY_HAND) from None
