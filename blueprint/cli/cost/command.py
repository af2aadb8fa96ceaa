"""The command: from the settings and the options to what is printed."""

import json
import sys
from datetime import date

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.status import Status

from blueprint.cli.checks.aws import Account, stopped
from blueprint.cli.cost.actual.command import actual
from blueprint.cli.cost.options import Options
from blueprint.cli.cost.picture import picture
from blueprint.cli.cost.price_list import listed
from blueprint.cli.cost.report import Report
from blueprint.command_line import loaded
from blueprint.config import Config
from blueprint.config.costs.load import Load, servers, unknown_types
from blueprint.config.costs.tariff import Tariff
from blueprint.config.facts.prices import HOME_REGION, Prices, prices
from blueprint.config.problems import shown
from blueprint.config.types import sizes
from blueprint.config.types.profiles import Size


def cost(overrides: list[str] | None, load: Load, options: Options) -> None:
    """Print what the configuration costs, and draw it where a picture is asked for."""
    config = loaded(overrides).config
    chosen, on_fargate = _size(config, options.size)
    if options.actual is not None:
        actual(config, load, chosen, options, on_fargate=on_fargate)
        return
    of_today, told = _live(config, options.profile) if options.live else (None, ())
    tariff = Tariff(of_today or prices(config.workload_region))
    _check(config, load, chosen, tariff)
    started = servers(config, chosen, tariff, on_fargate=on_fargate)
    report = Report(config, tariff, load, started, date.today(), told)
    if options.svg:
        options.svg.write_text(picture(report), encoding="utf-8")
    if options.as_json:
        typer.echo(json.dumps(report.as_json(), indent=2))
    else:
        report.show(Console(highlight=False))


def _live(config: Config, profile: str | None) -> tuple[Prices | None, tuple[str, ...]]:
    """What AWS's price list says today of EC2's instances; or else nothing, and why."""
    region = config.workload_region or HOME_REGION
    account = Account("workload account", config.workload_account, config.workload_region, profile)
    try:
        with Status("Reading AWS's price list …", console=Console(stderr=True)):
            found = listed(account.client("pricing", HOME_REGION), region)
        why = f"it names no price in {region}."
    except (ClientError, BotoCoreError) as error:
        found, why = {}, stopped(error).text
    except (ValueError, LookupError, TypeError, AttributeError):
        found, why = {}, "its answer was not understood."
    if found:
        return Prices(region, date.today(), found), ()
    return None, (f"AWS's price list was not read, so the table stands in for it: {why}",)


def _size(config: Config, name: str | None) -> tuple[Size, bool]:
    """By its name, PROFILE/SIZE; else the first, which people get who choose nothing. And whether it is on Fargate."""
    known = {
        f"{profile}/{size}": (each, of.compute == "fargate")
        for profile, of in (config.singleuser_profiles.by_id if config.singleuser_profiles else {}).items()
        for size, each in (of.sizes or {"default": Size()}).items()
    }
    if name is None:
        return next(iter(known.values()), (Size(), False))
    if name not in known:
        sys.exit(f"--size {shown(name)}: take one of {', '.join(known) or 'none: no singleuser.profiles are set'}.")
    return known[name]


def _check(config: Config, load: Load, size: Size, tariff: Tariff) -> None:
    """End where nothing can be reckoned, with all that is in the way."""
    faults = []
    if unknown := unknown_types(config, size, tariff):
        faults.append(
            f"There is no price, or no size, of {', '.join(unknown)} in the tables ({tariff.instances.region}, "
            f"{tariff.instances.date}): take other types with -c, such as -c nodes.user.instance.types=m6i.xlarge, or "
            "make the tables anew: .venv/bin/python tools/instance_prices.py, .venv/bin/python tools/instance_types.py."
        )
    if config.storage_home == "ebs" and load.gigabytes * 2**30 > sizes.quantity(config.storage_home_size):
        faults.append(
            f"--gigabytes {load.gigabytes:g}: a home on EBS holds no more than storage.home.size, which is "
            f"{config.storage_home_size}: lower the one, or raise the other with -c storage.home.size=…"
        )
    if faults:
        sys.exit("\n".join(faults))
