"""The command: from the settings and the options to what is printed."""

import json
import sys
from datetime import date
from pathlib import Path

import typer
from rich.console import Console

from blueprint.cli.cost.picture import picture
from blueprint.cli.cost.report import Report
from blueprint.command_line import loaded
from blueprint.config import Config
from blueprint.config.costs.load import Load, servers, unknown_types
from blueprint.config.costs.tariff import Tariff
from blueprint.config.facts.prices import prices
from blueprint.config.problems import shown
from blueprint.config.types import sizes
from blueprint.config.types.profiles import Size


def cost(overrides: list[str] | None, load: Load, size: str | None, svg: Path | None, *, as_json: bool) -> None:
    """Print what the configuration costs, and draw it where a picture is asked for."""
    config = loaded(overrides).config
    chosen = _size(config, size)
    tariff = Tariff(prices(config.workload_region))
    _check(config, load, chosen, tariff)
    report = Report(config, tariff, load, servers(config, chosen, tariff), date.today())
    if svg:
        svg.write_text(picture(report), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(report.as_json(), indent=2))
    else:
        report.show(Console(highlight=False))


def _size(config: Config, name: str | None) -> Size:
    """By its name, PROFILE/SIZE; else the first, which people get who choose nothing."""
    known = {
        f"{profile}/{size}": each
        for profile, of in (config.singleuser_profiles.by_id if config.singleuser_profiles else {}).items()
        for size, each in (of.sizes or {"default": Size()}).items()
    }
    if name is None:
        return next(iter(known.values()), Size())
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
            "make the tables anew: python tools/instance_prices.py, python tools/instance_types.py."
        )
    if config.storage_home == "ebs" and load.gigabytes * 2**30 > sizes.quantity(config.storage_home_size):
        faults.append(
            f"--gigabytes {load.gigabytes:g}: a home on EBS holds no more than storage.home.size, which is "
            f"{config.storage_home_size}: lower the one, or raise the other with -c storage.home.size=…"
        )
    if faults:
        sys.exit("\n".join(faults))
