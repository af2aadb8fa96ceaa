"""`homes find`: homes of people who left, or who have not been there for long."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import typer
from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from blueprint.cli.cluster import hub
from blueprint.cli.homes.found import Home, Place
from blueprint.cli.status.amounts import time
from blueprint.cli.users import people
from blueprint.cli.users.directories import directory
from blueprint.cli.users.words import ending
from blueprint.command_line import loaded
from blueprint.config import Config
from blueprint.config.problems import plain


@dataclass(frozen=True)
class Row:
    """One home, with what is known of its owner; `why` is empty where it is somebody's who comes."""

    home: Home
    last_activity: str
    unused_days: int | None
    why: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """All of it by name."""
        return {
            **asdict(self.home),
            "last_activity": self.last_activity,
            "unused_days": self.unused_days,
            "why": self.why,
        }


def find(
    overrides: list[str] | None,
    profile: str | None,
    role: str | None,
    days: int,
    *,
    everybody: bool,
    provider: bool,
    as_json: bool,
) -> None:
    """Print the homes that nobody uses, or all of them."""
    config = loaded(overrides).config
    with ending(as_json=as_json), Status("Looking …", console=Console(stderr=True)):
        place = Place(config, profile, role)
        homes = place.homes()
        known = {each.name: each for each in hub.people(config, place.cluster)}
        there = directory(config, "list", profile).people() if provider else None
        now = datetime.now(UTC)
        found = [_row(config, each, known, there, days, now) for each in homes]
    rows = [each for each in found if everybody or each.why]
    if as_json:
        typer.echo(json.dumps({"homes": [each.as_json() for each in rows], "of": len(homes)}, indent=2))
        return
    console = Console(highlight=False, width=1000)
    what = "homes" if everybody else f"of {len(homes)} homes may be nobody's any more"
    console.print(Text(f"{len(rows)} {what}"))
    if rows:
        console.print(_table(rows))


def _row(
    config: Config,
    home: Home,
    known: dict[str, hub.Person],
    there: Sequence[people.Person] | None,
    days: int,
    now: datetime,
) -> Row:
    why = []
    person = known.get(home.user)
    last = person.last_activity if person else ""
    at = time(last) or time(home.created)
    unused = (now - at).days if at else None
    if person is None:
        why.append("the hub does not know them")
    if there is not None:
        mine = [each for each in there if each.named(config, [home.user])]
        if not mine:
            why.append("the identity provider does not know them")
        elif not any(each.enters(config) for each in mine):
            why.append("they may not enter")
    if unused is not None and unused >= days:
        why.append(f"unused for {unused} days")
    return Row(home, last, unused, tuple(why) if not home.in_use else ())


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("user", "server", "claim", "made", "last active", "why"):
        table.add_column(title, no_wrap=True)
    for each in rows:
        home = each.home
        why = "a server runs" if home.in_use else ", ".join(each.why)
        cells = (home.user or "?", home.server, home.claim, home.created[:10], each.last_activity[:10] or "never", why)
        table.add_row(*(Text(plain(cell)) for cell in cells))
    return table
