"""What command lines of this project have in common; it loads nothing that help can do without."""

import getpass
import os
import re
import sys
from collections.abc import Callable
from datetime import date
from io import TextIOWrapper
from pathlib import Path
from subprocess import CalledProcessError
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperArgument, TyperCommand
from typer.models import CommandFunctionType

if TYPE_CHECKING:
    from blueprint.config import Loaded

Overrides = Annotated[
    list[str] | None,
    typer.Option("-c", "--context", metavar="KEY=VALUE", help="Override a setting, as with the CDK CLI."),
]


def as_port(given: object) -> int:
    """A port of this machine, from the command line."""
    if not re.fullmatch("[0-9]{1,5}", str(given)) or int(str(given)) > 65535:
        from blueprint.config.problems import shown

        raise typer.BadParameter(f"{shown(given)} is no port: take a whole number up to 65535, or 0 for any free one")
    return int(str(given))


class _Argument(TyperArgument):
    """An argument as manuals write it: HOME, and not {HOME}, or HOME <str>."""

    def get_usage_pieces(self, ctx: Any) -> list[str]:
        return [self.display_name_raw]

    def display_type_rich(self, ctx: Any) -> str | None:
        return None


class _Command(TyperCommand):
    """A command, whose arguments typer makes of its own class."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for each in self.params:
            if isinstance(each, TyperArgument):
                each.__class__ = _Argument


class _CommandLine(typer.Typer):
    def command(self, name: str | None = None, **named: Any) -> Callable[[CommandFunctionType], CommandFunctionType]:
        return super().command(name, **{"cls": _Command, **named})


def command_line(help: str | None = None) -> typer.Typer:
    """A command line without commands yet; one with several has help of its own, and shows it when none is given.

    Help is plain text: to load rich would take longer than all the rest.
    """
    return _CommandLine(
        help=help,
        no_args_is_help=help is not None,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


def run(app: typer.Typer) -> None:
    """Run a command; faults of the configuration, and of the machine, are told without a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # it may be closed
            stream.reconfigure(errors="backslashreplace")  # a terminal may not have all our signs
    try:
        app()
    except OSError as error:  # a folder that nobody may write to, a full disk
        sys.exit(f"{error.filename or 'This machine'}: {error.strerror or error}")
    except CalledProcessError as error:  # which has said why itself
        sys.exit(f"{' '.join(map(str, error.cmd[:4]))} … failed, as it says above.")
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


def setting_of_the_cdk(overrides: list[str] | None, key: str) -> str | None:
    """What context holds under one of the CDK's own keys; None where that is no text."""
    from blueprint.config import read_context

    value = read_context(Path.cwd(), overrides or ()).get(key)
    return value if isinstance(value, str) and value else None


def of_aws(error: Exception) -> str:
    """Why AWS could not be asked, or what it refuses; ValueErrors come of variables and files that nobody checked."""
    if isinstance(error, ValueError):
        return "one of the variables AWS_… or of the settings in ~/.aws/config is not of the form that it should be"
    return str(error).rstrip(".")


def secret_value() -> str:
    """One line from standard input, or from a prompt that does not show it. Ends where there is none."""
    if sys.stdin and sys.stdin.isatty():
        value = getpass.getpass("Client secret (not shown): ")
    else:
        line = sys.stdin.buffer.readline() if sys.stdin else b""
        try:
            value = line.decode("utf-8-sig")
        except UnicodeDecodeError:
            sys.exit("What was given as client secret is no text in UTF-8, so it was not taken.")
    if not value.strip():
        sys.exit("No client secret was given: type it when asked, or hand it over on standard input.")
    if not value.strip().isprintable():
        sys.exit("The client secret has signs in it that nobody sees, so it was not taken: copy it anew.")
    return value.strip()
