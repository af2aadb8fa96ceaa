"""Runs checks beside each other, each for a limited time; whatever stops one is a finding of its own."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from blueprint.cli.checks.aws import stopped
from blueprint.cli.checks.findings import Finding, unknown
from blueprint.cli.checks.web import WebError
from blueprint.cli.checks.world import World

Look = Callable[[World], Iterator[Finding]]


@dataclass(frozen=True)
class Check:
    """A look at one subject; it reads and changes nothing."""

    subject: str
    look: Look
    workload: bool = False
    """Whether nothing of it can be done without credentials of the workload account."""
    dns: bool = False
    """Whether nothing of it can be done without credentials of the DNS account."""


def examine(
    world: World, checks: Sequence[Check], seconds: float, progress: Callable[[int], None] = lambda done: None
) -> list[Finding]:
    """What all checks find, in their order, each thing once."""
    found: list[list[Finding]] = [[] for _ in checks]
    threads = [
        # Daemons: one that hangs does not keep the command from ending.
        threading.Thread(target=_keep, args=(check, world, kept), daemon=True)
        for check, kept in zip(checks, found, strict=True)
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    for done, thread in enumerate(threads):
        progress(done)
        thread.join(max(0.0, deadline - time.monotonic()))
    slow = unknown(f"There was no answer within {seconds:g} seconds.", "Try again, with a larger --timeout")
    told = (
        finding.about(check.subject)
        for check, thread, kept in zip(checks, threads, found, strict=True)
        for finding in (*kept, *([slow] if thread.is_alive() else []))
    )
    return [*dict.fromkeys(told)]  # several may meet the same hub that does not answer


def _keep(check: Check, world: World, kept: list[Finding]) -> None:
    kept.extend(guarded(check.look(world)))


def guarded(findings: Iterable[Finding]) -> Iterator[Finding]:
    """What a check finds until something stops it, and what that was."""
    try:
        yield from findings
    except (ClientError, BotoCoreError) as error:
        yield stopped(error)
    except WebError as error:
        yield unknown(f"It was not reached: {error}", "Look at network and proxy, then try again")
    except Exception as error:
        # An answer of another form than the service documents: the type says where to look, and no value is printed.
        yield unknown(f"An answer was not understood ({type(error).__name__}).", "Try again; if it stays so, report it")
