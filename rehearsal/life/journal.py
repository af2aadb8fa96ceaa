"""What was checked, step by step: told while it happens, and as a table at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.table import Table


class CheckError(Exception):
    """Something is not as it should be; the message says what."""


@dataclass(frozen=True)
class Step:
    """A part of the life. What it runs says, one after another, what has been found to be as it should be."""

    title: str
    run: Callable[[], Iterator[str]]


@dataclass
class Entry:
    """How a step went."""

    title: str
    found: list[str] = field(default_factory=list)
    seconds: float = 0.0
    fault: str | None = None
    reached: bool = False


class Journal:
    """Takes the steps, one by one; after one that failed, no other is begun."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.entries: list[Entry] = []

    def tell(self, line: str) -> None:
        """Say what is going on."""
        self._console.print(escape(line), style="dim", soft_wrap=True)

    def take(self, steps: Sequence[Step], faults: tuple[type[Exception], ...]) -> bool:
        """Take steps; a fault of one of these kinds ends them. Returns whether all went well."""
        entries = [Entry(step.title) for step in steps]
        self.entries += entries
        for number, (step, entry) in enumerate(zip(steps, entries, strict=True), 1):
            self._console.print(f"[bold]{number}/{len(steps)} {escape(step.title)}[/bold]")
            entry.reached = True
            begun = time.monotonic()
            try:
                for found in step.run():
                    entry.found.append(found)
                    self._console.print(f"  [green]✓[/green] {escape(found)}", soft_wrap=True)
            except faults as fault:
                entry.fault = str(fault)
                self._console.print(f"  [red]✗ {escape(entry.fault)}[/red]", soft_wrap=True)
                return False
            finally:
                entry.seconds = time.monotonic() - begun
        return True

    @property
    def seconds(self) -> float:
        """How long all steps took."""
        return sum(entry.seconds for entry in self.entries)

    def table(self) -> Table:
        """What was checked, what was not as it should be, and what was not reached."""
        table = Table(title=f"What was checked, in {self.seconds:.0f} s", title_justify="left", show_lines=True)
        table.add_column("Step")
        table.add_column("s", justify="right")
        table.add_column("Checked")
        for entry in self.entries:
            lines = [f"✓ {escape(found)}" for found in entry.found]
            if entry.fault is not None:
                lines.append(f"[red]✗ {escape(entry.fault)}[/red]")
            if not entry.reached:
                lines.append("[yellow]not reached[/yellow]")
            table.add_row(escape(entry.title), f"{entry.seconds:.0f}" if entry.reached else "", "\n".join(lines))
        return table
