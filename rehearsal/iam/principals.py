"""Who makes a call, and the policies that say what it may: a role's session, a user, or an AWS service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from moto.iam.models import IAMBackend, Role, User, get_account_id_from, iam_backends

from rehearsal.iam.documents import Caller, Document, Statement, document
from rehearsal.iam.holdings import policy
from rehearsal.iam.reference import UnknownError


@dataclass(frozen=True)
class Session:
    """What a session was given beside its role: tags, of which some go on to roles assumed in turn, and policies."""

    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: frozenset[str] = frozenset()
    policies: tuple[str, ...] = ()

    @property
    def inherited(self) -> Mapping[str, str]:
        """The tags of the sessions that are opened with this one's credentials."""
        return {key: value for key, value in self.tags.items() if key in self.transitive}


SESSIONS: dict[str, Session] = {}
"""By access key. moto, which has one state a process, notes no session's tags."""


@dataclass(frozen=True)
class Principal:
    """A role or user, by its ARN, or a service by its name such as `ec2.amazonaws.com`."""

    name: str
    account: str
    session: Session | None = None
    identity: tuple[Document, ...] = ()
    limits: tuple[tuple[str, tuple[Document, ...]], ...] = ()
    """What else has to allow all: a permissions boundary, the policies of the session."""

    @property
    def is_service(self) -> bool:
        """Whether an AWS service calls for itself."""
        return not self.name.startswith("arn:")

    @property
    def session_arn(self) -> str | None:
        """The ARN that STS gives the session of a role."""
        if self.session is None:
            return None
        return f"arn:aws:sts::{self.account}:assumed-role/{self.name.rpartition('/')[2]}/{self.session.name}"

    @property
    def caller(self) -> Caller:
        """What policies of resources may call it."""
        return Caller(self.account, tuple(filter(None, (self.name, self.session_arn))), self.is_service)

    @property
    def tags(self) -> Mapping[str, str]:
        """Its own tags, and those of its session, which win."""
        if self.session is None or self.is_service:
            return {}
        return {**{each["Key"]: each["Value"] for each in _role(self.name).tags}, **self.session.tags}


def principal(access_key: str) -> Principal:
    """Who has an access key. Raises UnknownError."""
    account = get_account_id_from(access_key)
    iam = iam_backends[account]["aws"]
    key = iam.access_keys.get(access_key)
    if key is None:
        raise UnknownError(f"Nobody has the access key {access_key}")
    if key.role_arn:
        session = SESSIONS.get(access_key, Session("unknown"))
        holder: Role | User = _role(key.role_arn)
    elif key.user_name:
        session, holder = None, iam.get_user(key.user_name)
    else:
        raise UnknownError(f"The access key {access_key} is no user's and no role's")
    return Principal(holder.arn, account, session, tuple(_documents(iam, holder)), tuple(_limits(holder, session)))


def of_role(arn: str) -> Principal:
    """A role as its own policies and boundary have it, without a session."""
    account, holder = arn.split(":")[4], _role(arn)
    documents = _documents(iam_backends[account]["aws"], holder)
    return Principal(holder.arn, account, None, tuple(documents), tuple(_limits(holder, None)))


def service(name: str, account: str) -> Principal:
    """An AWS service that acts in an account."""
    return Principal(name, account)


def managed_policy(account: str, arn: str) -> str:
    """The document of a managed policy, of AWS's or of an account's own. Raises UnknownError."""
    found = iam_backends[account]["aws"].managed_policies.get(arn)
    if found is None:
        raise UnknownError(f"There is no policy {arn}")
    (text,) = [each.document for each in found.versions if each.version_id == found.default_version_id]
    return str(text)


def role_statements(accounts: list[str] | None = None) -> Iterator[Statement]:
    """Every statement of every role in the stand-in, or in some accounts of it: of its policies and its trust."""
    for account, partitions in list(iam_backends.items()):
        if accounts is not None and account not in accounts:
            continue
        iam = partitions["aws"]
        for role in list(iam.roles.values()):
            found = policy(role.arn, "sts:AssumeRole")
            for each in [*_documents(iam, role), *([found.document] if found else [])]:
                yield from each.statements


def _limits(holder: Role | User, session: Session | None) -> Iterator[tuple[str, tuple[Document, ...]]]:
    boundary = getattr(holder, "permissions_boundary_arn", None)  # which moto keeps of roles alone
    if boundary:
        yield f"permissions boundary {boundary}", (_managed(boundary, holder.arn),)
    if session and session.policies:
        yield "session policy", tuple(document(text, holder.arn, "session policy") for text in session.policies)


def _documents(iam: IAMBackend, holder: Role | User) -> Iterator[Document]:
    for name, text in holder.policies.items():
        yield document(text, holder.arn, name)
    for arn in holder.managed_policies:
        yield _managed(arn, holder.arn)
    groups = iam.groups.values() if isinstance(holder, User) else ()
    if any(user.name == holder.name for group in groups for user in group.users):
        raise UnknownError(f"The rehearsal does not judge the policies of groups, in which {holder.arn} is")


def _managed(arn: str, holder: str) -> Document:
    return document(managed_policy(holder.split(":")[4], arn), holder, arn)


def _role(arn: str) -> Role:
    return iam_backends[arn.split(":")[4]]["aws"].get_role_by_arn(arn)
