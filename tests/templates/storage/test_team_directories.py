"""Directories that groups share: one access point, one volume, one claim, and a mount for members."""

import pytest

from tests.templates import kinds
from tests.templates.assembly import Assembly, made
from tests.templates.variants import SHIPPED


@pytest.fixture(scope="module")
def assembly() -> Assembly:
    context = {**SHIPPED, "team.directories": ["biology", "physics"], "storage.shared": False}
    return made(context)


def test_directories_lie_beside_the_homes_and_are_entered_as_the_images_user(assembly: Assembly) -> None:
    point = assembly["Hub"].properties(kinds.ACCESS_POINT)
    assert (point["RootDirectory"]["Path"], point["PosixUser"]) == ("/teams", {"Uid": "1000", "Gid": "100"})


def test_claim_finds_its_volume(assembly: Assembly) -> None:
    objects = assembly["Hub"].objects
    claim = objects["PersistentVolumeClaim", "team-directories"]["spec"]
    volume = objects["PersistentVolume", claim["volumeName"]]["spec"]
    assert volume["claimRef"]["name"] == "team-directories"
    assert (claim["accessModes"], volume["accessModes"]) == (["ReadWriteMany"], ["ReadWriteMany"])


def test_hub_mounts_them_for_the_groups_named(assembly: Assembly) -> None:
    values = assembly["Hub"].values("jupyterhub")
    assert values["custom"]["teamDirectories"] == {
        "groups": ["biology", "physics"],
        "claim": "team-directories",
        "folder": "/home/jovyan/teams",
    }
    assert "30-team-directories" in values["hub"]["extraConfig"]
