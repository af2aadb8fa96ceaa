"""Runs in the hub: which servers stop because the hours of a month, of a group or a person, are used up."""

from collections.abc import Iterator
from typing import Any

from hub import usage
from hub.notices import NOTICE, SOURCES, End

_EVERY = 60
"""Seconds between two counts, for which all runs of the month are read."""


class Hours:
    """Who is near the end of their hours; `limits` is what `hub.limits` makes of the settings."""

    def __init__(self, limits: Any) -> None:
        self._limits = limits
        self._again, self._latest = 0.0, 0
        self._ends: list[End] = []

    def ends(self, db: Any, now: float) -> list[End]:
        """Which servers stop soon, by the last count; one that has begun since then brings a new one."""
        usage.prepare(db, self._limits.account_of)
        latest = usage.latest(db)
        if now >= self._again or latest != self._latest:
            self._ends, self._latest = [*self._count(db, now)], latest
            self._again = min([now + _EVERY, *(each.at for each in self._ends if each.at > now)])
        return self._ends

    def _count(self, db: Any, now: float) -> Iterator[End]:
        running = usage.open_runs(db)
        since = usage.month(self._limits.settings["zone"], now)[0].timestamp()
        for (account, person), has in usage.sums(db, since, now).items():
            limits = self._limits.shares.get(account, {}).get("each" if person else "together", {})
            for key in [key for key in ("hours", "gpu_hours") if key in limits]:
                own = [run for run in running if run[2] == account and person in ("", run[0])]
                # Hours that each server takes in an hour.
                rates = {run[:2]: run[3] if key == "gpu_hours" else 1 for run in own}
                rate = sum(rates.values())
                at = now + max(0.0, float(limits[key]) - has[key]) / rate * 3600 if rate else now + NOTICE + 1
                if at - now <= NOTICE:
                    why = _words(account, person, key)
                    yield from (End(*server, at, why, stops=True) for server, each in rates.items() if each)


def _words(account: str, person: str, key: str) -> str:
    who = "your" if person else f"the {account[:30]} group's" if account else "all"
    return f"{who} {'GPU hours' if key == 'gpu_hours' else 'hours'} of this month are used up then"


def follow(limits: Any) -> None:
    """Tell people in time, and stop their servers then."""
    SOURCES.append(Hours(limits).ends)
