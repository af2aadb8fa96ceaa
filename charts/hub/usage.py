"""Runs in the hub: which servers ran from when to when, on whose account. Kept in a table of the hub's own database."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from weakref import WeakSet
from zoneinfo import ZoneInfo

from jupyterhub import orm  # type: ignore[import-untyped]
from sqlalchemy import Column, Float, Integer, MetaData, String, Table, and_, case, func, or_, select

RUNS = Table(
    "server_runs",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("person", String(255), nullable=False),
    Column("server", String(255), nullable=False),
    # The group that is charged; empty for whoever is in none with limits.
    Column("account", String(255), nullable=False, index=True),
    Column("cpu", Float, nullable=False),
    Column("memory", Float, nullable=False),
    Column("gpus", Integer, nullable=False),
    # Seconds since 1970, as all moments here.
    Column("begin", Float, nullable=False),
    Column("end", Float, nullable=True, index=True),
)
PREPARED: WeakSet[Any] = WeakSet()
"""Databases that have the table."""
KEPT = 62 * 86400
"""Seconds after its end that a run is remembered: of this month, and of the one before."""


def prepare(db: Any, account_of: Callable[[Any], str]) -> None:
    """Once for each hub: make the table, which JupyterHub's own upgrades leave alone, and bring it in step."""
    if (engine := db.get_bind()) not in PREPARED:
        RUNS.create(db.connection(), checkfirst=True)
        settle(db, time.time(), account_of)
        PREPARED.add(engine)


def begin(db: Any, person: str, server: str, account: str, wants: Mapping[str, float], now: float) -> None:
    """Note that a server starts."""
    db.execute(RUNS.insert().values(person=person, server=server, account=account, begin=now, **wants))
    db.commit()


def end(db: Any, person: str, server: str, now: float) -> None:
    """Note that a server has ended."""
    own = and_(RUNS.c.person == person, RUNS.c.server == server, RUNS.c.end.is_(None))
    db.execute(RUNS.update().where(own).values(end=now))
    db.commit()


def settle(db: Any, now: float, account_of: Callable[[Any], str]) -> None:
    """Bring the runs in step with the servers: after a restart of the hub, and where limits are new.

    `account_of` says who is charged with somebody's server that runs already.
    """
    running = {
        (each.user.name, each.name): each for each in db.query(orm.Spawner).filter(orm.Spawner.server_id.isnot(None))
    }
    noted = {(person, server) for person, server, *_ in open_runs(db)}
    for person, server in noted - running.keys():
        end(db, person, server, now)
    for person, server in running.keys() - noted:
        account = account_of(running[person, server].user)
        begin(db, person, server, account, {"cpu": 0, "memory": 0, "gpus": 0}, now)
    db.execute(RUNS.delete().where(RUNS.c.end < now - KEPT))
    db.commit()


def open_runs(db: Any) -> list[tuple[str, str, str, int]]:
    """Person, server, account and GPUs of each server that runs."""
    return [*db.execute(select(RUNS.c.person, RUNS.c.server, RUNS.c.account, RUNS.c.gpus).where(RUNS.c.end.is_(None)))]


def latest(db: Any) -> int:
    """The number of the run that began last."""
    return int(db.execute(select(func.max(RUNS.c.id))).scalar() or 0)


def in_use(db: Any, account: str, person: str | None = None) -> dict[str, float]:
    """What an account uses now, or one person on it."""
    sums = (func.count(), *(func.coalesce(func.sum(RUNS.c[name]), 0) for name in ("cpu", "memory", "gpus")))
    row = db.execute(select(*sums).where(_of(account, person), RUNS.c.end.is_(None))).one()
    return dict(zip(("servers", "cpu", "memory", "gpus"), row, strict=True))


def used(db: Any, account: str, since: float, now: float, person: str | None = None) -> dict[str, float]:
    """The hours that an account has used since a moment, or one person on it."""
    row = db.execute(select(*_hours(since, now)).where(_of(account, person), _since(since))).one()
    return dict(zip(("hours", "gpu_hours"), row, strict=True))


def _hours(since: float, now: float) -> list[Any]:
    """Sums of hours, and of hours of GPUs, of which none is before a moment."""
    first = case((RUNS.c.begin < since, since), else_=RUNS.c.begin)
    seconds = func.coalesce(RUNS.c.end, now) - first
    return [func.coalesce(func.sum(each), 0) / 3600 for each in (seconds, seconds * RUNS.c.gpus)]


def _since(moment: float) -> Any:
    return or_(RUNS.c.end.is_(None), RUNS.c.end > moment)


def sums(db: Any, since: float, now: float) -> dict[tuple[str, str], dict[str, float]]:
    """The hours since a moment of each account, and of each person on it; whole accounts have no person's name."""
    columns = (RUNS.c.account, RUNS.c.person, *_hours(since, now))
    rows = db.execute(select(*columns).where(_since(since)).group_by(RUNS.c.account, RUNS.c.person))
    found: dict[tuple[str, str], dict[str, float]] = {}
    for account, person, hours, gpu_hours in rows:
        for who in (person, ""):
            has = found.setdefault((account, who), {"hours": 0, "gpu_hours": 0})
            has["hours"] += hours
            has["gpu_hours"] += gpu_hours
    return found


def _of(account: str, person: str | None) -> Any:
    own = RUNS.c.account == account
    return own if person is None else and_(own, RUNS.c.person == person)


def month(zone: str, now: float) -> tuple[datetime, datetime]:
    """The beginnings of this month and the next, by the clocks of a zone."""
    there = datetime.fromtimestamp(now, ZoneInfo(zone))
    first = there.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return first, following
