"""A call that the stand-in was asked for, and what its policies say to it."""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.iam.calls import Call
from rehearsal.iam.decision import Decision
from rehearsal.iam.principals import Principal


@dataclass(frozen=True)
class Judged:
    """A call, who made it, and what came of it. `unknown` says what the rehearsal could not judge."""

    call: Call
    who: Principal | None
    decisions: tuple[Decision, ...] = ()
    unknown: str = ""

    @property
    def lacks(self) -> list[str]:
        """Why AWS would refuse it."""
        return [f"{each.ask.action} on {each.ask.resource}: {each.lack}" for each in self.decisions if not each.allowed]
