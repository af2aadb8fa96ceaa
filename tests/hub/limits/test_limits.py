"""Limits in the classes that run in the hub: counted in JupyterHub's own database, told in words."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyterhub import orm  # type: ignore[import-untyped]
from jupyterhub.handlers.base import BaseHandler  # type: ignore[import-untyped]
from kubespawner import KubeSpawner  # type: ignore[import-untyped]
from tornado.web import HTTPError

from hub import limits as limits_module
from hub import usage
from tests.hub.deployed import hub_config

NOON = 1_795_000_000.0
"""18 November 2026, 09:46 in UTC."""
LIMITS = """
zone: Europe/Berlin
groups:
  ml team: {gpus: 2, gpu_hours: 10}
  students: {servers: 3, memory: 8G, cpu: 2, hours: 50, each: {servers: 1, hours: 10}}
  staff: {}
others: {each: {gpus: 0}}
"""
PROFILES = """
usual: {title: Usual}
large: {title: Large, sizes: {l: {cpu: 1.5, cpu_limit: 2, memory: 4G}}}
gpu: {title: GPU, sizes: {g: {share: 1, instance_types: [g4dn.xlarge], gpus: 1}}}
gpus: {title: GPUs, sizes: {g: {share: 1, instance_types: [g4dn.12xlarge], gpus: 4}}}
"""


class Hub:
    """The parts of a hub that count, over a database."""

    def __init__(self, hooks: Any, db: Any) -> None:
        self.hooks, self.db = hooks, db
        self.offers = hooks.KubeSpawner.profile_list if "profile_list" in hooks.KubeSpawner else None

    def person(self, name: str, *groups: str) -> Any:
        """Somebody in groups."""
        user = orm.User(name=name)
        for each in groups:
            user.groups.append(orm.Group.find(self.db, each) or orm.Group(name=each))
        self.db.add(user)
        self.db.commit()
        return user

    def begin(self, user: Any, name: str = "", options: Mapping[str, str] | None = None) -> Any:
        """A server that begins to start, as JupyterHub has it then."""
        server = orm.Server(base_url=f"/user/{user.name}/{name}")
        made = user.orm_spawners.get(name) or orm.Spawner(name=name, user=user)
        made.server = server
        self.db.add_all([server, made])
        self.db.commit()
        return SimpleNamespace(
            db=self.db,
            user=user,
            name=name,
            orm_spawner=made,
            server=SimpleNamespace(orm_server=server),
            user_options=dict(options or {}),
            profile_list=self.offers,
            cpu_guarantee=0.5,
            mem_guarantee=2**30,
            extra_resource_guarantees={"ephemeral-storage": "1Gi"},
        )

    def told(self, spawner: Any) -> str:
        """What is told to who starts it; nothing where it starts."""
        try:
            self.hooks.Spawner.pre_spawn_hook(spawner)
        except HTTPError as error:
            return str(error.jupyterhub_message)  # type: ignore[attr-defined]
        return ""

    def start(self, user: Any, name: str = "", **options: str) -> str:
        """Start a server, or be told why not; one that does not start leaves nothing, as in JupyterHub."""
        spawner = self.begin(user, name, options)
        if said := self.told(spawner):
            self.stop(spawner)
        return said

    def stop(self, spawner: Any) -> None:
        """End a server, as JupyterHub does it."""
        self.db.delete(spawner.orm_spawner.server)
        spawner.orm_spawner.server = None
        self.db.commit()
        self.hooks.Spawner.post_stop_hook(spawner)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The time that the hub has; to be set."""
    now = SimpleNamespace(at=NOON)
    for module in (limits_module, usage):
        monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: now.at))
    return now


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Any) -> Iterator[Any]:
    """A function that makes a hub of settings."""
    monkeypatch.setattr(BaseHandler, "spawn_single_user", BaseHandler.spawn_single_user)
    db = orm.new_session_factory("sqlite:///:memory:")()

    def make(limits: str = "", profiles: str = "", **changes: Any) -> Hub:
        for name, text in (("client-secret", "secret"), ("state-key", "ab" * 32), ("profiles.yaml", profiles)):
            (tmp_path / name).write_text(text)
        (tmp_path / "limits.yaml").write_text(limits)
        context = {key.replace("_", "."): value for key, value in changes.items()}
        context |= {"singleuser.limits": "limits.yaml", "groups.claim": "groups"} if limits else {}
        context |= {"singleuser.profiles": "profiles.yaml"} if profiles else {}
        return Hub(hub_config({"hub.contact": "help@example.com", **context}, tmp_path), db)

    yield make
    db.close()


def test_who_is_one_too_many_is_told_which_limit_it_is_and_whom_to_ask(hub: Any) -> None:
    made = hub(singleuser_servers_max=2)
    assert [made.start(made.person(name)) for name in ("ann", "bob", "eve")] == [
        "",
        "",
        "All servers of this hub are taken: at most 2 run at a time. Stop a server that you do not need, choose less, "
        "or try again when others have stopped theirs. If you need more, ask help@example.com.",
    ]


