"""`restore points`: what can be restored from."""

import json

import typer
from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from blueprint.cli.changing.trouble import aws_calls, ending
from blueprint.cli.checks.aws import Account
from blueprint.cli.cluster.access import RIGHTS, workload
from blueprint.cli.cluster.stacks import of_data
from blueprint.cli.restore import points
from blueprint.cli.status.storage import claim, home_volumes
from blueprint.command_line import loaded
from blueprint.config import Config
from blueprint.config.problems import plain


def show_points(overrides: list[str] | None, profile: str | None, *, as_json: bool) -> None:
    """Print the recovery points of homes, and of the hub's database."""
    config = loaded(overrides).config
    with ending(as_json=as_json), Status("Looking …", console=Console(stderr=True)):
        found = _found(config, workload(config, profile))
    if as_json:
        told = [
            {"of": what, "created": each.created.isoformat(timespec="seconds"), "arn": each.arn, "vault": each.vault}
            for what, each in found
        ]
        typer.echo(json.dumps({"points": told}, indent=2))
        return
    console = Console(highlight=False, width=1000)
    none = "" if config.storage_backup_days else "; none are made: storage.backup.days is 0"
    console.print(Text(f"{len(found)} recovery points{none}"))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("of", "created (UTC)", "recovery point"):
        table.add_column(title, no_wrap=True)
    for what, each in found:
        table.add_row(*(Text(plain(cell)) for cell in (what, f"{each.created:%Y-%m-%d %H:%M}", each.arn)))
    if found:
        console.print(table)


def _found(config: Config, account: Account) -> list[tuple[str, points.Point]]:
    """Of the homes' file system, or of each one's volume, and of the hub's database. Raises TroubleError."""
    resources = of_data(config, account)
    systems, databases = (resources.get(kind, []) for kind in ("AWS::EFS::FileSystem", "AWS::EC2::Volume"))
    of_systems = (points.points(account, points.file_system_arn(config, account, id)) for id in systems)
    found = [("homes", each) for of_system in of_systems for each in of_system]
    by_volume = points.of_volumes(account, resources.get("AWS::Backup::BackupVault", []))
    of_database = [("hub's database", each) for id in databases for each in by_volume.pop(id, ())]
    if by_volume:
        with aws_calls(RIGHTS):
            known = home_volumes(config, account)
        named = {id: f"home {claim(known[id])}" if id in known else f"{id}, which is gone" for id in by_volume}
        found += [(named[id], each) for id in sorted(by_volume, key=lambda id: named[id]) for each in by_volume[id]]
    return found + of_database
