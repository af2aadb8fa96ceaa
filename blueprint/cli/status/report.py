"""How the status is shown: a table for each part, or JSON."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from blueprint.cli.checks.findings import Finding, fault
from blueprint.cli.status import nodes, servers, starts, storage
from blueprint.cli.status.amounts import size, span, time
from blueprint.config.problems import plain

ACTIVE: Final = 600
"""Seconds without activity after which somebody does not count as active."""
_STARTS: Final = 20


def show(
    of_servers: Sequence[servers.Row] | None,
    of_nodes: Sequence[nodes.Row] | None,
    of_starts: Sequence[starts.Row] | None,
    of_storage: Sequence[storage.Row] | None,
    now: datetime,
) -> None:
    """Print what is there, part by part."""
    # As wide as it takes: a script, or a narrow terminal, gets each thing on one line.
    console = Console(highlight=False, width=1000)
    if of_servers is not None:
        active = sum(each.idle_seconds is not None and each.idle_seconds < ACTIVE for each in of_servers)
        _part(
            console,
            f"{_count(len(of_servers), 'server')}, {active} in use in the last 10 minutes",
            *_servers(of_servers),
        )
    if of_nodes is not None:
        _part(console, _count(len(of_nodes), "node"), *_nodes(of_nodes))
    if of_starts is not None:
        more = f", the newest {_STARTS} of them" if len(of_starts) > _STARTS else ""
        title = f"Starts of servers, of those that run and of the last hour{more}; in seconds"
        _part(console, title, *_starts(of_starts[:_STARTS]))
    if of_storage is not None:
        _part(console, "Storage", *_storage(of_storage, now))


def as_json(told: dict[str, Any]) -> str:
    """All of it."""
    return json.dumps(told, indent=2)


def faults(found: Iterable[Finding]) -> None:
    """Say what could not be told, and what to do."""
    for each in found:
        typer.echo(f"{each.text}\n  → {each.fix}", err=True)


def not_understood(error: Exception) -> Finding:
    """An answer that was of no form that is known."""
    return fault(f"An answer was not understood ({type(error).__name__}).", "Try again; if it stays so, report it")


def _servers(rows: Sequence[servers.Row]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    titles = ("user", "server", "state", "idle", "age", "chosen", "CPU", "memory", "node")
    return titles, [
        (
            each.user,
            each.server,
            each.state,
            span(each.idle_seconds) or "?",
            span(each.age_seconds),
            each.chosen,
            each.cpu,
            size(float(each.memory)) if each.memory.isdigit() else each.memory,
            each.node,
        )
        for each in rows
    ]


def _nodes(rows: Sequence[nodes.Row]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    titles = ("node", "for", "type", "", "zone", "servers", "CPU asked/used", "memory asked/used", "age", "state")
    return titles, [
        (
            each.name,
            each.purpose,
            each.type,
            "spot" if each.spot else "",
            each.zone,
            str(each.servers),
            _shares(each.asked_cpu, each.used_cpu),
            _shares(each.asked_memory, each.used_memory),
            span(each.age_seconds),
            ", ".join([*([] if each.ready else ["not ready"]), *(["takes no more pods"] if each.leaving else [])]),
        )
        for each in rows
    ]


def _starts(rows: Sequence[starts.Row]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    titles = ("user", "server", "begun", "queued", "node", "volumes", "image", "start", "in all", "waits for")
    return titles, [
        (
            each.user,
            each.server,
            each.begun,
            *(_number(part) for part in (each.queued, each.node, each.volumes, each.image, each.start, each.total)),
            each.waits_for,
        )
        for each in rows
    ]


def _storage(rows: Sequence[storage.Row], now: datetime) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    titles = ("what", "id", "size", "", "state", "backed up")
    return titles, [
        (each.what, each.id, size(each.bytes), each.about, each.state, _backed_up(each, now)) for each in rows
    ]


def _backed_up(row: storage.Row, now: datetime) -> str:
    at = time(row.backed_up)
    last = f"{span((now - at).total_seconds())} ago" if at else "never"
    return f"{last}; the last try failed: {row.failed}" if row.failed else last


def _part(console: Console, title: str, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    console.print(Text(title, style="bold"))
    if rows:
        table = Table(box=None, pad_edge=False, header_style="dim")
        kept = [number for number, _ in enumerate(titles) if any(row[number] for row in rows)]
        for number in kept:
            table.add_column(titles[number], no_wrap=True)
        for row in rows:
            table.add_row(*(Text(plain(row[number])) for number in kept))
        console.print(table)
    console.print()


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _shares(asked: float, used: float | None) -> str:
    return f"{asked:.0%} / {f'{used:.0%}' if used is not None else '?'}"


def _number(given: float | None) -> str:
    return "" if given is None else f"{given:.0f}"
