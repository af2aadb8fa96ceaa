"""What the handlers share: how they call AWS, how they wait, and how they list things in an error."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from botocore.config import Config
from botocore.exceptions import ClientError

logging.getLogger(__package__).setLevel(logging.INFO)
log = logging.getLogger(__name__)

Event = Mapping[str, Any]
Properties = Mapping[str, Any]
Answer = dict[str, Any]
Sleep = Callable[[float], None]

CALLS = Config(retries={"mode": "standard", "max_attempts": 10}, connect_timeout=10, read_timeout=30)

RESERVE = 60
"""Seconds of Lambda's time kept to clean up and to answer: CDK's framework, which waits for us, has 15
minutes too and started before us."""

SHOWN = 12
"""How many things an error lists: CloudFormation takes an answer of 4 KB at most."""


class Context(Protocol):
    """The part of Lambda's context object that the handlers use."""

    def get_remaining_time_in_millis(self) -> int:
        """How long this invocation may still run."""


class Wait:
    """The patience of one invocation."""

    def __init__(self, context: Context, sleep: Sleep = time.sleep) -> None:
        self._context = context
        self._sleep = sleep

    def rounds(self, what: str, every: float = 10) -> Iterator[None]:
        """Go round at once, and again every few seconds until the time is nearly over."""
        while True:
            yield
            left = self._context.get_remaining_time_in_millis() / 1000 - RESERVE
            if left < every:
                return
            log.info("waiting for %s, for %d s at most", what, left)
            self._sleep(every)


def code(error: ClientError) -> str:
    """AWS's name for what went wrong, such as `AccessDenied`."""
    return error.response["Error"]["Code"]


def listed(things: Sequence[str]) -> str:
    """One line for each thing, as many as an answer to CloudFormation can hold."""
    lines = [f"- {thing}" for thing in things[:SHOWN]]
    if len(things) > SHOWN:
        lines.append(f"- and {len(things) - SHOWN} more, which the log of this function names")
    return "\n".join(lines)
