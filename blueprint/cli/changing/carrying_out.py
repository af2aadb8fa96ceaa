"""A plan is shown, asked for, carried out step by step, and told."""

import json
import sys
from collections.abc import Iterator

import typer
from rich.console import Console
from rich.status import Status
from rich.text import Text

from blueprint.cli.changing.plan import Plan
from blueprint.cli.changing.trouble import TroubleError, ending, trouble
from blueprint.cli.checks.findings import Finding


def carry_out(plan: Plan, place: str, *, yes: bool, as_json: bool, names: str = "directory") -> None:
    """Show what a plan changes at a place, ask, and do it; `names` is what JSON calls the place."""
    console = Console(highlight=False, stderr=as_json)
    with ending(as_json=as_json):
        for line in shown(plan, place):
            console.print(line, soft_wrap=True)
        if plan.steps and not yes:
            _ask(console)
    failure = None
    for step in plan.steps:
        try:
            with Status(f"{step.text} …", console=Console(stderr=True)):
                result = step.act()
        except TroubleError as error:
            failure = error.findings
            break
        step.done, step.result = True, result if isinstance(result, str) else ""
    if as_json:
        typer.echo(json.dumps(_as_json(plan, place, failure, names), indent=2))
    else:
        for line in told(plan, failure):
            console.print(line, soft_wrap=True)
    if failure:
        raise typer.Exit(1)


def shown(plan: Plan, place: str) -> Iterator[Text]:
    """What would be changed."""
    yield Text(f"In {place}:" if plan.steps else f"In {place} nothing has to change:")
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
            if step.result:
                yield Text(f"{'':9}→ {step.result}")
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


def _as_json(plan: Plan, place: str, failure: tuple[Finding, ...] | None, names: str) -> dict[str, object]:
    return {
        names: place,
        "changes": [
            {
                "name": each.name,
                "notes": each.notes,
                "steps": [
                    {"text": step.text, "done": step.done} | ({"result": step.result} if step.result else {})
                    for step in each.steps
                ],
            }
            for each in plan.changes
        ],
        "warnings": plan.warnings,
        "afterwards": plan.afterwards,
        "faults": [each.as_json() for each in failure or ()],
    }
