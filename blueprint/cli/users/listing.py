"""`users list`: who is there, as a table or as JSON."""

import json

import typer
from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from blueprint.cli.users.directories import directory
from blueprint.cli.users.people import Person
from blueprint.cli.users.words import ending
from blueprint.command_line import loaded
from blueprint.config import Config
from blueprint.config.problems import plain

_FACTOR = {True: "yes", False: "no", None: ""}


def show_people(overrides: list[str] | None, profile: str | None, *, as_json: bool) -> None:
    """Print everybody whom the provider knows."""
    config = loaded(overrides).config
    with ending(as_json=as_json):
        found = directory(config, "list", profile)
        with Status("Asking …", console=Console(stderr=True)):
            people = sorted(found.people(), key=lambda each: (each.name.lower(), each.id))
    if as_json:
        told = {"directory": found.title, "people": [each.as_json(config) for each in people]}
        typer.echo(json.dumps(told, indent=2))
        return
    # As wide as it takes: a script, or a narrow terminal, gets each person on one line.
    console = Console(highlight=False, width=1000)
    console.print(Text(f"{found.title[0].upper()}{found.title[1:]}: {len(people)} in all"))
    if people:
        console.print(_table(people, config, found.group_word))


def _table(people: list[Person], config: Config, group_word: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("person", "state", f"{group_word}s", "admin", "may enter", "second factor", "created", "changed"):
        table.add_column(title, no_wrap=True)
    for each in people:
        row = (
            each.name,
            each.state if each.enabled else "disabled",
            ", ".join(each.groups),
            "admin" if each.administers(config) else "",
            "yes" if each.enters(config) else "no",
            _FACTOR[each.second_factor],
            each.created[:10],
            each.changed[:10],
        )
        table.add_row(*(Text(plain(cell)) for cell in row))
    return table
