"""What command lines of this project have in common; it loads nothing that help can do without."""

import sys
from typing import Annotated

import typer

Overrides = Annotated[
    list[str] | None,
    typer.Option("-c", "--context", metavar="KEY=VALUE", help="Override a setting, as with the CDK CLI."),
]


def command_line(help: str | None = None) -> typer.Typer:
    """A command line without commands yet; one with several has help of its own, and shows it when none is given.

    Help is plain text: to load rich would take longer than all the rest.
    """
    return typer.Typer(
        help=help,
        no_args_is_help=help is not None,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


def run(app: typer.Typer) -> None:
    """Run a command; faults of the configuration are told without a traceback."""
    try:
        app()
    except Exception as error:
        from blueprint.config import ConfigError  # loaded by now, if this is one

        if not isinstance(error, ConfigError):
            raise
        sys.exit(str(error))
