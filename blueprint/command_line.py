"""What command lines of this project have in common; it loads nothing that help can do without."""

import getpass
import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from blueprint.config import Loaded

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


def loaded(overrides: list[str] | None, *, account: str | None = None, region: str | None = None) -> "Loaded":
    """The configuration as `cdk` would see it here; `account` and `region` are those it had credentials for.

    Raises:
        ConfigError: with every fault in it.
    """
    from blueprint.config import load, read_context

    return load(
        read_context(Path.cwd(), overrides or ()),
        today=date.today(),
        account=account or os.environ.get("CDK_DEFAULT_ACCOUNT"),
        region=region or os.environ.get("CDK_DEFAULT_REGION") or os.environ.get("AWS_REGION"),
    )


def secret_value() -> str:
    """One line from standard input, or from a prompt that does not show it."""
    if sys.stdin.isatty():
        return getpass.getpass("Client secret (not shown): ").strip()
    return sys.stdin.readline().strip()
