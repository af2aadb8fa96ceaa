"""How many servers run at a time, counted in JupyterHub's own database."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyterhub import orm  # type: ignore[import-untyped]
from tornado.web import HTTPError

from tests.hub.deployed import hub_config


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Any]:
    """A function that lets a server begin to start, as JupyterHub does it, and says what is told."""
    (tmp_path / "client-secret").write_text("secret")
    (tmp_path / "state-key").write_text("ab" * 32)
    hook = hub_config({"singleuser.servers.max": 2}, tmp_path).Spawner.pre_spawn_hook
    db = orm.new_session_factory("sqlite:///:memory:")()

    def begin(name: str, servers: int = 1) -> list[Any]:
        user = orm.User(name=name)
        db.add(user)
        made = []
        for number in range(servers):
            server = orm.Server(base_url=f"/user/{name}/{number}")
            made.append(orm.Spawner(name=str(number), user=user, server=server))
            db.add_all([server, made[-1]])
        db.commit()
        return made

    def told(spawner: Any) -> tuple[int, str] | None:
        try:
            hook(SimpleNamespace(db=db, server=SimpleNamespace(orm_server=spawner.server)))
        except HTTPError as error:
            return error.status_code, str(error.jupyterhub_message)  # type: ignore[attr-defined]
        return None

    yield SimpleNamespace(begin=begin, told=told, db=db)
    db.close()


def test_who_is_one_too_many_is_told(hub: Any) -> None:
    servers = [hub.begin(name)[0] for name in ("ann", "bob", "eve")]
    *first, (status, words) = [hub.told(server) for server in servers]
    assert (first, status) == ([None, None], 429)
    assert words.startswith("All servers of this hub are taken: at most 2 run at a time.")


def test_of_several_who_start_together_the_first_get_theirs(hub: Any) -> None:
    ann, bob, eve = (hub.begin(name)[0] for name in ("ann", "bob", "eve"))
    assert [hub.told(each) is None for each in (eve, bob, ann)] == [False, True, True]


def test_server_that_stops_leaves_its_place(hub: Any) -> None:
    ann, _ = hub.begin("ann", 2)
    eve = hub.begin("eve")[0]
    assert hub.told(eve)
    hub.db.delete(ann.server)
    ann.server = None
    hub.db.commit()
    assert hub.told(eve) is None
