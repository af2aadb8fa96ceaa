"""The command: what it reads, and how it ends."""

import json
from collections.abc import Mapping
from typing import NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.status import Status

from blueprint.cli.checks.aws import stopped
from blueprint.cli.checks.findings import Finding
from blueprint.cli.checks.report import failed
from blueprint.cli.checks.session import Options, identity, look, world
from blueprint.cli.checks.world import World
from blueprint.cli.upgrade.plan import plan
from blueprint.cli.upgrade.readiness import CHECKS
from blueprint.cli.upgrade.schemas import Schemas
from blueprint.cli.upgrade.templates import NAMES, Both, NoTemplatesError, Template, deployed, synthesized


def show_plan(overrides: list[str] | None, options: Options) -> None:
    """Print what a deployment would change, and end with 1 where something has to be done before, or would be lost."""
    place = world(overrides, options)
    who = identity(place.workload, "workload.account")
    if who.level != "ok":
        _end(who, as_json=options.as_json)
    console = Console(stderr=True, highlight=False)
    try:
        with Status("Synthesizing …", console=console) as status:
            wanted = synthesized(overrides, options.profile)
            status.update("Reading what is deployed …")
            stacks = [_both(place, name, wanted) for name in NAMES if name != "ParentDns" or place.dns is not None]
            if not any(each.deployed for each in stacks):
                text = f"Nothing of {place.config.name} is deployed here."
                _end(
                    Finding("fault", text, "cdk deploy Hub; blueprint doctor looks at it before"),
                    as_json=options.as_json,
                )
            schemas = Schemas(place.workload)
        found = plan(stacks, schemas, look(place, CHECKS, options.seconds))
    except NoTemplatesError as error:
        _end(error.finding, as_json=options.as_json)
    except (ClientError, BotoCoreError, ValueError) as error:
        _end(stopped(error), as_json=options.as_json)
    if options.as_json:
        typer.echo(json.dumps(found.as_json(), indent=2))
    else:
        found.show(Console(highlight=False))
    if found.loses or failed(found.checks, strict=options.strict):
        raise typer.Exit(1)


def _both(place: World, name: str, wanted: Mapping[str, Template]) -> Both:
    account = place.dns if name == "ParentDns" and place.dns is not None else place.workload
    return Both(name, deployed(account, place.stack(name)), wanted.get(name))


def _end(finding: Finding, *, as_json: bool) -> NoReturn:
    typer.echo(f"{finding.text}\n  → {finding.fix}" if finding.fix else finding.text, err=True)
    if as_json:
        typer.echo(json.dumps({"faults": [finding.as_json()]}, indent=2))
    raise typer.Exit(1)
