"""What rules are made of: a rule looks at a whole configuration and yields a problem for each contradiction.

A rule may be given a `Config` that lacks the settings whose values are faulty; touching one ends the rule.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from blueprint.config.problems import NOTHING, Problem, shown
from blueprint.config.settings import BY_ATTRIBUTE, Config


@dataclass(frozen=True)
class Surroundings:
    """What is known besides the context: the day, account and region of the credentials in use."""

    today: date
    account: str | None = None
    region: str | None = None


Rule = Callable[[Config, Surroundings], Iterator[Problem]]


def problem(config: Config, attribute: str, allowed: str, fix: str) -> Problem:
    """A contradiction, put down to one of the settings in it."""
    value = getattr(config, attribute)
    if attribute in config.model_fields_set:
        got = shown(value)
    else:
        got = NOTHING if value in (None, []) else f"{shown(value)}, the default"
    return Problem(BY_ATTRIBUTE[attribute].key, got, allowed, fix)
