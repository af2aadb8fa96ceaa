"""Whose home a server opens: claims named by the real KubeSpawner, with the configuration that is deployed."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from jupyterhub.orm import Spawner  # type: ignore[import-untyped]
from kubespawner import KubeSpawner  # type: ignore[import-untyped]
from tornado.web import HTTPError

from tests.config.seed import config
from tests.hub.deployed import hub_config
from tests.hub.test_servers import User

LONGEST_PATH = 100
"""Of an access point (source: CreateAccessPoint in the API reference of Amazon EFS)."""


def state(sub: object) -> dict[str, Any]:
    """What the hub keeps of a person's sign-in."""
    return {"oauth_user": {"preferred_username": "ann", **({} if sub is None else {"sub": sub})}}


def claim(
    folder: Path,
    auth_state: dict[str, Any] | None,
    *,
    name: str = "ann",
    remembered: dict[str, Any] | None = None,
    starts: int = 1,
    **changes: Any,
) -> str:
    """The claim of a home, as KubeSpawner has it when a server is about to start."""
    (folder / "client-secret").write_text("secret")
    (folder / "state-key").write_text("ab" * 32)

    async def make() -> str:
        user = User(admin=False)
        user.name = user.escaped_name = name
        spawner = KubeSpawner(config=hub_config(changes, folder), user=user, orm_spawner=Spawner(name=""), _mock=True)
        spawner.load_state(remembered or {})
        for _ in range(starts):
            await spawner.run_auth_state_hook(auth_state)
        return str(spawner.pvc_name)

    return asyncio.run(make())


@pytest.mark.parametrize("changes", [{}, {"storage.home": "ebs", "network.nat.gateways": 1}], ids=["efs", "ebs"])
def test_each_person_of_a_name_has_a_claim_of_their_own(tmp_path: Path, changes: dict[str, Any]) -> None:
    first, second = (claim(tmp_path, state(sub), **changes) for sub in ("provider|1", "provider|2"))
    assert first == "claim-ann--ef4b3075e6"
    assert second != first


@pytest.mark.parametrize("sub", ["provider|1", 4711], ids=["text", "number"])
def test_person_who_comes_back_finds_the_same_claim(tmp_path: Path, sub: object) -> None:
    assert claim(tmp_path, state(sub)) == claim(tmp_path, state(sub), starts=2)


@pytest.mark.parametrize(
    "sub",
    [pytest.param("ann", id="name is the sub"), pytest.param(None, id="no sub"), pytest.param("", id="empty sub")],
)
def test_name_that_is_the_person_is_the_claims(tmp_path: Path, sub: object) -> None:
    assert claim(tmp_path, state(sub)) == "claim-ann"


def test_sub_that_differs_from_the_name_in_case_only_is_another_person(tmp_path: Path) -> None:
    assert claim(tmp_path, state("ANN")) not in {"claim-ann", claim(tmp_path, state("Ann"))}


@pytest.mark.parametrize("auth_state", [state("provider|2"), None], ids=["known", "not signed in"])
def test_claim_that_the_hub_remembers_stays(tmp_path: Path, auth_state: dict[str, Any] | None) -> None:
    """It was made before claims had a person in their names, or the name was passed on with its files."""
    kept = {"pvc_name": "claim-ann", "kubespawner_version": "7.0.0"}
    assert claim(tmp_path, auth_state, remembered=kept) == "claim-ann"


def test_takeover_goes_by_names(tmp_path: Path) -> None:
    changes: dict[str, Any] = {"sign.in.takeover": True}
    assert {claim(tmp_path, each, **changes) for each in (state("provider|1"), None)} == {"claim-ann"}


def test_server_of_somebody_unknown_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(HTTPError) as refused:
        claim(tmp_path, None)
    assert refused.value.status_code == 409
    assert str(refused.value.log_message).startswith("ann has not signed in to this hub yet")


def test_tokens_are_handed_over_as_well(tmp_path: Path) -> None:
    (tmp_path / "client-secret").write_text("secret")
    (tmp_path / "state-key").write_text("ab" * 32)

    async def make() -> dict[str, str]:
        settings = hub_config({"singleuser.tokens": True}, tmp_path)
        spawner = KubeSpawner(config=settings, user=User(admin=False), orm_spawner=Spawner(name=""), _mock=True)
        await spawner.run_auth_state_hook({**state("provider|1"), "access_token": "of-ann"})
        return dict(spawner.environment)

    assert asyncio.run(make())["OAUTH_ACCESS_TOKEN"] == "of-ann"


@pytest.mark.parametrize("name", ["ann", "a" * 48, "a" * 49, "provider|" + "1" * 200, "孫"])
def test_no_claim_is_too_long_for_a_directory(tmp_path: Path, name: str) -> None:
    longest = config({"name": "a" * 24}).name
    assert len(f"/home/{longest}/{claim(tmp_path, state('provider|1'), name=name)}") <= LONGEST_PATH


def test_no_name_is_made_into_anothers_claim(tmp_path: Path) -> None:
    """Whoever may choose a name chooses one that looks like a claim."""
    anns = claim(tmp_path, state("provider|1"))
    name = anns.removeprefix("claim-")
    assert claim(tmp_path, state(None), name=name) != anns
