"""`restore points`: what can be restored from."""

import json

import typer
from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from blueprint.cli.changing.trouble import ending
from blueprint.cli.cluster.access import workload
from blueprint.cli.cluster.stacks import of_data
from blueprint.cli.restore import points
from blueprint.command_line import loaded


def show_points(overrides: list[str] | None, profile: str | None, *, as_json: bool) -> None:
    """Print the recovery points of the homes' file system, and of the hub's database."""
    config = loaded(overrides).config
    found = []
    with ending(as_json=as_json), Status("Looking …", console=Console(stderr=True)):
        account = workload(config, profile)
        resources = of_data(config, account)
        for what, kind, arn in (
            ("homes", "AWS::EFS::FileSystem", points.file_system_arn),
            ("hub's database", "AWS::EC2::Volume", points.volume_arn),
        ):
            for id in resources.get(kind, []):
                found += [(what, each) for each in points.points(account, arn(config, account, id))]
    if as_json:
        told = [
            {"of": what, "created": each.created.isoformat(timespec="seconds"), "arn": each.arn, "vault": each.vault}
            for what, each in found
        ]
        typer.echo(json.dumps({"points": told}, indent=2))
        return
    console = Console(highlight=False, width=1000)
    console.print(Text(f"{len(found)} recovery points"))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("of", "created (UTC)", "recovery point"):
        table.add_column(title, no_wrap=True)
    for what, each in found:
        table.add_row(*(Text(cell) for cell in (what, f"{each.created:%Y-%m-%d %H:%M}", each.arn)))
    if found:
        console.print(table)
