"""Runs in the hub: how it keeps its database, and how it looks somebody up in it."""

import gc
from sqlite3 import Connection

from jupyterhub.orm import User  # type: ignore[import-untyped]
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Load, ORMExecuteState, Session


def configure() -> None:
    """Prepare each connection, change how people are looked up, and leave what that makes to itself."""
    event.listen(Engine, "connect", keep_journal)
    event.listen(Session, "do_orm_execute", look_up)
    # Each query makes hundreds of objects that go by themselves. Looking for circles among them after every 700, as
    # Python does, takes a tenth of the hub's time in a crowd.
    gc.set_threshold(50_000)


def keep_journal(connection: object, _: object) -> None:
    """Let SQLite note commits in a journal, and wait for the disk once for many; docs/decisions.md has what that means.

    What a former hub has left in the journal goes to the database first: JupyterHub copies that file alone before it
    upgrades it.
    """
    if isinstance(connection, Connection):
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "wal_checkpoint(PASSIVE)"):
            connection.execute(f"PRAGMA {pragma}").close()


def look_up(state: ORMExecuteState) -> None:
    """Read of one person what is asked for.

    JupyterHub reads their groups, roles and shares at each request, and throws it away if it has them already.
    """
    limit = getattr(state.statement, "_limit_clause", None)
    if state.bind_mapper and state.bind_mapper.class_ is User and getattr(limit, "value", None) == 1:
        state.statement = state.statement.options(Load(User).lazyload("*"))
