"""What people are told of servers that are about to stop, from JupyterHub's own database."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyterhub import orm  # type: ignore[import-untyped]

from hub import notices, usage
from hub.hours import Hours
from hub.limits import Limits
from tests.hub.limits.test_limits import NOON

LONGEST = 140
"""Letters of a notification of which JupyterLab shows all."""


@pytest.fixture
def db() -> Iterator[Any]:
    made = orm.new_session_factory("sqlite:///:memory:")()
    usage.prepare(made, lambda user: "")
    yield made
    made.close()


def running(db: Any, name: str, started: float, server: str = "", *groups: str) -> Any:
    """Somebody's server that runs."""
    user = orm.User.find(db, name) or orm.User(name=name)
    user.groups.extend(orm.Group.find(db, each) or orm.Group(name=each) for each in groups)
    began = datetime.fromtimestamp(started, UTC).replace(tzinfo=None)
    made = orm.Spawner(name=server, user=user, started=began, server=orm.Server(base_url=f"/{name}/{server}"))
    db.add_all([user, made])
    db.commit()
    return user


def test_server_that_nears_its_age_is_told_of_in_time_and_once_more(db: Any) -> None:
    running(db, "ann", NOON - 7200 + notices.NOTICE - 1)
    running(db, "bob", NOON - 7200 + notices.NOTICE + 1)
    running(db, "eve", NOON - 7200 + notices.LAST, "second")
    found = notices.board(notices.of_age(7200)(db, NOON), [], NOON)
    text = "Your server stops at {time}: it has run for as long as servers may. Save your work before."
    assert {key: [each["id"].partition(":")[0] for each in said] for key, said in found.items()} == {
        ("ann", ""): ["first"],
        ("eve", "second"): ["last"],
    }
    assert {each["text"] for said in found.values() for each in said} == {text}
    assert abs(found["ann", ""][0]["end"] - (NOON + notices.NOTICE - 1)) <= 30


def test_server_on_a_machine_that_goes_away_is_told_of() -> None:
    assert notices.board([], [("ann", "")], NOON) == {
        ("ann", ""): [{"id": "machine", "text": notices.GOING, "end": 0}],
    }


def limits(**groups: Any) -> Limits:
    others = groups.pop("others", {})
    listed = [{"name": name, **share} for name, share in groups.items()]
    return Limits({"servers": 0, "person": 0, "named": 0, "zone": "UTC", "groups": listed, "others": others})


def begin(db: Any, name: str, account: str, hours: float, gpus: int = 0) -> None:
    """A server that has run for some hours."""
    running(db, name, NOON - 3600 * hours)
    usage.begin(db, name, "", account, {"cpu": 1, "memory": 1, "gpus": gpus}, NOON - 3600 * hours)


def test_servers_of_a_group_end_when_its_hours_do(db: Any) -> None:
    """Two servers take two hours in an hour: of 10.25, of which 9.75 are used, half an hour is left for both."""
    counted = Hours(limits(students={"together": {"hours": 10.25}}))
    begin(db, "ann", "students", 6)
    begin(db, "bob", "students", 3.75)
    begin(db, "eve", "staff", 30)
    ends = counted.ends(db, NOON)
    assert [(each.person, each.server, each.at, each.stops) for each in ends] == [
        ("ann", "", NOON + 900, True),
        ("bob", "", NOON + 900, True),
    ]
    assert {each.why for each in ends} == {"the students group's hours of this month are used up then"}


def test_server_of_a_person_ends_when_their_hours_do(db: Any) -> None:
    counted = Hours(limits(others={"each": {"hours": 5}}))
    begin(db, "ann", "", 5)
    begin(db, "bob", "", 4)
    (end,) = counted.ends(db, NOON)
    assert (end.person, end.at, end.why) == ("ann", NOON, "your hours of this month are used up then")


def test_hours_of_gpus_end_servers_that_have_some(db: Any) -> None:
    counted = Hours(limits(ml={"together": {"gpu_hours": 8}}))
    begin(db, "ann", "ml", 2, gpus=4)
    begin(db, "bob", "ml", 2)
    (end,) = counted.ends(db, NOON)
    assert (end.person, end.why) == ("ann", "the ml group's GPU hours of this month are used up then")


def test_hours_are_counted_anew_when_the_next_end_comes(db: Any) -> None:
    counted = Hours(limits(others={"each": {"hours": 1}}))
    begin(db, "ann", "", 1 - 10 / 3600)
    assert [each.at for each in counted.ends(db, NOON)] == [pytest.approx(NOON + 10)]
    usage.end(db, "ann", "", NOON + 5)
    assert len(counted.ends(db, NOON + 6)) == 1
    assert counted.ends(db, NOON + 10.1) == []


def test_every_notice_is_short_enough_to_be_read_whole(db: Any) -> None:
    counted = Hours(limits(**{"a" * 200: {"together": {"gpu_hours": 0}}}))
    begin(db, "ann", "a" * 200, 1, gpus=1)
    found = notices.board([*counted.ends(db, NOON), *notices.of_age(3600)(db, NOON)], [("ann", "")], NOON)
    (said,) = found.values()
    assert len(said) == 3
    assert max(len(each["text"]) for each in said) <= LONGEST
    json.dumps(said)


def test_extension_is_what_jupyterlab_loads() -> None:
    """As its build writes it into package.json (jupyterlab/federated_labextensions.py)."""
    folder = Path(__file__).parents[3] / "charts" / "server" / "hub-notices"
    package = json.loads((folder / "package.json").read_text())
    assert package["jupyterlab"]["_build"] == {"load": "static/remoteEntry.js", "extension": "./extension"}
    assert f'_JUPYTERLAB["{package["name"]}"]' in (folder / "remoteEntry.js").read_text()


def test_servers_end_together_and_nothing_waits_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three, one does not stop at the first attempt, and the others hang."""
    ends = [notices.End(name, "", NOON, "why", stops=True) for name in ("ann", "bob", "eve")]
    monkeypatch.setattr(notices, "SOURCES", [lambda db, now: ends])
    asked: list[str] = []

    async def run() -> None:
        free = asyncio.Event()

        class User(SimpleNamespace):
            async def stop(self, server: str) -> None:
                asked.append(self.name)
                if self.name == "ann":
                    raise RuntimeError("not now")
                await free.wait()

        async def delete_user(user: Any, server: str) -> None:
            """The proxy's."""

        spawner = SimpleNamespace(ready=True, pending=None, _log_name="x")
        users = {each.person: User(name=each.person, spawners={"": spawner}) for each in ends}
        app = SimpleNamespace(db=None, users=users, proxy=SimpleNamespace(delete_user=delete_user))
        for _ in range(2):
            await notices.look(app, [])
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        free.set()
        await asyncio.gather(*notices.STOPPING.values())

    asyncio.run(run())
    assert sorted(asked) == ["ann", "ann", "bob", "eve"]
    assert notices.STOPPING == {}
