"""`python -m blueprint.cli`: the operator's commands."""

import sys

import typer

from blueprint.cli import homes, secret, summary
from blueprint.config import ConfigError

app = typer.Typer(
    help="Commands for those who run the hub.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
# `make synth` hands it what it hands the CDK CLI, whose other options mean nothing here.
app.command("summary", context_settings={"ignore_unknown_options": True, "allow_extra_args": True})(summary.command)
app.command("secret")(secret.command)
app.command("homes")(homes.command)


def main() -> None:
    """Run a command; faults of the configuration are told without a traceback."""
    try:
        app()
    except ConfigError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
