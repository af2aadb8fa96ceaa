"""What the commands of `users` that change something share: shown, asked for, done, and told."""

import json
import sys
from collections.abc import Iterator

import typer
from rich.console import Console
from rich.text import Text

from blueprint.cli.checks.findings import Finding
from blueprint.cli.users.directories import directory
from blueprint.cli.users.people import TroubleError, trouble
from blueprint.cli.users.plans import Command, Plan
from blueprint.cli.users.words import ending
from blueprint.command_line import loaded


def change(command: Command, overrides: list[str] | None, profile: str | None, *, yes: bool, as_json: bool) -> None:
    """Show what it takes, ask, and do it."""
    config = loaded(overrides).config
    console = Console(highlight=False, stderr=as_json)
    with ending(as_json=as_json):
        found = directory(config, command.verb, profile, command.connection)
        plan = command.plan(found, config)
        for line in shown(plan, found.title):
            console.print(line, soft_wrap=True)
        if plan.steps and not yes:
            _ask(console)
    failure = None
    for step in plan.steps:
        try:
            step.act()
        except TroubleError as error:
            failure = error.findings
            break
        step.done = True
    if as_json:
        typer.echo(json.dumps(_as_json(plan, found.title, failure), indent=2))
    else:
        for line in told(plan, failure):
            console.print(line, soft_wrap=True)
    if failure:
        raise typer.Exit(1)


def shown(plan: Plan, title: str) -> Iterator[Text]:
    """What would be changed."""
    yield Text(f"In {title}:" if plan.steps else f"In {title} nothing has to change:")
    for change in plan.changes:
        yield Text(f"  {change.name}", style="bold")
        yield from (Text(f"    {note}", style="dim") for note in change.notes)
        yield from (Text(f"    {step.text}") for step in change.steps)
    yield from (Text(f"Mind: {line}", style="yellow") for line in plan.warnings)
    yield from (Text(line) for line in plan.afterwards)


def told(plan: Plan, failure: tuple[Finding, ...] | None) -> Iterator[Text]:
    """What was done, and what was not."""
    if not plan.steps:
        return
    stopped = False
    for change in plan.changes:
        for step in change.steps:
            words = "done" if step.done else "not done" if stopped else "failed"
            stopped = stopped or not step.done
            yield Text.assemble((f"{words:<9}", "green" if step.done else "bold red"), f"{change.name}: {step.text}")
    for each in failure or ():
        yield Text(each.text, style="bold")
        yield Text(f"  → {each.fix}")
    if failure:
        yield Text("The same command goes on with what is not done.")


def _ask(console: Console) -> None:
    if sys.stdin is None or not sys.stdin.isatty():
        raise trouble("Nothing was changed: nobody is there to be asked.", "Look at the above, then add --yes")
    if not typer.confirm("Change this?", err=console.stderr):
        raise trouble("Nothing was changed.", "As you wish")


def _as_json(plan: Plan, title: str, failure: tuple[Finding, ...] | None) -> dict[str, object]:
    return {
        "directory": title,
        "changes": [
            {
                "name": each.name,
                "notes": each.notes,
                "steps": [{"text": step.text, "done": step.done} for step in each.steps],
            }
            for each in plan.changes
        ],
        "warnings": plan.warnings,
        "afterwards": plan.afterwards,
        "faults": [each.as_json() for each in failure or ()],
    }