def test_of_several_who_start_together_the_first_get_theirs(hub: Any) -> None:
    made = hub(singleuser_servers_max=2)
    ann, bob, eve = (made.begin(made.person(name)) for name in ("ann", "bob", "eve"))
    assert [made.told(each) == "" for each in (eve, bob, ann)] == [False, True, True]


def test_server_that_stops_leaves_its_place(hub: Any) -> None:
    made = hub("others: {servers: 1}")
    ann, bob = made.person("ann"), made.person("bob")
    first = made.begin(ann)
    assert made.told(first) == ""
    assert made.start(bob)
    made.stop(first)
    assert made.start(bob) == ""


def test_person_has_no_more_servers_than_the_settings_say(hub: Any) -> None:
    made = hub(singleuser_servers_named=3, singleuser_servers_person=2)
    ann = made.person("ann")
    assert [made.start(ann, name) for name in ("", "a")] == ["", ""]
    assert made.start(ann, "b").startswith("Each person may run at most 2 servers at a time. Stop a server")
    assert made.start(made.person("bob")) == ""


@pytest.mark.parametrize(
    ("before", "then", "words"),
    [
        pytest.param(
            [{}, {}, {}],
            {},
            "The group students may run at most 3 servers at a time together, and they have 3 servers.",
            id="servers",
        ),
        pytest.param(
            [{"profile": "large"}],
            {"profile": "large"},
            "The group students may use at most 2 CPUs at a time together, and they have 1.5 CPUs.",
            id="cpu",
        ),
    ],
)
def test_group_has_no_more_than_its_limits_together(
    hub: Any, before: list[dict[str, str]], then: dict[str, str], words: str
) -> None:
    made = hub(LIMITS, PROFILES, nodes_user_scaling="karpenter", nodes_gpu_max=2)
    people = [made.person(f"p{number}", "students") for number in range(4)]
    for person, options in zip(people, before, strict=False):
        assert made.start(person, **options) == ""
    assert made.start(people[-1], **then).startswith(words)


def test_memory_is_what_servers_are_sure_of(hub: Any) -> None:
    made = hub("groups: {students: {memory: 9G}}", PROFILES, nodes_user_scaling="karpenter", nodes_gpu_max=2)
    people = [made.person(f"p{number}", "students") for number in range(3)]
    assert [made.start(each, profile="large") for each in people[:2]] == ["", ""]
    words = "The group students may use at most 9 GB of memory at a time together, and they have 8 GB of memory."
    assert made.start(people[2], profile="large").startswith(words)
    assert made.start(people[2], profile="usual") == ""


def test_gpus_are_counted_by_group_and_can_be_for_none(hub: Any) -> None:
    made = hub(LIMITS, PROFILES, nodes_user_scaling="karpenter", nodes_gpu_max=2)
    lise, emmy = (made.person(name, "ml team") for name in ("lise", "emmy"))
    words = "The group ml team may use at most 2 GPUs at a time together, and they have 0 GPUs."
    assert made.start(lise, profile="gpus").startswith(words)
    assert made.start(lise, profile="gpu") == made.start(emmy, profile="gpu") == ""
    assert made.start(made.person("rosa", "ml team"), profile="gpu")
    others = "Each of those in no group with limits of its own may use at most 0 GPUs at a time, and you have 0 GPUs."
    assert made.start(made.person("ann"), profile="gpu").startswith(others)


def test_who_is_in_several_groups_is_charged_to_the_first_with_room(hub: Any) -> None:
    made = hub("groups: {b: {servers: 1}, a: {servers: 1}}", singleuser_servers_named=3)
    ann = made.person("ann", "a", "b")
    assert [made.start(ann, name) for name in ("", "x")] == ["", ""]
    assert [run[2] for run in usage.open_runs(made.db)] == ["b", "a"]
    words = made.start(ann, "y")
    assert "The group b may run at most 1 server at a time together, and they have 1 server." in words
    assert "The group a may run at most 1 server at a time together, and they have 1 server." in words


def test_each_person_has_a_share_of_the_groups_hours(hub: Any, clock: Any) -> None:
    made = hub(LIMITS)
    ann, bob = (made.person(name, "students") for name in ("ann", "bob"))
    server = made.begin(ann)
    assert made.told(server) == ""
    clock.at += 10 * 3600
    made.stop(server)
    assert made.start(ann) == (
        "Each of the group students may use at most 10 hours in a month, and you have used them. "
        "The next month begins on 1 December 2026 (Europe/Berlin). If you need more, ask help@example.com."
    )
    assert made.start(bob) == ""


def test_month_begins_by_the_clocks_of_its_zone(hub: Any, clock: Any) -> None:
    """In Auckland it is December while it is still November in UTC."""
    made = hub("zone: Pacific/Auckland\nothers: {hours: 5}")
    ann = made.person("ann")
    clock.at = first = usage.month("Pacific/Auckland", NOON)[1].timestamp() - 6 * 3600
    server = made.begin(ann)
    assert made.told(server) == ""
    clock.at += 8 * 3600
    made.stop(server)
    assert made.start(ann) == ""  # two of the eight hours are December's
    assert usage.month("UTC", first)[1].timestamp() > clock.at


