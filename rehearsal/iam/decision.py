"""Whether policies allow what somebody asks for.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rehearsal.iam.documents import Ask, Document, Statement
from rehearsal.iam.holdings import ResourcePolicy
from rehearsal.iam.principals import Principal


@dataclass(frozen=True)
class Decision:
    """What came of an ask: the statements that allow it, or why nothing does."""

    ask: Ask
    because: frozenset[Statement] = frozenset()
    lack: str = ""
    denied: bool = False
    """Whether a statement forbids it, where others only do not allow it."""

    @property
    def allowed(self) -> bool:
        """Whether the call may go on, as far as this ask goes."""
        return not self.lack


def decide(who: Principal, ask: Ask, owner: str, own: ResourcePolicy | None) -> Decision:
    """Judge an ask about a resource, of which the owner's account and its own policy are told. Raises UnknownError."""
    limits = [document for _, documents in who.limits for document in documents]
    denying = _all([*who.identity, *limits], ask, denying=True)
    if own:
        denying += [each for each in own.document.about(ask, denying=True) if _is_about(each, who)]
    if denying:
        return Decision(ask, lack=f"statement {denying[0].label} of {denying[0].policy} denies it", denied=True)
    for name, documents in who.limits:
        if not _all(documents, ask):
            return Decision(ask, lack=f"the {name} does not allow it")
    by_identity = _all(who.identity, ask)
    by_resource = own.document.about(ask, denying=False) if own else []
    naming = [each for each in by_resource if each.names(who.caller)]
    delegating = [each for each in by_resource if each.delegates_to(who.caller)]
    return _decided(who, ask, own, by_identity, naming, delegating, foreign=owner not in {"", who.account})


def _decided(
    who: Principal,
    ask: Ask,
    own: ResourcePolicy | None,
    by_identity: list[Statement],
    naming: list[Statement],
    delegating: list[Statement],
    *,
    foreign: bool,
) -> Decision:
    """An ask that nothing denies."""
    by_resource = [*naming, *delegating]
    if (foreign or (own and own.must_allow)) and not by_resource:
        name = own.document.statements[0].policy if own and own.document.statements else "policy of its own"
        return Decision(ask, lack=f"the resource has no {name} that allows it to {who.name}")
    if by_identity:
        return Decision(ask, frozenset([*by_identity, *by_resource]))
    if naming and not foreign:
        return Decision(ask, frozenset(naming))
    return Decision(ask, lack=f"no policy of {who.name} allows it")


def _all(documents: Iterable[Document], ask: Ask, *, denying: bool = False) -> list[Statement]:
    return [each for document in documents for each in document.about(ask, denying=denying)]


def _is_about(statement: Statement, who: Principal) -> bool:
    return statement.names(who.caller) or statement.delegates_to(who.caller)
