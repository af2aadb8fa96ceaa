"""Notes each call that the stand-in is asked for, and whether AWS would allow it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from moto.core.request import Request
from werkzeug.wrappers import Response

from rehearsal.iam import holdings
from rehearsal.iam.actions import FREE
from rehearsal.iam.asks import asks
from rehearsal.iam.calls import Call, read
from rehearsal.iam.decision import Decision, decide
from rehearsal.iam.documents import Statement
from rehearsal.iam.judged import Judged
from rehearsal.iam.principals import Principal, principal, role_statements, service
from rehearsal.iam.reference import UnknownError
from rehearsal.iam.refusal import RefusedError, refusal
from rehearsal.iam.report import Report, uses

log = logging.getLogger(__name__)

_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"

_EVENTS = "events.amazonaws.com"


@dataclass
class Recorder:
    """The calls of one stand-in. With `enforce`, what AWS would refuse is refused.

    moto is not made for threads: whoever calls this holds its lock.
    """

    enforce: bool = False
    calls: list[Judged] = field(default_factory=list)
    _strange: list[str] = field(default_factory=list)
    _used: dict[Statement, set[str]] = field(default_factory=dict)
    _seen: dict[Statement, None] = field(default_factory=dict)

    def note(self, request: Request) -> Response | None:
        """Note a request, and return the answer to one that is refused."""
        try:
            call = read(request)
        except UnknownError as error:
            self._strange.append(str(error))
            return refusal(request, None, str(error)) if self.enforce else None
        judged = self._judge(call)
        if call.service == "iam":
            self.look()  # before policies change or go
        if self.enforce and (judged.lacks or judged.unknown):
            return refusal(request, call, _words(judged))
        return None

    def assume(
        self,
        role: str,
        region: str,
        *,
        service: str | None = None,
        access_key: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Note that an AWS service, or who has an access key, assumes a role. Raises RefusedError."""
        tagged = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
        parameters = {"RoleArn": role, **({"Tags": tagged} if tagged else {})}
        judged = self._judge(Call("sts", "AssumeRole", region, parameters, access_key, by=service))
        if self.enforce and (judged.lacks or judged.unknown):
            raise RefusedError("AccessDenied", _words(judged))

    def send(self, rule: str, queue: str) -> None:
        """Note that EventBridge sends a rule's event to a queue. Raises RefusedError."""
        _, _, _, region, _, name = queue.split(":")
        judged = self._judge(Call("sqs", "SendMessage", region, {"QueueUrl": name}, None, _EVENTS, source=rule))
        if judged.lacks or judged.unknown:
            raise RefusedError("AccessDenied", _words(judged))

    def look(self) -> None:
        """Note the statements that roles have now: a report tells of those that nobody used."""
        self._seen.update(dict.fromkeys(role_statements()))

    def report(self, accounts: list[str] | None = None) -> Report:
        """What was refused, what could not be judged, and which statements of these accounts' roles nobody used."""
        self.look()
        seen = [each for each in self._seen if accounts is None or each.holder.split(":")[4] in accounts]
        return Report(list(self.calls), list(self._strange), uses(seen, self._used))

    def _judge(self, call: Call) -> Judged:
        who = None
        try:
            who = _who(call)
            free = call.free or str(call) in FREE
            judged = Judged(call, who, () if free else _decisions(call, who))
        except UnknownError as error:
            judged = Judged(call, who, unknown=str(error))
        self.calls.append(judged)
        if judged.lacks or judged.unknown:
            log.warning("%s by %s: %s", call, who.name if who else "nobody known", _words(judged))
        elif who:
            for each in judged.decisions:
                for statement in each.because:
                    self._used.setdefault(statement, set()).add(each.ask.action)
        return judged


def _who(call: Call) -> Principal | None:
    if call.by and str(call) == "sts:AssumeRole":
        return service(call.by, call.input["RoleArn"].split(":")[4])
    if call.by == _EVENTS and call.source:
        return service(_EVENTS, call.source.split(":")[4])
    return principal(call.access_key) if call.access_key else None


def _decisions(call: Call, who: Principal | None) -> tuple[Decision, ...]:
    if who is None:
        raise UnknownError(f"{call} is not signed")
    try:
        wanted = list(asks(call, who))
    except UnknownError:
        if not _may_all(who):
            raise
        return ()
    found = []
    for each in wanted:
        somewhere = each.resource.startswith("arn:")
        own = holdings.policy(each.resource, each.action) if somewhere else None
        found.append(decide(who, each, holdings.owner(each.resource) if somewhere else "", own))
    return tuple(found)


def _may_all(who: Principal) -> bool:
    """Whether somebody is an administrator whom nothing limits: of these it need not be known what they act on."""
    names = {each.policy for document in who.identity for each in document.statements}
    return _ADMINISTRATOR in names and not who.limits


def _words(judged: Judged) -> str:
    if judged.unknown:
        return f"The rehearsal cannot judge {judged.call}: {judged.unknown}"
    who = judged.who.session_arn or judged.who.name if judged.who else "nobody"
    return f"User: {who} is not authorized to perform: {'; '.join(judged.lacks)}"
