"""The command: what is asked, what that costs, and how it ends where there is no answer."""

import json
from datetime import UTC, datetime
from typing import NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.status import Status

from blueprint.cli.checks.aws import Account, stopped
from blueprint.cli.checks.findings import Finding, unknown
from blueprint.cli.checks.session import identity
from blueprint.cli.cost.actual import audit
from blueprint.cli.cost.actual.explorer import PRICE, NoBillError, bill
from blueprint.cli.cost.actual.month import Month, month
from blueprint.cli.cost.actual.report import ActualReport, reckoned
from blueprint.cli.cost.actual.shares import shares
from blueprint.cli.cost.options import Options
from blueprint.config import Config
from blueprint.config.costs.load import Load
from blueprint.config.types.profiles import Size


def actual(config: Config, load: Load, size: Size, options: Options, *, on_fargate: bool) -> None:
    """Print what a month cost, and draw it where a picture is asked for."""
    assert options.actual is not None
    now = datetime.now(UTC)
    wanted = month(options.actual.month, now.date())
    account = Account("workload account", config.workload_account, config.workload_region, options.profile)
    console = Console(stderr=True, highlight=False)
    who = identity(account, "workload.account")
    if who.level != "ok":
        _end(who, as_json=options.as_json)
    console.print(
        f"Asking Cost Explorer, at {PRICE} US dollars a request: mostly one, and one more where there is no answer.",
        soft_wrap=True,
    )
    try:
        with Status("Asking Cost Explorer …", console=console):
            found = bill(account, config.name, wanted)
    except NoBillError as error:
        _end(error.finding, as_json=options.as_json)
    except (ClientError, BotoCoreError, ValueError) as error:
        _end(stopped(error), as_json=options.as_json)
    except (LookupError, TypeError, AttributeError):
        _end(
            unknown("Cost Explorer's answer was not understood.", "Try again; if it stays so, report it"),
            as_json=options.as_json,
        )
    runs, told = _runs(account, config, wanted, now, console) if options.actual.by_person else (None, "")
    report = ActualReport(
        config.name,
        wanted,
        found,
        None if runs is None else shares(runs, found.used),
        reckoned(config, load, size, wanted, runs, on_fargate=on_fargate),
        told,
    )
    if options.svg:
        from blueprint.cli.cost.actual.picture import picture

        options.svg.write_text(picture(report), encoding="utf-8")
    if options.as_json:
        typer.echo(json.dumps(report.as_json(), indent=2))
    else:
        report.show(Console(highlight=False))


def _runs(
    account: Account, config: Config, wanted: Month, now: datetime, console: Console
) -> tuple[list[audit.Run] | None, str]:
    """Whose servers ran; or else nothing, and why."""
    if wanted.ends < now - audit.KEPT:
        return None, f"Not shared by people: the cluster's audit log is kept for {audit.KEPT.days} days."
    try:
        price = audit.read_price(account, config.name, 31 / audit.KEPT.days)
        if price is not None:
            text = f"Reading the cluster's audit log, at {audit.GB_PRICE} US dollars a GB: about {price:.2f} in all."
            console.print(text, soft_wrap=True)
        with Status("Reading the audit log …", console=console) as status:
            ends = min(wanted.ends, now.replace(microsecond=0))
            found = audit.runs(account, config.name, wanted.begins, ends, status.update)
    except audit.NoLogError as error:
        return None, f"Not shared by people: {error}."
    except (ClientError, BotoCoreError) as error:
        return None, f"Not shared by people: {stopped(error).text}"
    except (ValueError, LookupError, TypeError, AttributeError):
        return None, "Not shared by people: what the audit log holds was not understood."
    return found, ""


def _end(finding: Finding, *, as_json: bool) -> NoReturn:
    typer.echo(f"{finding.text}\n  → {finding.fix}" if finding.fix else finding.text, err=True)
    if as_json:
        typer.echo(json.dumps({"faults": [finding.as_json()]}, indent=2))
    raise typer.Exit(1)
