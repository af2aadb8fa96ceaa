"""Pages as the hub makes them from our templates over its own: what they say, and that nothing people write is HTML."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader
from jupyterhub._data import DATA_FILES_PATH  # type: ignore[import-untyped]
from tornado.web import HTTPError

from blueprint.hub import HUB_CODE, hub_values, named_provider
from hub import refusals
from tests.config.seed import config

HOSTILE = """<script>alert(1)</script>'"&lt;"""
HERE = Path(DATA_FILES_PATH, "templates")
# As JupyterHub makes it.
ENVIRONMENT = Environment(
    loader=ChoiceLoader(
        [
            PrefixLoader({"templates": FileSystemLoader([HERE])}, "/"),
            FileSystemLoader([HUB_CODE / "templates", HERE]),
        ]
    ),
    autoescape=True,
)
OURS = sorted(path.name for path in (HUB_CODE / "templates").glob("*.html"))


def page(name: str, changes: dict[str, Any] | None = None, **more: Any) -> str:
    """A page as browsers get it."""
    settings = config(changes)
    of_the_hub = {
        "base_url": "/hub/",
        "login_url": "/hub/login",
        "logout_url": "/hub/logout",
        "authenticator_login_url": "/hub/oauth_login?next=%2Fhub%2F&x=y",
        "static_url": lambda path, **_: f"/hub/static/{path}",
        "parsed_scopes": {},
        "status_code": 500,
        "status_message": "Internal Server Error",
        "server_version": "5",
        "user": None,
    }
    ours = hub_values(settings, named_provider(settings))["hub"]["templateVars"]
    return ENVIRONMENT.get_template(name).render({**of_the_hub, **ours, **more})


def words(html: str) -> str:
    """What a person reads."""
    body = re.sub(r"(?s).*<body>|<noscript>.*?</noscript>|<script.*?</script>|<[^>]+>", " ", html)
    return " ".join(unescape(body).split()).replace(" .", ".")


def buttons(html: str) -> dict[str, str]:
    """The large links of a page, in their order, and where they lead."""
    found = re.findall(r"""<a class="btn btn-[^"]*"\s+href=["']([^"']*)["']>([^<]*)</a>""", html)
    return {label.strip(): unescape(url) for url, label in found}


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("key", ["hub.title", "hub.announcement"])
def test_nothing_that_people_write_is_html(name: str, key: str) -> None:
    html = page(name, {key: HOSTILE})
    assert HOSTILE not in html
    assert "<script>alert" not in html


def test_message_is_shown_as_it_is_written_and_addresses_in_it_lead_there() -> None:
    html = page("login.html", {"hub.announcement": f"{HOSTILE} https://example.com/a?b=c&d=e"})
    assert f"{HOSTILE} https://example.com/a?b=c&d=e" in words(html)
    assert re.findall(r'<a href="(https:[^"]*)" rel="noopener" target="_blank">', html) == [
        "https://example.com/a?b=c&amp;d=e"
    ]


@pytest.mark.parametrize(
    ("contact", "href", "text"),
    [
        ("ada+hub@domain.com", "mailto:ada%2Bhub@domain.com", "ada+hub@domain.com"),
        ("a'b%c?d&e@domain.com", "mailto:a%27b%25c%3Fd%26e@domain.com", "a'b%c?d&e@domain.com"),
        ("https://domain.com/help/", "https://domain.com/help/", "domain.com/help"),
        ("https://domain.com/?a='b#c", "https://domain.com/?a=&#39;b#c", "domain.com/?a='b#c"),
    ],
)
def test_contact_is_a_link(contact: str, href: str, text: str) -> None:
    html = page("error.html", {"hub.contact": contact})
    assert html.count(f'<a href="{href}">') == 2
    assert f"If you cannot go on, ask {text}." in words(html)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"culling.max.age": 28800}, "Your server stops 8 hours after its start, whatever runs in it."),
        ({"culling.max.age": 86400}, "Your server stops 1 day after its start, whatever runs in it."),
        ({"culling.max.age": 5400}, "Your server stops 90 minutes after its start, whatever runs in it."),
        ({"culling.max.age": 5399}, "Your server stops 89 minutes after its start, whatever runs in it."),
    ],
)
def test_who_starts_a_server_is_told_how_long_it_may_run(changes: dict[str, Any], told: str) -> None:
    assert told in words(page("spawn_pending.html", changes))


@pytest.mark.parametrize("changes", [{}, {"culling.max.age": 28800, "culling.enabled": False}])
def test_server_that_may_run_for_ever_is_not_said_to_stop(changes: dict[str, Any]) -> None:
    assert "Your server stops" not in words(page("spawn_pending.html", changes))


