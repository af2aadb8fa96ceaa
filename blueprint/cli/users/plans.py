"""What a command would change, person by person, before anything is: every fault is found first."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Final

from blueprint.cli.changing.plan import Change, Plan
from blueprint.cli.changing.trouble import TroubleError
from blueprint.cli.checks.findings import Finding, fault, listed
from blueprint.cli.users.people import Directory, Person
from blueprint.config import Config
from blueprint.config.problems import plain, shown

_LONGEST: Final = 128


class Command(ABC):
    """What was asked for, of whom."""

    verb: ClassVar[str]
    connection: str | None = None

    def __init__(self, names: list[str]) -> None:
        self.names = list(dict.fromkeys(name.strip() for name in names))

    def plan(self, directory: Directory, config: Config) -> Plan:
        """What it takes.

        Raises:
            TroubleError: with all that is wrong with what was asked for.
        """
        faults = [*self.faults(directory, config)]
        faults += [each for name in self.names if (each := unusable(name))]
        people: dict[str, Person | None] = {}
        for name in self.names:
            if unusable(name):
                continue
            found = directory.find(name)
            if len(found) > 1:
                ids = listed([plain(each.id) for each in found])
                faults.append(fault(f"{name} has several accounts: {ids}.", "Name the one that is meant by its id"))
            elif not found and not self.makes:
                faults.append(fault(f"There is no {name} in {directory.title}.", "Look: blueprint users list"))
            people[name] = found[0] if found else None
        if faults:
            raise TroubleError(*faults)
        plan = Plan([self.change(directory, config, name, person) for name, person in people.items()])
        if plan.steps:
            self.tell(plan, directory, config, [each for each in people.values() if each])
        return plan

    makes: ClassVar[bool] = False
    """Whether it may be of people who are not there."""

    def faults(self, directory: Directory, config: Config) -> Iterator[Finding]:
        """What is wrong whoever it is about."""
        yield from ()

    @abstractmethod
    def change(self, directory: Directory, config: Config, name: str, person: Person | None) -> Change:
        """What it takes for one."""

    def tell(self, plan: Plan, directory: Directory, config: Config, people: list[Person]) -> None:
        """Add what to know of it."""
        return


def unusable(name: str) -> Finding | None:
    """What keeps a name from being asked for."""
    if name and len(name) <= _LONGEST and name.isprintable() and not re.search(r"\s", name):
        return None
    return fault(f"{shown(name)} is nobody's name.", "Give an e-mail address, or an id of the provider's")
