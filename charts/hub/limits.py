"""Runs in the hub: no more servers run at a time than the budget has room for."""

from collections.abc import Mapping
from typing import Any

from jupyterhub import orm  # type: ignore[import-untyped]

from hub.refusals import all_taken


def configure(c: Any, settings: Mapping[str, Any]) -> None:
    """Count who came first; `settings` is `custom.limits` of the chart's values.

    JupyterHub's own limit of active servers says neither which limit it is, nor what to do about it.
    """
    most = settings["servers"]

    def count(spawner: Any) -> None:
        own = spawner.server.orm_server.id
        # Those that run, and those that began to start before this one.
        first = spawner.db.query(orm.Spawner).filter(orm.Spawner.server_id.isnot(None), orm.Spawner.server_id < own)
        if first.count() >= most:
            raise all_taken(most)

    c.Spawner.pre_spawn_hook = count
