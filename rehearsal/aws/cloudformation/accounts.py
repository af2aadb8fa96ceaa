"""The stacks and change sets of all accounts, and the threads that work on them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Thread
from typing import Any

from rehearsal.aws.api import Input
from rehearsal.aws.cloud import Cloud
from rehearsal.aws.cloudformation.stack import Stack, Stacks
from rehearsal.aws.cloudformation.template import Template
from rehearsal.aws.resources.kind import Kind

log = logging.getLogger(__name__)


@dataclass
class ChangeSet:
    """What an update would do, and would be given."""

    id: str
    name: str
    stack: Stack
    template: Template
    given: Input
    changes: list[dict[str, Any]]
    new: bool
    created: datetime = field(default_factory=lambda: datetime.now(UTC))


class Accounts:
    """The stacks and change sets of all accounts, and how to work on them."""

    def __init__(self, cloud: Callable[[str, str, str], Cloud], custom: Kind) -> None:
        self.stacks = Stacks()
        self.change_sets: list[ChangeSet] = []
        self.cloud = cloud
        self.custom = custom
        self._threads: dict[str, Thread] = {}

    def work(self, stack: Stack, status: str, job: Callable[[], None]) -> None:
        """Do a job on a stack while its caller goes on, who sees the job's status from now on."""
        stack.status = status

        def run() -> None:
            try:
                job()
            except Exception as error:
                log.exception("the stand-in failed on stack %s", stack.name)
                stack.becomes(f"{stack.status.partition('_')[0]}_FAILED", f"The stand-in failed: {error!r}")

        thread = Thread(target=run, name=f"stack {stack.name}", daemon=True)
        self._threads[stack.id] = thread
        thread.start()

    def wait(self, stack: Stack, seconds: float) -> None:
        """Return when a stack is not worked on, or after so many seconds."""
        if thread := self._threads.get(stack.id):
            thread.join(seconds)

    def join(self) -> None:
        """Wait until nothing is worked on."""
        while self._threads:
            self._threads.popitem()[1].join()
