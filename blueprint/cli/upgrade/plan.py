"""The whole plan: what changes, what that means, and whether the checks pass; as lines, and as JSON."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from blueprint.cli.checks.findings import Finding
from blueprint.cli.checks.report import counts, show
from blueprint.cli.upgrade.difference import Change, changes
from blueprint.cli.upgrade.effects import WEIGHTS, effects
from blueprint.cli.upgrade.schemas import Schemas
from blueprint.cli.upgrade.templates import Both
from blueprint.cli.upgrade.workloads import Weight
from blueprint.config.problems import plain

TITLES: Final[dict[Weight, tuple[str, str]]] = {
    "loss": ("Something is lost", "bold red"),
    "for good": ("Cannot be undone", "red"),
    "interrupts": ("Somebody is interrupted", "yellow"),
    "pauses": ("Something waits for a moment", "cyan"),
    "quiet": ("Nobody notices", "dim"),
}


@dataclass(frozen=True)
class Line:
    """What one change means."""

    stack: str
    change: Change
    weight: Weight
    text: str


@dataclass(frozen=True)
class Plan:
    """Of all stacks; `new` and `gone` are those that are only wanted, or only deployed."""

    lines: list[Line]
    new: list[str]
    gone: list[str]
    unknown: list[str]
    checks: list[Finding]

    @property
    def loses(self) -> bool:
        """Whether something would be lost."""
        return any(each.weight == "loss" for each in self.lines)

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "changes": [
                {
                    "stack": each.stack,
                    "resource": each.change.path,
                    "type": each.change.kind,
                    "how": each.change.how,
                    "made_anew": {True: "yes", False: "no", None: "maybe"}[each.change.anew],
                    "weight": each.weight,
                    "text": each.text,
                }
                for each in self.lines
            ],
            "weights": {weight: sum(each.weight == weight for each in self.lines) for weight in WEIGHTS},
            "new_stacks": self.new,
            "stacks_that_go": self.gone,
            "types_not_told": self.unknown,
            "checks": [each.as_json() for each in self.checks],
            "counts": counts(self.checks),
        }

    def show(self, console: Console) -> None:
        """What weighs most first; what nobody notices only by its kinds."""
        for line in self._of_stacks():
            console.print(line, soft_wrap=True)
        for weight in WEIGHTS[:-1]:
            for line in self._of(weight):
                console.print(line, soft_wrap=True)
        quiet = Counter(_words(each.change.kind) for each in self.lines if each.weight == "quiet")
        if quiet:
            console.print(Text(TITLES["quiet"][0], style="bold"))
            told = ", ".join(f"{kind} ({count})" if count > 1 else kind for kind, count in quiet.most_common())
            console.print(Text(f"  {told}", style=TITLES["quiet"][1]), soft_wrap=True)
        if not self.lines and not self.new and not self.gone:
            console.print("Nothing changes: what is deployed is what this checkout and these settings make.")
        if self.unknown:
            told = ", ".join(self.unknown)
            console.print(f"Of these types AWS does not tell what is made anew: {told}.", soft_wrap=True)
        console.print(Text("Before it", style="bold"))
        show(self.checks, console)

    def _of_stacks(self) -> Iterator[Text]:
        for name in self.new:
            yield Text(f"The stack {name} is new: all of it is made.")
        for name in self.gone:
            text = f"The stack {name} is deployed and not wanted any more: nothing removes it but cdk destroy."
            yield Text(text, style="yellow")

    def _of(self, weight: Weight) -> Iterator[Text]:
        mine = [each for each in self.lines if each.weight == weight]
        title, style = TITLES[weight]
        if mine:
            yield Text(title, style="bold")
        for text in dict.fromkeys(each.text for each in mine):
            where = [f"{each.stack}: {each.change.path}" for each in mine if each.text == text]
            yield Text.assemble("  ", (plain(text), style))
            yield Text(f"      {', '.join(where)}", style="dim")


def plan(stacks: Sequence[Both], schemas: Schemas, checks: list[Finding]) -> Plan:
    """What follows from the templates."""
    both = [each for each in stacks if each.deployed is not None and each.wanted is not None]
    kinds = {
        resource["Type"]
        for each in both
        for template in (each.deployed, each.wanted)
        for resource in (template or {})["Resources"].values()
    }
    schemas.read(kinds)
    lines = [
        Line(each.name, change, weight, text)
        for each in both
        for change in changes(each.deployed or {}, each.wanted or {}, schemas.replacing)
        for weight, text in effects(change)
    ]
    changed = {each.change.kind for each in lines}
    return Plan(
        lines,
        [each.name for each in stacks if each.deployed is None and each.wanted is not None],
        [each.name for each in stacks if each.wanted is None and each.deployed is not None],
        sorted(schemas.unknown & changed),
        checks,
    )


def _words(kind: str) -> str:
    """`AWS::IAM::Role` is a role of IAM."""
    parts = kind.split("::")
    return " ".join(parts[1:]) if len(parts) > 2 else parts[-1]
