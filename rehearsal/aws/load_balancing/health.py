"""Health checks of targets. ELB's API tells what they find: it is kept with the targets themselves."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

import aiohttp
from moto.elbv2.models import FakeTargetGroup, elbv2_backends

from rehearsal.aws import moto_settings
from rehearsal.aws.load_balancing.picture import Picture, Target, TargetGroup

TIMEOUT: Final = 2.0
Problem = tuple[str, str]
"""What is wrong with a target: ELB's code, and its words."""

KEPT: Final = "Health"
"""The key of what is known about a target's health, in moto's target."""


@dataclass
class Health:
    """What the checks of a target have found."""

    state: str = "initial"
    reason: str | None = "Elb.InitialHealthChecking"
    description: str | None = "Initial health checks in progress"
    against: int = 0
    """How many checks in a row said otherwise than the state."""

    def note(self, problem: Problem | None, group: TargetGroup) -> None:
        """Take in a check. A new target's first good one makes it healthy, otherwise the thresholds count."""
        found = "unhealthy" if problem else "healthy"
        self.against = 0 if found == self.state else self.against + 1
        wanted = group.unhealthy_after if problem else 1 if self.state == "initial" else group.healthy_after
        if self.against >= wanted:
            self.state = found
            self.reason, self.description = problem or (None, None)


class HealthChecks:
    """The health of all targets that load balancers use."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, Target], Health] = {}

    def routable(self, group: TargetGroup) -> list[Target]:
        """The healthy targets of a group; where none is, all of them, as ELB does."""
        known = [(each, self._known.get((group.arn, each), Health())) for each in group.targets]
        healthy = [target for target, health in known if health.state == "healthy"]
        return healthy or list(group.targets)

    @property
    def good(self) -> bool:
        """Whether there are targets, and the last checks of all were good."""
        return bool(self._known) and all(
            health.state == "healthy" and not health.against for health in self._known.values()
        )

    async def check(self, picture: Picture, session: aiohttp.ClientSession) -> None:
        """Check every target once."""
        wanted = {(arn, target): group for arn, group in picture.groups.items() for target in group.targets}
        self._known = {key: self._known.get(key, Health()) for key in wanted}
        problems = await asyncio.gather(*(_problem(session, group, key[1]) for key, group in wanted.items()))
        for (key, group), problem in zip(wanted.items(), problems, strict=True):
            self._known[key].note(problem, group)
        await asyncio.to_thread(self._tell)

    def _tell(self) -> None:
        with moto_settings.LOCK:
            for (arn, target), health in self._known.items():
                kept = _kept(arn)
                if kept is not None and target.address in kept.targets:
                    kept.targets[target.address][KEPT] = health


async def _problem(session: aiohttp.ClientSession, group: TargetGroup, target: Target) -> Problem | None:
    port = target.port if group.check_port == "traffic-port" else int(group.check_port)
    url = f"{group.check_protocol.lower()}://{target.address}:{port}{group.check_path}"
    try:
        async with session.get(
            url,
            headers={"User-Agent": "ELB-HealthChecker/2.0", "Connection": "close"},
            timeout=aiohttp.ClientTimeout(total=TIMEOUT),
            allow_redirects=False,
            ssl=False,  # ELB does not verify targets' certificates
        ) as answer:
            if _matches(group.codes, answer.status):
                return None
            return "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{answer.status}]"
    except TimeoutError:
        return "Target.Timeout", "Request timed out"
    except (aiohttp.ClientError, OSError):
        return "Target.FailedHealthChecks", "Health checks failed"


def _matches(codes: str, status: int) -> bool:
    """Whether a status is one of `200`, `200,302` or `200-399`."""
    for part in codes.split(","):
        first, _, last = part.partition("-")
        if int(first) <= status <= int(last or first):
            return True
    return False


def _kept(arn: str) -> FakeTargetGroup | None:
    region, account = arn.split(":")[3:5]
    return elbv2_backends[account][region].target_groups.get(arn)
