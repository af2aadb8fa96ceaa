"""Runs in the hub: no more servers run than the budget has room for, and whoever meets a limit is told which it is."""

import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from jupyterhub import orm  # type: ignore[import-untyped]
from jupyterhub.handlers.base import BaseHandler  # type: ignore[import-untyped]
from jupyterhub.handlers.pages import HomeHandler  # type: ignore[import-untyped]
from jupyterhub.traitlets import ByteSpecification  # type: ignore[import-untyped]

from hub import usage
from hub.refusals import RefusalError, limit_met

OTHERS = ""
"""The account of whoever is in no group with limits."""
GPUS = "nvidia.com/gpu"
_LATER = "Stop a server that you do not need, choose less, or try again when others have stopped theirs"
UNITS = {
    "servers": ("run at most {} at a time", "{} server", "{} servers"),
    "cpu": ("use at most {} at a time", "{} CPU", "{} CPUs"),
    "memory": ("use at most {} at a time", "{} GB of memory", "{} GB of memory"),
    "gpus": ("use at most {} at a time", "{} GPU", "{} GPUs"),
    "hours": ("use at most {} in a month", "{} hour", "{} hours"),
    "gpu_hours": ("use at most {} in a month", "{} GPU hour", "{} GPU hours"),
}
"""How each limit is told: what may be done, and of what."""


class Limits:
    """What may be used; `settings` is `custom.limits` of the chart's values."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings
        self.shares = {each["name"]: each for each in settings["groups"]} | {OTHERS: settings["others"]}

    def check(self, db: Any, user: Any, wants: Mapping[str, float], now: float, own: int | None) -> str:
        """The account that a server is charged to.

        `own` is the number of its entry among the servers, if it has one: those before it came first.

        Raises:
            RefusalError: if there is no room for it.
        """
        met = [*self._counted(db, user, own)]
        for account in () if met else self.accounts(user):
            lacking = [*self._lacking(db, account, user.name, wants, now)]
            if not lacking:
                return account
            met += lacking
        raise self.refusal([said for said, _ in met], _LATER if any(helps for _, helps in met) else "")

    def refusal(self, met: list[str], advice: str) -> RefusalError:
        """Why somebody gets no server, and whom they can ask."""
        return limit_met([*dict.fromkeys(met)], advice, self.settings["contact"])

    def check_names(self, user: Any, server: str) -> None:
        """Refuse a server with a name of its own to who has as many, whether or not it is noted already."""
        noted = {name: each.id for name, each in user.orm_spawners.items() if name}
        before = [id for id in noted.values() if id < noted.get(server, id + 1)]
        most = self.settings["named"]
        if server and len(before) >= most:
            said = f"Each person may have at most {_amount('servers', most)} with a name of their own"
            raise self.refusal([said], "Delete one that you do not need")

    def accounts(self, user: Any) -> list[str]:
        """The groups that may be charged with somebody's server, in the order of the settings."""
        own = {group.name for group in user.groups}
        return [each["name"] for each in self.settings["groups"] if each["name"] in own] or [OTHERS]

    def account_of(self, user: Any) -> str:
        """Who is charged with a server that runs already."""
        return self.accounts(user)[0]

    def _counted(self, db: Any, user: Any, own: int | None) -> Iterator[tuple[str, bool]]:
        """Which limits of numbers of servers are met, whoever is charged."""
        before = db.query(orm.Spawner).filter(orm.Spawner.server_id.isnot(None))
        if own is not None:
            before = before.filter(orm.Spawner.server_id < own)
        most = self.settings["servers"]
        if most and before.count() >= most:
            yield f"All servers of this hub are taken: at most {most} run at a time", True
        most = self.settings["person"]
        if most and before.join(orm.Spawner.user).filter(orm.User.name == user.name).count() >= most:
            yield f"Each person may run at most {_amount('servers', most)} at a time", True

    def _lacking(
        self, db: Any, account: str, person: str, wants: Mapping[str, float], now: float
    ) -> Iterator[tuple[str, bool]]:
        """Which limits of an account leave no room, in words, and whether a server that stops would change that."""
        for part, who in (("together", None), ("each", person)):
            limits = self.shares[account].get(part, {})
            if not limits:
                continue
            has = {**usage.in_use(db, account, who), **self.used(db, account, now, who)}
            for key, most in limits.items():
                wanted = wants.get(key, 1 if key == "servers" else 0)
                if key.endswith("hours"):
                    full = has[key] >= float(most) and (key == "hours" or wants["gpus"] > 0)
                else:
                    full = wanted > 0 and has[key] + wanted > float(most) + 1e-9
                if full:
                    yield self._words(account, who, key, float(most), has[key], now), not key.endswith("hours")

    def used(self, db: Any, account: str, now: float, person: str | None = None) -> dict[str, float]:
        """The hours of this month."""
        return usage.used(db, account, usage.month(self.settings["zone"], now)[0].timestamp(), now, person)

    def _words(self, account: str, person: str | None, key: str, most: float, has: float, now: float) -> str:
        people = f"the group {account}" if account else "those in no group with limits of its own"
        bound = UNITS[key][0].format(_amount(key, most))
        if person is None:
            said, have = f"{people[0].upper()}{people[1:]} may {bound} together", "they have"
        else:
            said, have = f"Each of {people} may {bound}", "you have"
        if key.endswith("hours"):
            following = usage.month(self.settings["zone"], now)[1]
            return f"{said}, and {have} used them. The next month begins on {_day(following)}"
        return f"{said}, and {have} {_amount(key, has)}"


