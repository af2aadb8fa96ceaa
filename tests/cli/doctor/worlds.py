"""How tests of broken worlds are written: what is broken, and the one line that says so."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from blueprint.cli.checks.examination import Check
from blueprint.cli.checks.findings import Finding, Level
from tests.cli.doctor.staging import Stage


class Broken(NamedTuple):
    """A broken world: how it came to be, and the level and words of its line, and of its fix."""

    make: Callable[[Stage], Any]
    level: Level
    says: str
    fix: str = ""


def look(stage: Stage, checks: Iterable[Check], broken: Broken) -> None:
    """Break the sound world, and find that and nothing else."""
    broken.make(stage)
    found = stage.find(checks)
    assert [each.level for each in found] == [broken.level], found
    assert broken.says in found[0].text
    assert broken.fix in found[0].fix
    assert found[0].fix or found[0].level == "unknown"


def steps(*each: Callable[[Stage], Any]) -> Callable[[Stage], Any]:
    """Several things that are broken, one after another."""
    return lambda stage: [step(stage) for step in each]


def texts(found: Iterable[Finding]) -> list[str]:
    """What findings say."""
    return [each.text for each in found]