@pytest.mark.parametrize(
    ("zone", "moment", "months"),
    [
        ("UTC", NOON, ("2026-11-01T00:00:00+00:00", "2026-12-01T00:00:00+00:00")),
        ("Europe/Berlin", NOON + 30 * 86400, ("2026-12-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00")),
        ("America/New_York", NOON - 18 * 86400, ("2026-10-01T00:00:00-04:00", "2026-11-01T00:00:00-04:00")),
    ],
)
def test_month_has_a_beginning_and_an_end(zone: str, moment: float, months: tuple[str, str]) -> None:
    assert tuple(each.isoformat() for each in usage.month(zone, moment)) == months


def test_hours_of_gpus_are_counted_by_themselves(hub: Any, clock: Any) -> None:
    made = hub(LIMITS, PROFILES, nodes_user_scaling="karpenter", nodes_gpu_max=2)
    lise, emmy = (made.person(name, "ml team") for name in ("lise", "emmy"))
    servers = [made.begin(each, "", {"profile": "gpu"}) for each in (lise, emmy)]
    assert [made.told(each) for each in servers] == ["", ""]
    clock.at += 5 * 3600
    for each in servers:
        made.stop(each)
    words = "The group ml team may use at most 10 GPU hours in a month together, and they have used them."
    assert made.start(lise, profile="gpu").startswith(words)
    assert made.start(lise, profile="usual") == ""


def test_hours_of_a_server_that_runs_count(hub: Any, clock: Any) -> None:
    made = hub("others: {hours: 3}")
    assert made.start(made.person("ann")) == ""
    clock.at += 3 * 3600
    assert "at most 3 hours in a month together" in made.start(made.person("bob"))


def test_hub_that_starts_anew_goes_on_counting(hub: Any, clock: Any) -> None:
    """Of its servers one has ended meanwhile, and one has no run, as where limits are new."""
    made = hub("others: {hours: 100}")
    ann, bob, eve = (made.person(name) for name in ("ann", "bob", "eve"))
    assert made.start(ann) == ""
    lost = made.begin(bob)
    assert made.told(lost) == ""
    lost.orm_spawner.server = None
    made.begin(eve)
    clock.at += 3600
    usage.PREPARED.clear()
    anew = hub("others: {hours: 100}")
    assert anew.start(made.person("rosa")) == ""
    assert [run[0] for run in usage.open_runs(made.db)] == ["ann", "eve", "rosa"]
    clock.at += 3600
    assert usage.used(made.db, "", NOON, clock.at) == {"hours": 2 + 1 + 1 + 1, "gpu_hours": 0}


def test_runs_of_former_months_are_forgotten(hub: Any, clock: Any) -> None:
    made = hub("others: {hours: 100}")
    server = made.begin(made.person("ann"))
    assert made.told(server) == ""
    made.stop(server)
    clock.at += usage.KEPT + 1
    usage.PREPARED.clear()
    assert made.start(made.person("bob")) == ""
    assert {person for (person,) in made.db.query(usage.RUNS.c.person)} == {"bob"}


@pytest.mark.parametrize("noted", [False, True], ids=["not yet known", "known to JupyterHub"])
def test_person_has_no_more_servers_with_names_than_the_settings_say(hub: Any, noted: bool) -> None:
    made = hub(singleuser_servers_named=2)
    ann = made.person("ann")
    for name in ("", "a", "b", *(["c"] if noted else [])):
        made.db.add(orm.Spawner(name=name, user=ann))
    made.db.commit()
    found = limits_module.Limits({"named": 2, "groups": [], "others": {}, "contact": "help@example.com"})
    for name in ("", "a", "b"):
        found.check_names(ann, name)
    with pytest.raises(HTTPError) as refused:
        found.check_names(ann, "c")
    assert refused.value.jupyterhub_message == (  # type: ignore[attr-defined]
        "Each person may have at most 2 servers with a name of their own. Delete one that you do not need. "
        "If you need more, ask help@example.com."
    )


def test_jupyterhub_takes_a_database_that_has_our_table(tmp_path: Path) -> None:
    """Its own look at the version of what it finds, as it begins."""
    url = f"sqlite:///{tmp_path}/jupyterhub.sqlite"
    db = orm.new_session_factory(url)()
    usage.prepare(db, lambda user: "")
    db.close()
    assert orm.new_session_factory(url)().query(usage.RUNS).count() == 0


def test_amounts_are_read_as_kubespawner_has_them() -> None:
    async def read() -> dict[str, float]:
        extra = {"nvidia.com/gpu": "2"}
        spawner = KubeSpawner(_mock=True, mem_guarantee="3G", cpu_guarantee=1.5, extra_resource_guarantees=extra)
        return limits_module.wanted(spawner, {})

    assert asyncio.run(read()) == {"cpu": 1.5, "memory": 3 * 2**30, "gpus": 2}
