"""`blueprint verify --login`: at a real hub on loopback with real servers, and a provider that asks for a password."""

import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from websockets.sync.server import serve

from blueprint.cli.checks.findings import Finding, unknown
from blueprint.cli.checks.web import WebError
from blueprint.cli.verify import reach
from blueprint.cli.verify.browser import Browser, Page
from blueprint.cli.verify.login import Login, signed_in
from blueprint.cli.verify.notebook import Kernel
from blueprint.cli.verify.reach import Target
from preview.running import Preview
from tests.preview.conftest import CONTEXT, Start
from tests.preview.verify.password_provider import PASSWORD, PasswordProvider

LOOPBACK = "127.0.0.1"


@pytest.fixture(scope="module")
def provider() -> Iterator[PasswordProvider]:
    made = PasswordProvider()
    yield made
    made.close()


@pytest.fixture(scope="module")
def preview(start: Start, provider: PasswordProvider) -> Iterator[Preview]:
    theirs = {
        "authorize_url": f"{provider.url}/authorize",
        "token_url": f"{provider.url}/token",
        "userdata_url": f"{provider.url}/me",
    }
    context = {**CONTEXT, "identity.provider": "generic", "users.allowed": ["ada", "grace"], "usernameKey": "sub"}
    with start(context, {"hub": {"config": {"GenericOAuthenticator": theirs}}}) as running:
        yield running


@pytest.fixture
def answering() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def found(preview: Preview, provider: PasswordProvider, answering: int, monkeypatch: pytest.MonkeyPatch) -> Any:
    def found(user: str, password: str = PASSWORD, **more: Any) -> list[Finding]:
        config = SimpleNamespace(
            hub_url=preview.addresses.hub_url,
            auth_url=more.pop("auth_url", f"{provider.url}/authorize"),
            singleuser_start_timeout=120,
        )
        rested: list[float] = []
        around = more.pop(
            "around", [Target("what is far", "255.255.255.255", 80), Target("the hub", LOOPBACK, answering, False)]
        )
        monkeypatch.setattr(reach, "targets", lambda _: [*around])
        monkeypatch.setattr(reach, "neighbour", lambda *_: more.get("other", around[0]))
        world: Any = SimpleNamespace(config=config, authorities=None)
        return [*signed_in(world, Login(user, password, more.get("idle", 0)), rested.append)]

    provider.look = "one page"
    return found


def test_somebody_signs_in_runs_a_cell_and_leaves_nothing(found: Any) -> None:
    told = found("ada", idle=300)
    assert [each.level for each in told] == ["ok"] * 6, told
    texts = [each.text for each in told]
    assert texts[0] == "ada signs in, and is ada at the hub."
    assert texts[1].startswith("The server starts, in ")
    assert texts[2:] == [
        "A cell runs, through the kernel's websocket.",
        "A user's pod does not reach what is far (255.255.255.255:80), what is far (255.255.255.255:80).",
        "The websocket lives through 300 s of silence.",
        "The server was stopped.",
    ]


def test_a_provider_may_ask_for_the_name_first(found: Any, provider: PasswordProvider) -> None:
    provider.look = "two pages"
    assert [each.level for each in found("grace")] == ["ok"] * 5


def test_what_a_notebook_reaches_and_must_not_is_told(found: Any, answering: int) -> None:
    around = [
        Target("what listens", LOOPBACK, answering),
        Target("what refuses", LOOPBACK, 1),
        Target("what has no name", "nobody.invalid", 80),
        Target("the hub", "255.255.255.255", 80, False),
    ]
    nobody = unknown("Nobody else works.", "Wait")
    told = [(each.level, each.text) for each in found("ada", around=around, other=nobody) if each.level != "ok"]
    wrong = f"what listens (127.0.0.1:{answering}), what refuses (127.0.0.1:1)"
    nowhere = "what has no name (nobody.invalid:80)"
    assert told == [
        ("unknown", nobody.text),
        ("fault", f"A user's pod reaches what it must not: {wrong}."),
        ("fault", "A user's pod does not reach the hub (255.255.255.255:80)."),
        ("unknown", f"A user's pod does not find {nowhere}: nobody can say whether that is shut."),
    ]


def test_a_wrong_password_is_told_and_nowhere_shown(found: Any) -> None:
    (told,) = found("ada", "s3cr3t-wrong")
    assert (told.level, "does not sign ada in" in told.text) == ("fault", True)
    assert "s3cr3t" not in f"{told}{Login('ada', 's3cr3t-wrong')}"


def test_a_page_for_screens_alone_is_told(found: Any, provider: PasswordProvider) -> None:
    provider.look = "script"
    (told,) = found("ada")
    assert (told.level, "cannot be filled in without a screen" in told.text) == ("unknown", True)


def test_who_may_not_enter_is_told(found: Any) -> None:
    (told,) = found("mallory")
    assert (told.level, told.text) == ("fault", "The hub turns mallory away, whom the provider lets in.")


def test_no_password_goes_to_another_provider(found: Any, provider: PasswordProvider) -> None:
    before = len(provider.codes)
    (told,) = found("ada", auth_url="https://login.example.com/authorize")
    assert (told.level, "no password goes there" in told.text) == ("fault", True)
    assert len(provider.codes) == before


def test_a_hub_that_does_not_answer_is_told(provider: PasswordProvider) -> None:
    config = SimpleNamespace(hub_url="http://127.0.0.1:9", auth_url=provider.url, singleuser_start_timeout=1)
    (told,) = signed_in(cast(Any, SimpleNamespace(config=config, authorities=None)), Login("ada", "x"))
    assert (told.level, "nothing answers there" in told.text) == ("fault", True)


def test_a_websocket_that_is_cut_is_told() -> None:
    def cut(socket: Any) -> None:
        socket.recv()
        socket.close(1001)

    with serve(cut, "127.0.0.1", 0) as server:
        from threading import Thread

        thread = Thread(target=server.serve_forever)
        thread.start()
        address = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
        with Kernel(address, "", None) as kernel, pytest.raises(WebError, match="the websocket was cut"):
            kernel.run("print(1)")
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("action", ["file:///etc/passwd", "ftp://example.com/x"])
def test_forms_lead_to_http_alone(action: str) -> None:
    page = Page("http://127.0.0.1/", 200, f'<form method="post" action="{action}"><input name="a"></form>')
    with pytest.raises(WebError):
        Browser().submit(page, page.forms[0], {})


def test_forms_keep_what_is_said_within_tls() -> None:
    page = Page("https://login.example.com/", 200, '<form method="post" action="http://login.example.com/"></form>')
    with pytest.raises(WebError, match="without TLS"):
        Browser().submit(page, page.forms[0], {})
