"""What keeps a command from going on, in words, and how the command then ends."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import typer
from botocore.exceptions import BotoCoreError, ClientError

from blueprint.cli.checks.aws import code, denied, stopped
from blueprint.cli.checks.findings import Finding, fault


class TroubleError(Exception):
    """What keeps a command from going on: lines, each with what to do."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__(*findings)
        self.findings = findings


def trouble(text: str, fix: str) -> TroubleError:
    """A single line of it."""
    return TroubleError(fault(text, fix))


@contextmanager
def aws_calls(rights: str, fixes: Mapping[str, str] | None = None, last: str = "Try again") -> Iterator[None]:
    """What AWS refuses, or answers as nobody documents, becomes trouble in words.

    `rights` says where the rights are listed that are needed, `fixes` what to do by AWS's own words, `last` where
    there is nothing better to say.
    """
    try:
        yield
    except ClientError as error:
        if denied(error) or code(error) == "NotAuthorizedException":
            raise trouble(f"These credentials may not call {error.operation_name}.", rights) from None
        found = stopped(error)
        raise trouble(found.text, found.fix or (fixes or {}).get(code(error), last)) from None
    except (BotoCoreError, ValueError) as error:
        found = stopped(error)
        raise trouble(found.text, found.fix or last) from None
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        text = f"An answer of AWS was not understood ({type(error).__name__})."
        raise trouble(text, "Try again; if it stays so, report it") from None


@contextmanager
def ending(*, as_json: bool) -> Iterator[None]:
    """Trouble ends with 1, after its lines."""
    try:
        yield
    except TroubleError as error:
        for finding in error.findings:
            typer.echo(f"{finding.text}\n  → {finding.fix}", err=True)
        if as_json:
            typer.echo(json.dumps({"faults": [each.as_json() for each in error.findings]}, indent=2))
        raise typer.Exit(1) from None
