"""The parts of the life that need no deployment."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from rich.console import Console

from blueprint.config import load
from blueprint.hub import named_provider
from blueprint.versions import JUPYTERHUB
from rehearsal import preparation, provider, stand_in_charts
from rehearsal.certificates import Authority
from rehearsal.iam.calls import Call
from rehearsal.iam.decision import Decision
from rehearsal.iam.documents import Ask
from rehearsal.iam.judged import Judged
from rehearsal.iam.recorder import Recorder
from rehearsal.life import looks, newer
from rehearsal.life.journal import CheckError, Journal, Step
from rehearsal.life.rights import rights_suffice
from rehearsal.life.steps import next_minor
from tests.templates.variants import COGNITO, SHIPPED


def journal() -> tuple[Journal, io.StringIO]:
    said = io.StringIO()
    return Journal(Console(file=said, width=100)), said


def fine() -> Iterator[str]:
    yield "all is well"


def broken() -> Iterator[str]:
    yield "half of it is well"
    raise CheckError("the other half should be [well]")


def test_steps_that_go_well_are_in_the_table() -> None:
    taken, said = journal()
    assert taken.take([Step("One", fine), Step("Two", fine)], (CheckError,))
    Console(file=said, width=100).print(taken.table())
    assert said.getvalue().count("✓ all is well") == 4


def test_after_a_fault_no_step_is_begun() -> None:
    taken, said = journal()
    assert not taken.take([Step("One", broken), Step("Two", fine)], (CheckError,))
    Console(file=said, width=100).print(taken.table())
    text = said.getvalue()
    assert "✗ the other half should be [well]" in text
    assert "not reached" in text
    assert "all is well" not in text


def test_a_fault_of_another_kind_is_not_hidden() -> None:
    taken, _ = journal()
    with pytest.raises(CheckError):
        taken.take([Step("One", broken)], (OSError,))


def test_the_newer_chart_differs_by_its_version(tmp_path: Path) -> None:
    stand_in_charts.pack(JUPYTERHUB, tmp_path)
    newer.pack(tmp_path)
    before, after = (contents(tmp_path / f"jupyterhub-{each}.tgz") for each in (newer.PINNED, newer.NEWER))
    described = yaml.safe_load(after["jupyterhub/Chart.yaml"])
    assert (described["name"], described["version"]) == ("jupyterhub", newer.NEWER)
    assert {**before, "jupyterhub/Chart.yaml": b""} == {**after, "jupyterhub/Chart.yaml": b""}


def contents(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as files:
        return {each.name: file.read() for each in files if (file := files.extractfile(each))}


@pytest.mark.parametrize(("minor", "following"), [("1.34", "1.35"), ("1.35", "1.36"), ("1.36", None)])
def test_the_next_minor_is_one_that_eks_has(minor: str, following: str | None) -> None:
    assert next_minor(minor) == following


def test_the_provider_answers_at_the_contexts_own_addresses(tmp_path: Path) -> None:
    config = load(SHIPPED, today=date(2026, 11, 1)).config
    endpoints = named_provider(config)
    settings = provider.settings(config, endpoints, "of the test", tmp_path / "people.json")
    assert provider.hosts(endpoints) == ["example.eu.auth0.com"]
    assert settings["issuer"] == "https://example.eu.auth0.com"
    assert settings["routes"] == {"authorization": "/authorize", "token": "/oauth/token", "userinfo": "/userinfo"}
    assert settings["callbackUrl"] == "https://jupyter.dev.example.com/hub/oauth_callback"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("network.vpc.id", "vpc-0123456789abcdef0"),
        ("certificateArn", "arn:aws:acm:eu-central-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-000000000000"),
        ("ingress.logs.bucket", "my-access-logs"),
    ],
)
def test_what_is_in_somebodys_account_cannot_be_rehearsed(key: str, value: str) -> None:
    config = load({**SHIPPED, key: value}, today=date(2026, 11, 1)).config
    with pytest.raises(preparation.PreparationError, match=key):
        preparation.check(config)


def test_cognito_is_refused_with_settings_that_can_be_rehearsed() -> None:
    with pytest.raises(preparation.PreparationError, match="Cognito's sign-in page") as refused:
        preparation.check(load(COGNITO, today=date(2026, 11, 1)).config)
    advice = dict(re.findall(r'-c ([^\s=]+)=([^\s"]+)', str(refused.value)))
    others = {key: value for key, value in COGNITO.items() if not key.startswith("cognito.")}
    config = load({**others, **advice}, today=date(2026, 11, 1)).config
    preparation.check(config)
    assert provider.hosts(named_provider(config)) == ["id.example.org"]


def test_authority_of_ones_own_is_left_out_of_a_rehearsal(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(Authority(tmp_path / "authority", "Ours").certificate.read_text())
    config = load({**SHIPPED, "identity.ca": "ca.pem"}, today=date(2026, 11, 1), folder=tmp_path).config
    with pytest.raises(preparation.PreparationError, match=r"^identity\.ca: "):
        preparation.check(config)


def test_the_shipped_context_can_be_rehearsed() -> None:
    preparation.check(load(SHIPPED, today=date(2026, 11, 1)).config)


def test_calls_that_were_not_judged_do_not_count_as_allowed() -> None:
    call = Call("ec2", "DescribeVpcs", "eu-central-1", {}, None)
    nothing: Any = {}
    judged = Judged(call, None, (Decision(Ask("ec2:DescribeVpcs", "*", nothing)),))
    world: Any = SimpleNamespace(accounts=[], server=SimpleNamespace(recorder=Recorder(calls=[Judged(call, None)])))
    with pytest.raises(CheckError, match="at least one call should be judged"):
        list(rights_suffice(world))
    world.server.recorder.calls += [judged, judged]
    assert list(rights_suffice(world)) == [
        "policies allow all of 2 calls to AWS that were judged",
        "1 calls need no right, or are an administrator's",
    ]


def test_what_never_comes_about_is_told_as_it_is_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "PATIENCE", 0.0)
    states = iter(["at first", "at last"])
    next(states)
    with pytest.raises(CheckError, match="at last"):
        looks.until(lambda: False, "all pods should be ready", lambda: next(states))
