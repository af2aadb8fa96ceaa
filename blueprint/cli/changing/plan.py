"""What a command would change, before anything is."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Step:
    """One call that changes something; what it returns, if it is text, is told when it is done."""

    text: str
    act: Callable[[], object]
    done: bool = False
    result: str = ""


@dataclass
class Change:
    """What becomes of one thing, or person; without steps nothing has to."""

    name: str
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class Plan:
    """The changes of a command, and what to know before and after them."""

    changes: list[Change]
    warnings: list[str] = field(default_factory=list)
    afterwards: list[str] = field(default_factory=list)

    @property
    def steps(self) -> list[Step]:
        """All that it takes."""
        return [step for change in self.changes for step in change.steps]
