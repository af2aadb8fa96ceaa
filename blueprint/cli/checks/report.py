"""How findings are shown: lines for people, JSON for scripts, and an exit code."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

import typer
from rich.console import Console
from rich.text import Text

from blueprint.cli.checks.findings import Finding, Level

STYLES: Final[dict[Level, str]] = {"ok": "green", "warning": "yellow", "fault": "bold red", "unknown": "cyan"}
_PLURALS: Final[dict[Level, tuple[str, str]]] = {
    "fault": ("fault", "faults"),
    "warning": ("warning", "warnings"),
    "unknown": ("not looked at", "not looked at"),
    "ok": ("sound", "sound"),
}


def failed(findings: Iterable[Finding], *, strict: bool) -> bool:
    """Whether a script should stop: for a fault, or with `strict` for whatever is not sound."""
    return any(each.level == "fault" or (strict and each.level != "ok") for each in findings)


def as_json(findings: Sequence[Finding]) -> str:
    """All findings, and their number by level."""
    return json.dumps({"findings": [each.as_json() for each in findings], "counts": counts(findings)}, indent=2)


def as_line(findings: Sequence[Finding], now: datetime) -> str:
    """The same on one line, with the time."""
    told = {"time": now.isoformat(timespec="seconds"), "counts": counts(findings)}
    return json.dumps({**told, "findings": [each.as_json() for each in findings]})


def counts(findings: Iterable[Finding]) -> dict[Level, int]:
    """How many there are of each level."""
    counted = Counter(each.level for each in findings)
    return {level: counted[level] for level in STYLES}


def show(findings: Sequence[Finding], console: Console, of: Sequence[Finding] | None = None) -> None:
    """Print the findings by subject, each with its fix below, and their number; `of` are all, if these are some."""
    for subject, of_subject in groupby(findings, key=lambda each: each.subject):
        console.print(Text(subject, style="bold"))
        for each in of_subject:
            # Soft: a fix is copied as one line, however narrow the terminal.
            console.print(Text.assemble("  ", (f"{each.level:<9}", STYLES[each.level]), each.text), soft_wrap=True)
            if each.fix:
                console.print(Text(f"{'':11}→ {each.fix}", style="dim"), soft_wrap=True)
    counted = counts(findings if of is None else of)
    total = ", ".join(f"{counted[level]} {_PLURALS[level][counted[level] != 1]}" for level in _PLURALS)
    console.print(Text(total), soft_wrap=True)


def finish(findings: Sequence[Finding], *, as_json_text: bool, strict: bool) -> None:
    """Print what was found and end with 1 where a script should stop."""
    if as_json_text:
        typer.echo(as_json(findings))
    else:
        show(findings, Console(highlight=False))
    if failed(findings, strict=strict):
        raise typer.Exit(1)
