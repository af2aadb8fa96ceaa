"""What each of the example people gets from a hub that admits a group."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from blueprint.config import load
from preview.browser import Browser, BrowsingError, words
from preview.people import Person, people
from preview.running import Preview
from tests.preview.conftest import RESTRICTED, Start

ADMITTED = ("Ada", "Grace", "Mary", "Žofie d'Årc + 孫")
Browse = Callable[[], Browser]


PROGRAMS = ("node", "npm")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs that note when they are started, and for what."""
    folder = tmp_path_factory.mktemp("programs")
    for name in PROGRAMS:
        (folder / name).write_text('#!/bin/sh\necho "$@" >> "${0%/*}/started"\n')
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def preview(start: Start, programs: Path) -> Iterator[Preview]:
    with start(RESTRICTED, programs=programs) as running:
        yield running


def person(preview: Preview, name: str) -> Person:
    return next(each for each in people(preview.config) if each.name == name)


def test_provider_offers_everybody_by_name(preview: Preview, browse: Browse) -> None:
    page = words(browse().to_provider())
    assert [each.name for each in people(preview.config) if each.name not in page] == []


def test_hub_shows_the_way_to_the_provider_first(browse: Browse) -> None:
    assert browse().open("/").url.endswith("/hub/login?next=%2Fhub%2F")


@pytest.mark.parametrize("name", ADMITTED)
def test_admitted_person_gets_a_server_whose_kernel_runs_code(preview: Preview, browse: Browse, name: str) -> None:
    browser = browse()
    browser.sign_in(person(preview, name).id)
    browser.start_server()
    assert browser.run("print(6 * 7)") == "42\n"


@pytest.mark.parametrize("name", ADMITTED)
def test_hub_takes_a_person_for_who_they_are(preview: Preview, browse: Browse, name: str) -> None:
    browser, somebody = browse(), person(preview, name)
    browser.sign_in(somebody.id)
    user = browser.user
    assert (user["name"], user["admin"], user["groups"]) == (
        somebody.username.lower(),
        somebody.admin,
        somebody.claims["realm"]["roles"],
    )


def test_browser_of_who_was_turned_away_tells_what_the_hub_says(preview: Preview, browse: Browse) -> None:
    browser = browse()
    browser.sign_in(person(preview, "Nemo").id)
    for ask in (lambda: browser.user, lambda: browser.make_token("mine")):
        with pytest.raises(BrowsingError, match=r"^403 "):
            ask()


def test_person_lands_on_the_page_they_asked_for(preview: Preview, browse: Browse) -> None:
    assert browse().sign_in("ada", "/hub/token").url == f"{preview.addresses.hub_url}/hub/token"


def test_admin_opens_the_admin_page(browse: Browse) -> None:
    browser = browse()
    browser.sign_in("grace")
    assert browser.open("/hub/admin").status_code == 200


def test_user_does_not_open_the_admin_page(browse: Browse) -> None:
    browser = browse()
    browser.sign_in("ada")
    assert browser.open("/hub/admin").status_code == 403


def test_stranger_is_told_what_to_do(preview: Preview, browse: Browse) -> None:
    answer = browse().sign_in("nemo")
    assert answer.status_code == 403
    assert "You are signed in as nemo, who may not use this hub. Ask the hub's administrators to admit you" in words(
        answer
    )


@pytest.mark.parametrize("judged", [True, False])
def test_unverified_person_is_announced_as_the_configuration_has_it(judged: bool) -> None:
    config = load({**RESTRICTED, "sign.in.verified.email": judged}, today=date(2026, 11, 20)).config
    vera = next(each for each in people(config) if each.name == "Vera")
    assert (vera.admitted, "turned away" in vera.about) == (not judged, judged)


def test_person_without_verified_address_is_told_what_to_do(browse: Browse) -> None:
    answer = browse().sign_in("vera")
    assert answer.status_code == 403
    assert "has not verified your e-mail address vera@example.com. Verify it there, then try again." in words(answer)


def test_stranger_may_come_back_as_somebody_else(browse: Browse) -> None:
    browser = browse()
    browser.sign_in("nemo")
    browser.sign_out()
    assert browser.sign_in("ada").status_code == 200


def test_sign_out_ends_the_session_at_the_provider_too(browse: Browse) -> None:
    browser = browse()
    browser.sign_in("ada")
    browser.sign_out()
    assert "Sign in as" in words(browser.to_provider())


def test_server_starts_no_slow_programs_with_it(programs: Path, browse: Browse) -> None:
    browser = browse()
    browser.sign_in("ada")
    browser.start_server()
    assert browser.run("import shutil; print(*map(shutil.which, ('node', 'npm')))").split() == [
        str(programs / name) for name in PROGRAMS
    ]
    assert not (programs / "started").exists()


def test_server_sees_no_secret_of_the_hub(preview: Preview, browse: Browse) -> None:
    browser = browse()
    browser.sign_in("ada")
    browser.start_server()
    names = json.loads(browser.run("import json, os; print(json.dumps(sorted(os.environ)))"))
    secrets = [name for name in names if "SECRET" in name or "CRYPT" in name or "TOKEN" in name or "KUBE" in name]
    assert secrets == ["JPY_API_TOKEN", "JUPYTERHUB_API_TOKEN"]


def pod(preview: Preview, browser: Browser, name: str) -> dict[str, Any]:
    """The specification of the pod that somebody's server stands for."""
    browser.sign_in(name)
    browser.start_server()
    found: dict[str, Any] = json.loads((preview.run / "pods" / f"jupyter-{name}.json").read_text())["spec"]
    return found


@pytest.mark.parametrize(("name", "claim"), [("ada", "shared-readers"), ("grace", "shared-writers")])
def test_only_an_admins_pod_writes_to_the_shared_directory(
    preview: Preview, browse: Browse, name: str, claim: str
) -> None:
    assert pod(preview, browse(), name)["volumes"][0]["persistentVolumeClaim"]["claimName"] == claim


@pytest.mark.parametrize(("name", "folders"), [("ada", ["/home/jovyan/teams/researchers"]), ("grace", [])])
def test_only_members_have_the_directory_of_a_group(
    preview: Preview, browse: Browse, name: str, folders: list[str]
) -> None:
    mounts = pod(preview, browse(), name)["containers"][0]["volumeMounts"]
    assert [mount["mountPath"] for mount in mounts if mount["name"] == "teams"] == folders
