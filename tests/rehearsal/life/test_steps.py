"""That steps of the life fail where nothing came about, and say what they have not looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from blueprint.config import load
from rehearsal.life import looks, steps, way_in
from rehearsal.life.journal import CheckError
from rehearsal.life.steps import Life
from tests.templates.variants import SHIPPED


def pod(component: str, uid: str, node: str, **annotations: str) -> dict[str, Any]:
    return {
        "metadata": {"name": component, "namespace": "jupyterhub", "uid": uid, "annotations": annotations},
        "spec": {"nodeName": node},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"restartCount": 0}],
        },
    }


def nothing(*_: str, **__: object) -> None:
    """What kills nobody, and deploys nothing."""


@dataclass
class FakeWorld:
    """A cluster of one hub and two notebook servers."""

    config: Any
    kill: Callable[..., None] = nothing
    trusted: Path = Path("none")
    hub: dict[str, Any] = field(default_factory=lambda: pod("hub", "h", "one"))
    servers: list[dict[str, Any]] = field(
        default_factory=lambda: [
            pod("grace", "g", "one", **{"hub.jupyter.org/username": "grace"}),
            pod("ada", "a", "two", **{"hub.jupyter.org/username": "ada"}),
        ]
    )
    nodes: dict[str, str] = field(default_factory=lambda: {"one": "1", "two": "2"})

    @property
    def kubelet(self) -> Any:
        return SimpleNamespace(kill_pod=self.kill, kill_node=self.kill)

    def objects(self, path: str) -> list[dict[str, Any]]:
        if path.endswith("/nodes"):
            return [{"metadata": {"name": name, "uid": uid}} for name, uid in self.nodes.items()]
        chosen = {"hub": [self.hub], "singleuser-server": self.servers}
        return next((pods for name, pods in chosen.items() if path.endswith(f"%3D{name}")), [self.hub, *self.servers])


def page(status: int) -> Any:
    return SimpleNamespace(ok=status < 400, status_code=status, url="https://hub.test", text="<body><p>Ask Grace")


class FakeBrowser:
    """Where each person gets what they should."""

    def __init__(self, url: str, ca: Path) -> None:
        self.user: dict[str, Any] = {}
        self.cookies = {"_xsrf": {"secure"}, "jupyterhub-hub-login": {"secure", "httponly"}}

    def sign_in(self, person: str) -> Any:
        self.user = {"name": "grace" if "grace" in person else "ada"}
        return page(403 if "nemo" in person else 200)

    def open(self, path: str) -> Any:
        return SimpleNamespace(ok=True)

    def start_server(self) -> None:
        pass

    def run(self, code: str) -> str:
        return "42" if "42" in code or "6 * 7" in code else "since the first day"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "PATIENCE", 0.0)
    monkeypatch.setattr(steps, "Browser", FakeBrowser)
    monkeypatch.setattr(looks, "host_leads_to_the_hub", lambda world: iter(()))


def life(without: str = "nothing") -> tuple[Life, FakeWorld]:
    """The life of the shipped context, but for its administrators and the settings whose names begin with a word."""
    context = {key: value for key, value in SHIPPED.items() if not key.startswith((without, "admin.roles"))}
    world = FakeWorld(
        load({**context, "storage.home": "ebs", "sign.in.verified.email": False}, today=date(2026, 11, 1)).config
    )
    return Life(world, None), world  # type: ignore[arg-type]


def test_a_hub_that_nobody_killed_is_noticed() -> None:
    lived, _ = life()
    with pytest.raises(CheckError, match="the hub should have to start again"):
        list(lived._kill_pod())


def test_nodes_that_nobody_killed_are_noticed() -> None:
    lived, _ = life()
    with pytest.raises(CheckError, match="killed nodes should be gone"):
        list(lived._kill_nodes())


def test_a_notebook_server_that_started_again_did_not_go_on() -> None:
    lived, world = life()
    list(lived._sign_in())
    assert list(lived._all_goes_on())[-1] == "the notebook server went on running"
    world.servers[1]["status"]["containerStatuses"][0]["restartCount"] = 1
    with pytest.raises(CheckError, match="the notebook server's pod, and its restarts,"):
        list(lived._all_goes_on())


def test_a_hub_that_started_again_did_not_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    lived, world = life()

    def restart(*_: object) -> list[str]:
        world.hub["metadata"]["uid"] = "another"
        return []

    ways = {"own": nothing, "start_provider": nothing, "refresh_secrets": nothing, "workload_account": "1"}
    monkeypatch.setattr(lived, "commands", SimpleNamespace(own=lambda *_, **__: None))
    for name, way in ways.items():
        monkeypatch.setattr(world, name, way, raising=False)
    monkeypatch.setattr(looks, "secret_is_in_the_cluster", restart)
    monkeypatch.setattr(FakeBrowser, "sign_in", lambda *_: SimpleNamespace(ok=True))
    with pytest.raises(CheckError, match="the hub's pod, and its restarts,"):
        list(lived._rotate())


@pytest.mark.parametrize(
    ("cookies", "told"),
    [
        pytest.param({}, "hub and server should have set cookies", id="none"),
        pytest.param({"_xsrf": {"path"}}, "cookies that are not marked secure should be", id="also over http"),
        pytest.param({"session": {"secure"}}, "cookies that are not marked httponly should be", id="read by scripts"),
    ],
)
def test_careless_cookies_are_noticed(cookies: dict[str, set[str]], told: str) -> None:
    browser = FakeBrowser("https://hub.test", Path("none"))
    browser.cookies = cookies
    with pytest.raises(CheckError, match=told):
        way_in.cookies_are_for_https_alone(browser)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("look", "told"),
    [
        (way_in.the_proxy_answers, "what the proxy answers at once should be 200 and is 502"),
        (way_in.browsers_come_by_https_only, "the load balancer should send Strict-Transport-Security, not ''"),
    ],
)
def test_a_careless_way_in_is_noticed(monkeypatch: pytest.MonkeyPatch, look: Callable[..., str], told: str) -> None:
    monkeypatch.setattr(way_in, "get", lambda *_: SimpleNamespace(status_code=502, headers={}))
    with pytest.raises(CheckError, match=told):
        look(life()[1])


@pytest.mark.parametrize("step", ["_sign_in", "_reach", "_deploy_again"])
def test_somebody_who_is_refused_is_told_of_with_the_words_on_the_page(
    monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    lived, _ = life()
    monkeypatch.setattr(FakeBrowser, "sign_in", lambda *_: page(403))
    monkeypatch.setattr(lived, "_cdk", nothing)
    with pytest.raises(CheckError, match=r"should be (ada|grace) at the hub: 403 https://hub\.test Ask Grace"):
        list(getattr(lived, step)())


def test_names_are_written_small_at_the_hub() -> None:
    lived, _ = life()
    assert "Ada signs in" in next(lived._sign_in())
    lived._user = replace(lived._user, username="Ada")
    assert next(lived._sign_in()).endswith("and is ada at the hub")


def test_people_who_are_not_there_are_told() -> None:
    lived, _ = life(without="groups.")
    found = list(lived._sign_in())
    assert found[-2:] == [
        "nobody is an admin here: no admin page is looked at",
        "nobody has to stay out here: nobody is turned away",
    ]
