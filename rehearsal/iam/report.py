"""What came of all calls: those that AWS would have refused, and the rights that nobody used."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group
from rich.table import Table
from rich.text import Text

from rehearsal.iam.conditions import like, strings
from rehearsal.iam.documents import Statement
from rehearsal.iam.holdings import TRUST
from rehearsal.iam.judged import Judged

_OF_AWS = "arn:aws:iam::aws:"
_UNIQUE = re.compile(r"-[0-9a-f]{8}$")
"""What the stand-in ends the names in that a template does not give."""
_SHOWN = 4


@dataclass(frozen=True)
class StatementUse:
    """A statement of a role, and the actions that it allowed somebody.

    A stack that was deployed again has made its roles anew: these count as one, whose name lacks what made it unique.
    """

    account: str
    role: str
    policy: str
    label: str
    actions: tuple[str, ...]
    used: frozenset[str]

    @property
    def is_of_others(self) -> bool:
        """Whether AWS or CDK wrote it."""
        return self.policy.startswith(_OF_AWS) or self.role.startswith("cdk-")

    @property
    def unused_actions(self) -> list[str]:
        """The actions, as they are written, that it allowed nobody."""
        return [each for each in self.actions if not any(like(each.lower(), used.lower()) for used in self.used)]


def uses(statements: Iterable[Statement], used: Mapping[Statement, set[str]]) -> list[StatementUse]:
    """How statements were used, in the order of accounts, roles and policies."""
    found: dict[tuple[str, str, str, str], set[str]] = {}
    actions: dict[tuple[str, str, str, str], tuple[str, ...]] = {}
    for each in statements:
        role = _UNIQUE.sub("", each.holder.rpartition("/")[2])
        key = (each.holder.split(":")[4], role, each.policy, each.label)
        found.setdefault(key, set()).update(used.get(each, ()))
        actions[key] = tuple(strings(each.body.get("Action") or each.body.get("NotAction") or []))
    return [StatementUse(*key, actions[key], frozenset(found[key])) for key in sorted(found)]


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
    def allowed(self) -> int:
        """How many calls needed a right, and had it; others need none, or are an administrator's on what is unknown."""
        return sum(1 for each in self.calls if each.decisions and not each.lacks)

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
        return [each for each in self.statements if not each.used and not each.is_of_others]

    @property
    def idle_roles(self) -> list[str]:
        """The app's roles that nobody assumed: all their statements are unused."""
        return sorted({each.role for each in self.unused if each.policy == TRUST})

    @property
    def unused_policies(self) -> list[tuple[str, str]]:
        """Roles that somebody assumed, with policies of AWS's own of which no statement allowed them anything."""
        of_aws = [each for each in self.statements if each.policy.startswith(_OF_AWS)]
        used = {(each.role, each.policy) for each in of_aws if each.used}
        return sorted(
            each
            for each in {(each.role, each.policy) for each in of_aws} - used
            if each[0] not in self.idle_roles and not each[0].startswith("cdk-")
        )

    @property
    def by_role(self) -> Counter[str]:
        """How many calls each principal made."""
        return Counter(map(_name, self.calls))

    def __rich__(self) -> Group:
        return Group(*self._parts())

    def _parts(self) -> Iterator[Table | Text]:
        yield Text(f"{len(self.calls)} calls by {len(self.by_role)} roles and users; {self.allowed} judged and allowed")
        for title, rows in (("Refused", self.refused), ("Not judged", self.unknown)):
            if rows:
                table = Table("Who", "Call", "Why", "Times", title=title)
                for row in rows:
                    table.add_row(row.who, row.call, row.lack, str(row.times))
                yield table
        idle = self.idle_roles
        if lines := [each for each in self.unused if each.role not in idle]:
            table = Table("Role", "Policy", "Statement", "Actions", title="Statements of roles that no call used")
            for use in lines:
                more = [f"and {len(use.actions) - _SHOWN} more"] if len(use.actions) > _SHOWN else []
                table.add_row(use.role, use.policy, use.label, "\n".join([*use.actions[:_SHOWN], *more]))
            yield table
        if idle:
            table = Table("Role", "Statements", title="Roles that nobody assumed")
            for role in idle:
                table.add_row(role, str(sum(each.role == role for each in self.unused)))
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
