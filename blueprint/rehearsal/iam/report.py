"""What came of all calls: those that AWS would have refused, and the rights that nobody used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from blueprint.rehearsal.iam.conditions import strings
from blueprint.rehearsal.iam.documents import Statement

if TYPE_CHECKING:
    from blueprint.rehearsal.iam.recorder import Judged


_OF_AWS = "arn:aws:iam::aws:"


@dataclass(frozen=True)
class StatementUse:
    """A statement of a role, and the actions that it allowed somebody."""

    statement: Statement
    used: frozenset[str]

    @property
    def role(self) -> str:
        """The role's name."""
        return self.statement.holder.rpartition("/")[2]

    @property
    def is_of_others(self) -> bool:
        """Whether AWS or CDK wrote it."""
        return self.statement.policy.startswith(_OF_AWS) or self.role.startswith("cdk-")

    @property
    def actions(self) -> Sequence[str]:
        """The actions that it speaks of, as it is written."""
        return strings(self.statement.body.get("Action") or self.statement.body.get("NotAction") or [])


@dataclass(frozen=True)
class Refused:
    """Calls of one kind by one principal that AWS would refuse, and how many there were."""

    who: str
    call: str
    lack: str
    times: int


@dataclass(frozen=True)
class Report:
    """All calls of a rehearsal, and the statements of its roles."""

    calls: Sequence[Judged]
    strange: Sequence[str]
    """Requests of which not even the operation could be told."""
    statements: Sequence[StatementUse]

    @property
    def refused(self) -> list[Refused]:
        """What AWS would refuse."""
        return _counted((_name(each), str(each.call), lack) for each in self.calls for lack in each.lacks)

    @property
    def unknown(self) -> list[Refused]:
        """What could not be judged: the rehearsal has to be taught it."""
        told = ((_name(each), str(each.call), each.unknown) for each in self.calls if each.unknown)
        return [*_counted(told), *_counted(("nobody known", "", each) for each in self.strange)]

    @property
    def unused(self) -> list[StatementUse]:
        """The statements that allowed nobody anything.

        Those of CDK's own roles, of `cdk bootstrap`, and of AWS's own policies are not the app's to change.
        """
        return sorted(
            (each for each in self.statements if not each.used and not each.is_of_others),
            key=lambda each: (each.statement.holder, each.statement.policy, each.statement.label),
        )

    @property
    def unused_policies(self) -> list[tuple[str, str]]:
        """Roles with policies of AWS's own of which no statement allowed them anything."""
        of_aws = [each for each in self.statements if each.statement.policy.startswith(_OF_AWS)]
        used = {(each.role, each.statement.policy) for each in of_aws if each.used}
        return sorted({(each.role, each.statement.policy) for each in of_aws} - used)

    @property
    def by_role(self) -> Counter[str]:
        """How many calls each principal made."""
        return Counter(map(_name, self.calls))

    def __rich__(self) -> Group:
        return Group(*self._parts())

    def _parts(self) -> Iterator[Table | Text]:
        judged = sum(1 for each in self.calls if each.decisions and not each.lacks)
        yield Text(f"{len(self.calls)} calls by {len(self.by_role)} roles and users; {judged} judged and allowed")
        for title, rows in (("Refused", self.refused), ("Not judged", self.unknown)):
            if rows:
                table = Table("Who", "Call", "Why", "Times", title=title)
                for row in rows:
                    table.add_row(row.who, row.call, row.lack, str(row.times))
                yield table
        if self.unused:
            table = Table("Role", "Policy", "Statement", "Actions", title="Statements that no call used")
            for use in self.unused:
                table.add_row(use.role, use.statement.policy, use.statement.label, ", ".join(use.actions))
            yield table
        if self.unused_policies:
            table = Table("Role", "Policy", title="AWS's own policies that no call used")
            for role, policy in self.unused_policies:
                table.add_row(role, policy.removeprefix(_OF_AWS + "policy/"))
            yield table


def _counted(rows: Iterator[tuple[str, str, str]]) -> list[Refused]:
    return [Refused(*row, times) for row, times in Counter(rows).items()]


def _name(judged: Judged) -> str:
    return judged.who.name if judged.who else "nobody known"