REFUSALS: dict[str, Callable[[], refusals.RefusalError]] = {
    "not admitted": lambda: refusals.not_admitted(HOSTILE, [HOSTILE], HOSTILE),
    "not verified": lambda: refusals.unverified(HOSTILE),
    "name of another": lambda: refusals.name_of_another(HOSTILE),
    "state key replaced": lambda: refusals.unreadable_state(HOSTILE),
    "no name": lambda: refusals.no_name(HOSTILE),
    "unusable name": lambda: refusals.unusable_name(HOSTILE, "which is odd"),
    "begun elsewhere": refusals.begun_elsewhere,
    "expired": refusals.expired,
    "refused there": lambda: refusals.refused_there(HOSTILE),
    "hub refused": lambda: refusals.hub_refused("post"),
    "nothing told": refusals.nothing_told,
    "unreadable answer": lambda: refusals.unreadable_answer("tokenUrl", HOSTILE),
    "untrusted": lambda: refusals.untrusted(HOSTILE),
    "secret of many": refusals.secret_of_many,
    "provider down": refusals.ProviderDownError,
    "nothing offered": lambda: refusals.nothing_offered(HOSTILE),
    "limit met": lambda: refusals.limit_met([HOSTILE], "Stop a server", "help@domain.com"),
    "not offered": lambda: refusals.not_offered("image", HOSTILE, ["scipy"]),
}


def test_every_refusal_is_looked_at() -> None:
    made = {type(make()).__name__ for make in REFUSALS.values()} - {"RefusalError"}
    ours = {name: each for name, each in vars(refusals).items() if not name.startswith("_") and callable(each)}
    functions = {name for name, each in ours.items() if each.__module__ == "hub.refusals"}
    assert len(REFUSALS) == len(functions - {"RefusalError"})
    assert made == {"ProviderDownError"}


@pytest.mark.parametrize("make", REFUSALS.values(), ids=REFUSALS)
def test_refusal_says_what_happened_whom_to_ask_and_what_to_do(make: Callable[[], refusals.RefusalError]) -> None:
    refusal = make()
    message = str(refusal.log_message) % refusal.args
    html = page("error.html", {"hub.contact": "help@domain.com"}, exception=refusal, message=message)
    assert "<script>alert" not in html
    said = words(html)
    assert f"{refusal.heading} {message}" in said
    assert "help@domain.com" in said
    assert f"Ask help@domain.com {refusal.ask}." in said or not refusal.ask
    names = {"again": "Try again", "somebody-else": "Sign in as somebody else"}
    assert [*buttons(html)] == [names[action] for action in refusal.actions]
    assert refusal.actions


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        pytest.param({"logout.url": "https://some.auth.address.com/logout"}, "/hub/logout", id="can end its sessions"),
        pytest.param({}, "/hub/oauth_login?somebody-else=1", id="cannot"),
    ],
)
def test_somebody_else_signs_in_by_the_way_that_the_provider_has(changes: dict[str, Any], url: str) -> None:
    html = page("error.html", changes, exception=refusals.not_admitted("nemo", []), message="")
    assert buttons(html) == {"Sign in as somebody else": url, "Try again": "/hub/oauth_login"}


@pytest.mark.parametrize(
    ("more", "said", "button"),
    [
        pytest.param({}, "Internal Server Error If you cannot go on", {"Sign in": "/hub/home"}, id="nothing known"),
        pytest.param(
            {"exception": ValueError("hush"), "message": ""},
            "If you cannot go on",
            {"Sign in": "/hub/home"},
            id="a fault",
        ),
        pytest.param(
            {"exception": HTTPError(400, "no %s", "way"), "message": "no way"},
            "no way If you",
            {"Sign in": "/hub/home"},
            id="the hub's own words",
        ),
        pytest.param(
            {"status_code": 503, "status_message": "Service Unavailable", "message_html": "Try <a href='/x'>it</a>"},
            "Service Unavailable Try it If you",
            {"Sign in": "/hub/home"},
            id="the hub's own page",
        ),
        pytest.param(
            {"status_code": 404, "status_message": "Not Found"},
            "Not Found There is nothing at this address.",
            {"Sign in": "/hub/home"},
            id="no page",
        ),
    ],
)
def test_other_errors_say_what_the_hub_knows(more: dict[str, Any], said: str, button: dict[str, str]) -> None:
    html = page("404.html" if more.get("status_code") == 404 else "error.html", **more)
    assert said in words(html)
    assert "hush" not in html
    assert buttons(html) == button
