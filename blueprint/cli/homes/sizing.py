"""`homes size`: bytes and files of each home."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import typer
from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from blueprint.cli.changing.trouble import ending
from blueprint.cli.cluster.errand import Directory, Errand
from blueprint.cli.cluster.pods import run
from blueprint.cli.homes.found import Home, Place, named
from blueprint.cli.status.amounts import quantity, size
from blueprint.command_line import loaded
from blueprint.config.problems import plain


def show_sizes(
    names: Sequence[str], overrides: list[str] | None, profile: str | None, role: str | None, *, as_json: bool
) -> None:
    """Measure homes, those of some people or all, and print the largest first."""
    config = loaded(overrides).config
    with ending(as_json=as_json), Status("Measuring …", console=Console(stderr=True)):
        place = Place(config, profile, role)
        homes = place.homes()
        chosen = [named(each, homes) for each in dict.fromkeys(names)] if names else homes
        if config.storage_home == "efs":
            told = measured(place, [each.claim for each in chosen] if names else [])
        else:
            told = {each.claim: {"bytes": int(quantity(each.capacity)), "files": None} for each in chosen}
    rows = _rows(chosen, told)
    if as_json:
        typer.echo(json.dumps({"homes": rows, "bytes": sum(each["bytes"] for each in rows)}, indent=2))
        return
    console = Console(highlight=False, width=1000)
    what = "" if config.storage_home == "efs" else ", as their volumes are, which is what AWS bills"
    number = f"{len(rows)} home{'' if len(rows) == 1 else 's'}"
    console.print(Text(f"{number}, {size(sum(each['bytes'] for each in rows)) or '0 B'}{what}"))
    if rows:
        console.print(_table(rows))


def measured(place: Place, claims: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Bytes, files and last change of directories, or of all; by a pod that walks through them. Raises TroubleError."""
    argument = {"place": "/files", "names": list(claims)}
    sources = {"/files": Directory(place.file_system, place.folder)}
    told: dict[str, dict[str, Any]] = run(Errand("sizes", argument, sources), place.account, place.cluster)["homes"]
    return told


def _rows(homes: Sequence[Home], told: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    by_claim = {each.claim: each for each in homes}
    rows = []
    for claim, about in told.items():
        home = by_claim.get(claim, Home(claim, claimed=False))
        rows.append({"claim": claim, "user": home.user, "server": home.server, "claimed": home.claimed, **about})
    return sorted(rows, key=lambda each: (-int(each["bytes"]), str(each["claim"])))


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("user", "server", "claim", "size", "files", "changed", ""):
        table.add_column(title, no_wrap=True, justify="right" if title in ("size", "files") else "left")
    for each in rows:
        notes = [] if each["claimed"] else ["a directory without a claim"]
        if each.get("unread"):
            notes.append(f"{each['unread']} directories could not be looked into")
        newest = datetime.fromtimestamp(each["newest"], UTC).strftime("%Y-%m-%d") if each.get("newest") else ""
        files = "" if each["files"] is None else str(each["files"])
        cells = (
            each["user"] or "?",
            each["server"],
            each["claim"],
            size(each["bytes"]),
            files,
            newest,
            ", ".join(notes),
        )
        table.add_row(*(Text(plain(cell)) for cell in cells))
    return table