def _amount(key: str, amount: float) -> str:
    number = f"{amount / 2**30 if key == 'memory' else amount:.2f}".rstrip("0").rstrip(".")
    return UNITS[key][1 if number == "1" else 2].format(number)


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y} ({moment.tzinfo})"


def wanted(spawner: Any, options: Mapping[str, Any]) -> dict[str, float]:
    """What a server would be sure of: as its spawner has it, or as the choices in its options change it."""
    chosen: dict[str, Any] = {}
    if spawner.profile_list:
        from hub.profiles import overrides  # the file is there where there are profiles

        chosen = overrides(spawner.profile_list(spawner), options)
    extra = chosen.get("extra_resource_guarantees", spawner.extra_resource_guarantees) or {}
    memory = chosen.get("mem_guarantee", spawner.mem_guarantee)
    return {
        "cpu": float(chosen.get("cpu_guarantee", spawner.cpu_guarantee) or 0),
        "memory": float(ByteSpecification().validate(spawner, memory) or 0),
        "gpus": int(extra.get(GPUS, 0)),
    }


def configure(c: Any, settings: Mapping[str, Any]) -> None:
    """Count, and refuse; `settings` is `custom.limits` of the chart's values.

    JupyterHub's own limit of active servers says neither which limit it is, nor what to do about it.
    """
    limits = Limits(settings)
    start = BaseHandler.spawn_single_user
    stop_before = c.Spawner.post_stop_hook if "post_stop_hook" in c.Spawner else None

    async def start_if_there_is_room(self: Any, user: Any, server_name: str = "", options: Any = None) -> Any:
        """Refuse at once, with the status of the request that asks for a server; `count` decides among many."""
        limits.check_names(user, server_name)
        spawner = user.get_spawner(server_name, replace_failed=True)
        if not spawner.active:
            chosen = options if options is not None else spawner.orm_spawner.user_options or {}
            usage.prepare(spawner.db, limits.account_of)
            limits.check(spawner.db, user, wanted(spawner, chosen), time.time(), None)
        return await start(self, user, server_name, options)

    def count(spawner: Any) -> None:
        db, person, now = spawner.db, spawner.user.name, time.time()
        usage.prepare(db, limits.account_of)
        usage.end(db, person, spawner.name, now)  # a run whose end nobody saw
        wants = wanted(spawner, spawner.user_options)
        account = limits.check(db, spawner.user, wants, now, spawner.server.orm_server.id)
        usage.begin(db, person, spawner.name, account, wants, now)

    def uncount(spawner: Any) -> Any:
        usage.end(spawner.db, spawner.user.name, spawner.name, time.time())
        return stop_before(spawner) if stop_before else None

    def most_named(handler: Any) -> int:
        """What the page of servers tells; anywhere else no limit, for this one is looked at here."""
        if isinstance(handler, HomeHandler):
            return int(settings["named"])
        name, server = handler.path_args
        if user := handler.find_user(name):
            limits.check_names(user, server)
        return 0

    if settings["hours"]:
        from hub.hours import follow  # the file is there where a month has limits

        follow(limits)
    BaseHandler.spawn_single_user = start_if_there_is_room
    c.Spawner.pre_spawn_hook = count
    c.Spawner.post_stop_hook = uncount
    if settings["named"]:
        c.JupyterHub.named_server_limit_per_user = most_named
