"""What the handlers share: how they answer CloudFormation, call AWS, wait, and list things in an error."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError

logging.getLogger(__package__).setLevel(logging.INFO)
log = logging.getLogger(__name__)

Event = Mapping[str, Any]
Properties = Mapping[str, Any]
Answer = dict[str, Any]
Sleep = Callable[[float], None]
Handle = Callable[[Event, "Context"], Answer]

CALLS = Config(retries={"mode": "standard", "max_attempts": 10}, connect_timeout=10, read_timeout=30)

RESERVE = 60
"""Seconds of Lambda's time kept to clean up and to answer."""

NOTHING = "nothing"
"""The physical id of what could not be made: CloudFormation deletes it, too."""

REASON = 2500
"""Bytes of an error's text: CloudFormation takes an answer of 4 KB at most."""

SHOWN = 12
"""How many things an error lists: CloudFormation takes an answer of 4 KB at most."""


class Context(Protocol):
    """The part of Lambda's context object that the handlers use."""

    def get_remaining_time_in_millis(self) -> int:
        """How long this invocation may still run."""


class Invocation(Context, Protocol):
    """What else of Lambda's context object goes into an answer."""

    log_group_name: str


def answering(handle: Handle) -> Callable[[Event, Invocation], None]:
    """A handler as Lambda runs it for CloudFormation: what it returns or raises goes to the address in the event."""

    def answer(event: Event, context: Invocation) -> None:
        made = event.get("PhysicalResourceId", NOTHING)
        said: Answer = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
        said["PhysicalResourceId"] = made
        try:
            done = {} if (event["RequestType"], made) == ("Delete", NOTHING) else handle(event, context)
            said |= {"Status": "SUCCESS", **done}
        except Exception as error:
            log.exception("%s of %s failed", event["RequestType"], made)
            words = str(error).encode()[:REASON].decode(errors="ignore")
            said |= {"Status": "FAILED", "Reason": f"{words}\nLogs: {context.log_group_name}"}
        _put(event["ResponseURL"], json.dumps(said, ensure_ascii=False).encode())

    return answer


def _put(address: str, body: bytes) -> None:
    """Put an answer to an address of S3, which was signed for a request without a content type."""
    retries = urllib3.Retry(5, backoff_factor=1, status_forcelist=[500, 502, 503, 504])
    answer = urllib3.PoolManager().request("PUT", address, body=body, headers={"Content-Type": ""}, retries=retries)
    if answer.status != 200:
        raise RuntimeError(f"CloudFormation's address for the answer answered {answer.status}.")


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
