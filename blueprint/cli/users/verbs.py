"""The commands that change people: what each takes for one of them, and what to know of it."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from blueprint.cli.changing.plan import Change, Plan, Step
from blueprint.cli.checks.findings import Finding, fault, listed
from blueprint.cli.users.people import Directory, Person
from blueprint.cli.users.plans import Command, unusable
from blueprint.config import Config
from blueprint.config.problems import shown

_ADDRESS: Final = re.compile(r"[^@\s|]{1,64}@[A-Za-z0-9.-]{1,190}")


class Adding(Command):
    """Invite."""

    verb = "add"
    makes = True

    def __init__(self, names: list[str], admin: bool, groups: list[str], resend: bool, connection: str | None) -> None:
        super().__init__(names)
        self.admin, self.resend, self.connection = admin, resend, connection
        self.given = groups
        self._ids: dict[str, str] = {}

    def faults(self, directory: Directory, config: Config) -> Iterator[Finding]:
        """Addresses that are none, groups that are none, and none where one is needed."""
        for name in self.names:
            if unusable(name) is None and not _ADDRESS.fullmatch(name):
                yield fault(f"{shown(name)} is no e-mail address.", "Give the address that the invitation goes to")
        there = directory.groups() if self.groups(config) else []
        for group in self.groups(config):
            if group not in there:
                text = f"There is no {directory.group_word} {group} in {directory.title}."
                yield fault(text, f"Take one that is there: {listed(there) or 'there is none'}; or make it")
        if not self.groups(config) and len(config.groups_allowed) > 1:
            text = f"groups.allowed names several groups: {listed(config.groups_allowed)}."
            yield fault(text, "Say with --group which one they come into, or --admin")

    def groups(self, config: Config) -> list[str]:
        """Those that people come into."""
        groups = [*self.given, *(config.groups_admins[:1] if self.admin else [])]
        if not groups and len(config.groups_allowed) == 1:
            groups = [*config.groups_allowed]
        return list(dict.fromkeys(groups))

    def change(self, directory: Directory, config: Config, name: str, person: Person | None) -> Change:
        """An invitation, unless they are there; and the groups that they lack."""
        change = Change(name)
        if person is None:
            change.steps.append(Step("create, and invite by e-mail", lambda: self._invite(directory, name)))
        else:
            self._ids[name] = person.id
            change.notes.append(f"is there already ({person.state if person.enabled else 'disabled'})")
            if self.resend and person.enabled:
                change.steps.append(Step("send the e-mail anew", partial(directory.invite_again, person)))
        lacking = [group for group in self.groups(config) if person is None or group not in person.groups]
        for group in lacking:
            text = f"put into the {directory.group_word} {group}"
            change.steps.append(Step(text, partial(self._join, directory, name, group)))
        return change

    def tell(self, plan: Plan, directory: Directory, config: Config, people: list[Person]) -> None:
        """What they get; and where the groups do not let them in."""
        if len(people) < len(plan.changes) or self.resend:
            plan.afterwards.append(directory.invitation())
        lets_in = {*config.groups_allowed, *config.groups_admins}
        if not config.open_admission and not lets_in & set(self.groups(config)):
            text = "By these groups alone nobody may enter: groups.allowed, groups.admins and users.allowed say who may"
            plan.warnings.append(f"{text} (users.allowed by {config.username_key}).")

    def _invite(self, directory: Directory, name: str) -> None:
        self._ids[name] = directory.invite(name)

    def _join(self, directory: Directory, name: str, group: str) -> None:
        directory.join(self._ids[name], group)


class Disabling(Command):
    """Keep out."""

    verb = "disable"

    def change(self, directory: Directory, config: Config, name: str, person: Person | None) -> Change:
        """One call."""
        assert person is not None
        if not person.enabled:
            return Change(name, notes=["is disabled already"])
        return Change(name, [Step(directory.disabling, partial(directory.disable, person.id))])

    def tell(self, plan: Plan, directory: Directory, config: Config, people: list[Person]) -> None:
        """What goes on until the hub notices."""
        plan.warnings += _last_admin(directory, config, people)
        plan.afterwards += _until_noticed(config, "turns them away")
        plan.afterwards.append(
            "A server of theirs runs on until it is culled, and what is open in it goes on for five minutes or more: "
            f"to end it at once, {config.hub_url}/hub/admin, Stop server. Their files stay."
        )


class Enabling(Command):
    """Let in again."""

    verb = "enable"

    def change(self, directory: Directory, config: Config, name: str, person: Person | None) -> Change:
        """One call."""
        assert person is not None
        change = Change(name)
        if person.enabled:
            change.notes.append("is enabled already")
        else:
            change.steps.append(Step("enable", partial(directory.enable, person.id)))
        return change

    def tell(self, plan: Plan, directory: Directory, config: Config, people: list[Person]) -> None:
        """When."""
        plan.afterwards.append("They can sign in at once, with the password that they had.")


class Promoting(Command):
    """Make admins."""

    verb = "promote"

    def faults(self, directory: Directory, config: Config) -> Iterator[Finding]:
        """The group has to be there."""
        group = config.groups_admins[0]
        if group not in directory.groups():
            text = f"There is no {directory.group_word} {group} in {directory.title}, which groups.admins names."
            yield fault(text, "Make it there, or correct groups.admins")

    def change(self, directory: Directory, config: Config, name: str, person: Person | None) -> Change:
        """Into the first of the groups that make admins."""
        assert person is not None
        change = Change(name)
        if person.administers(config):
            change.notes.append("is an admin already")
        else:
            group = config.groups_admins[0]
            text = f"put into the {directory.group_word} {group}"
            change.steps.append(Step(text, partial(directory.join, person.id, group)))
        if not person.enabled:
            change.notes.append("is disabled, and stays so: blueprint users enable")
        return change

    def tell(self, plan: Plan, directory: Directory, config: Config, people: list[Person]) -> None:
        """When."""
        plan.afterwards += _until_noticed(config, "knows them as admins")


class Demoting(Command):
    """Make admins plain users."""

    verb = "demote"

    def change(self, directory: Directory, config: Config, name: str, person: Person | None) -> Change:
        """Out of every group that makes admins."""
        assert person is not None
        change = Change(name)
        for group in config.groups_admins:
            if group in person.groups:
                text = f"take out of the {directory.group_word} {group}"
                change.steps.append(Step(text, partial(directory.leave, person.id, group)))
        if person.named(config, config.users_admins):
            change.notes.append("stays an admin: users.admins names them, too; take them out there, and cdk deploy Hub")
        elif not change.steps:
            change.notes.append("is no admin")
        allowed = config.open_admission or set(person.groups) & (set(config.groups_allowed) - set(config.groups_admins))
        if change.steps and not allowed and not person.named(config, [*config.users_allowed, *config.users_admins]):
            change.notes.append("may not enter any more: no group of groups.allowed is theirs")
        return change

    def tell(self, plan: Plan, directory: Directory, config: Config, people: list[Person]) -> None:
        """When; and whether nobody is left."""
        plan.warnings += _last_admin(directory, config, people)
        plan.afterwards += _until_noticed(config, "knows them as admins no more")


OF_PEOPLE: Final[dict[str, type[Command]]] = {each.verb: each for each in (Disabling, Enabling, Promoting, Demoting)}


def _last_admin(directory: Directory, config: Config, people: list[Person]) -> Iterator[str]:
    """A warning where nobody is left who administers the hub."""
    gone = {person.id for person in people}
    if not config.groups_admins or config.users_admins or not any(each.administers(config) for each in people):
        return
    there = set(directory.groups())
    if not any(directory.members(group) - gone for group in config.groups_admins if group in there):
        yield "Nobody is left who administers the hub."


def _until_noticed(config: Config, then: str) -> Iterator[str]:
    """How long the hub goes by what it knew (charts/hub/sessions.py), and servers by what the hub told them."""
    seconds = config.auth_refresh_seconds
    yield (
        f"From {seconds} seconds on (auth.refresh.seconds) their next click has the hub ask the provider anew, however "
        f"long its cookie still lives (auth.session.days, {config.auth_session_days:g}); then it {then}."
    )
    if config.identity_provider == "auth0" and "offline_access" not in config.scope:
        yield (
            "Without the scope offline_access it asks with its old token, until that ends: a day at Auth0 by default. "
            "Their cookie ends in any case."
        )
