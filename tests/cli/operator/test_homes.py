"""`blueprint homes`: found, measured, moved and deleted, nothing before it was shown."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from blueprint.cli.cluster.errand import Errand
from blueprint.cli.homes import deleting
from tests.cli.operator.deployment import HUB, Deployment

DAY = 86400


def seen(deployment: Deployment, user: str, days: float) -> None:
    """The hub knows somebody, who was there some days ago."""
    at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    deployment.hub.people[user] = {"last_activity": at, "servers": {}}


def works(deployment: Deployment, user: str, claim: str) -> None:
    """Somebody's server runs."""
    volumes = [{"name": "home", "persistentVolumeClaim": {"claimName": claim}}]
    pod = {"metadata": {"labels": {"component": "singleuser-server"}}, "spec": {"volumes": volumes}}
    deployment.cluster.put(f"{HUB}/pods/jupyter-{user}", {**pod, "status": {"phase": "Running"}})


def nothing_is_left(deployment: Deployment) -> None:
    """Of what an errand takes."""
    assert deployment.cluster.names("pods") == ["hub-1"]
    assert not [each for each in deployment.cluster.names("persistentvolumes") if each.startswith("blueprint")]
    assert not [each for each in deployment.cluster.names("persistentvolumeclaims") if each.startswith("blueprint")]
    points = deployment.cloud.client("efs").describe_access_points()["AccessPoints"]
    assert [each for each in points if each["ClientToken"].startswith("blueprint")] == []


def test_homes_of_people_who_left_or_do_not_come_are_found(deployment: Deployment) -> None:
    for user, days in (("ada", 1), ("grace", 200)):
        deployment.claim(user)
        seen(deployment, user, days)
    deployment.claim("mary")
    told = {each["user"]: each["why"] for each in deployment.json("homes", "find")["homes"]}
    assert told == {"grace": ["unused for 200 days"], "mary": ["the hub does not know them"]}
    assert "2 of 3 homes may be nobody's any more" in deployment.told("homes", "find")
    assert len(deployment.json("homes", "find", "--all")["homes"]) == 3
    assert [each["user"] for each in deployment.json("homes", "find", "--unused", "300")["homes"]] == ["mary"]


def test_home_of_a_running_server_is_nobodys_to_find(deployment: Deployment) -> None:
    works(deployment, "ada", deployment.claim("ada"))
    assert deployment.json("homes", "find")["homes"] == []


def test_homes_that_are_mounted_on_fargate_too_are_homes(deployment: Deployment) -> None:
    deployment.claim("ada", of="home-without-iam")
    deployment.claim("grace")
    assert [each["user"] for each in deployment.json("homes", "find", "--all")["homes"]] == ["ada", "grace"]


def test_other_claims_of_the_namespace_are_no_homes(deployment: Deployment) -> None:
    spec = {"storageClassName": "hub-database", "volumeName": "jupyterhub-hub-db-dir"}
    deployment.cluster.put(f"{HUB}/persistentvolumeclaims/hub-db-dir", {"spec": spec})
    assert deployment.json("homes", "find", "--all")["homes"] == []


def test_providers_without_an_api_are_told_of(deployment: Deployment) -> None:
    deployment.claim("ada")
    assert deployment.run("homes", "find", "--provider").exit_code == 3


def test_homes_are_measured_where_they_lie(deployment: Deployment) -> None:
    home = deployment.home(deployment.claim("ada"))
    (home / "work").mkdir()
    (home / "work" / "data").write_bytes(b"x" * 3000)
    (home / "notes").write_bytes(b"y" * 500)
    os.link(home / "notes", home / "again")
    (home / "link").symlink_to("/etc")
    deployment.home("claim-gone").mkdir()
    deployment.home(deployment.claim("grace"))
    told = deployment.json("homes", "size")
    by_claim = {each["claim"]: (each["user"], each["claimed"], each["files"]) for each in told["homes"]}
    assert by_claim == {"claim-ada": ("ada", True, 4), "claim-grace": ("grace", True, 0), "claim-gone": ("", False, 0)}
    assert told["homes"][0]["bytes"] == 3500 + len("/etc")
    nothing_is_left(deployment)


def test_some_homes_are_measured(deployment: Deployment) -> None:
    deployment.claim("ada")
    deployment.claim("grace")
    assert [each["claim"] for each in deployment.json("homes", "size", "grace")["homes"]] == ["claim-grace"]


def test_homes_on_volumes_are_as_large_as_these(deployment: Deployment) -> None:
    deployment.claim("ada")
    deployment.set(storage_home="ebs")
    assert deployment.json("homes", "size")["bytes"] == 10 * 2**30
    assert "10.0 GiB, as their volumes are, which is what AWS bills" in deployment.told("homes", "size")


def test_measuring_goes_on_where_it_was_interrupted(deployment: Deployment) -> None:
    """Its pod is still at work, and what it takes is there: all of it serves, and goes afterwards."""
    deployment.claim("ada")
    broken = True

    def stop(method: str, path: str) -> tuple[int, object] | None:
        return (503, "") if broken and method == "GET" and "/pods/blueprint" in path else None

    deployment.cluster.breaks = stop
    assert "Try again in a minute" in deployment.told("homes", "size", code=1)
    broken = False
    assert [each["claim"] for each in deployment.json("homes", "size")["homes"]] == ["claim-ada"]
    nothing_is_left(deployment)


def test_pod_that_fails_is_told_and_taken_away(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment.claim("ada")
    monkeypatch.setattr(Errand, "script", "raise SystemExit('no disk any more')")
    told = deployment.told("homes", "size", code=1)
    assert "The pod that did the work failed: no disk any more → Run the same command again" in told
    nothing_is_left(deployment)


def test_move_brings_all_into_the_other_home_and_overwrites_nothing(deployment: Deployment) -> None:
    old, new = (deployment.home(deployment.claim(user)) for user in ("ada.byron", "ada.lovelace"))
    (old / "work").mkdir()
    (old / "work" / "thesis").write_text("old")
    (old / "notes").write_text("old")
    (new / "notes").write_text("new")
    told = deployment.told("homes", "move", "ada.byron", "ada.lovelace", "--yes")
    assert "1 of them into moved-" in told
    assert (new / "work" / "thesis").read_text() == "old"
    assert (new / "notes").read_text() == "new"
    (aside,) = new.glob("moved-*")
    assert (aside / "notes").read_text() == "old"
    assert "blueprint homes delete claim-ada.byron" in told
    nothing_is_left(deployment)


def test_nothing_is_moved_before_it_was_asked(deployment: Deployment) -> None:
    old, new = (deployment.home(deployment.claim(user)) for user in ("ada", "grace"))
    (old / "notes").write_text("old")
    told = deployment.told("homes", "move", "ada", "grace", code=1)
    assert "move everything into claim-grace of grace" in told
    assert "nobody is there to be asked" in told
    assert list(new.iterdir()) == []
    assert {each.split()[0] for each in deployment.cluster.asked} == {"GET"}


@pytest.mark.parametrize("words", [("move", "ada", "grace"), ("delete", "ada"), ("delete", "grace", "ada")])
def test_homes_in_use_stay_as_they_are(deployment: Deployment, words: tuple[str, ...]) -> None:
    for user in ("ada", "grace"):
        deployment.claim(user)
    works(deployment, "ada", "claim-ada")
    told = deployment.told("homes", *words, "--yes", code=1)
    assert "A server, or another pod, has claim-ada of ada open. → Stop the server at /hub/admin" in told
    assert {each.split()[0] for each in deployment.cluster.asked} == {"GET"}


UNKNOWN = {
    "nobody": (("delete", "mary"), "There is no home of 'mary'. → Look: blueprint homes find --all"),
    "the same": (("move", "ada", "claim-ada"), "Both are claim-ada of ada."),
    "several": (("delete", "twins"), "twins has several homes: claim-one, claim-two. → Name the one"),
    "no directory": (("delete", "../etc", "--directory"), "is no directory's name."),
}


@pytest.mark.parametrize(("words", "line"), UNKNOWN.values(), ids=UNKNOWN)
def test_names_that_do_not_serve_are_told(deployment: Deployment, words: tuple[str, ...], line: str) -> None:
    deployment.claim("ada")
    deployment.claim("twins", "claim-one")
    deployment.claim("twins", "claim-two", "second")
    assert line.replace("'", '"') in deployment.told("homes", *words, "--yes", code=1).replace("'", '"')


def test_delete_takes_files_claim_volume_and_access_point(deployment: Deployment) -> None:
    home = deployment.home(deployment.claim("ada"))
    kept = deployment.home(deployment.claim("grace"))
    (home / "work").mkdir()
    (home / "work" / "data").write_text("x")
    (home / "kept").symlink_to(kept)
    (kept / "data").write_text("hers")
    point = deployment.back_up("Homes")
    told = deployment.told("homes", "delete", "ada", "--yes")
    assert point in told
    assert "claim claim-ada, volume pvc-claim-ada" in told
    assert not home.exists()
    assert (kept / "data").read_text() == "hers"
    assert deployment.cluster.names("persistentvolumeclaims") == ["claim-grace"]
    assert deployment.cluster.names("persistentvolumes") == ["pvc-claim-grace"]
    points = deployment.cloud.client("efs").describe_access_points()["AccessPoints"]
    assert [each["RootDirectory"]["Path"] for each in points] == ["/home/jupyterhub/claim-grace"]


@pytest.mark.parametrize("held", [False, True])
def test_volume_that_its_driver_leaves_is_deleted_after_a_while(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    path = f"/api/v1/persistentvolumes/pvc-{deployment.claim('ada')}"
    volume = deployment.cluster.objects[path]

    def keep(method: str, asked: str) -> None:
        if asked == path and (held or f"DELETE {path}" not in deployment.cluster.asked):
            deployment.cluster.objects[path] = volume

    deployment.cluster.breaks = keep
    monkeypatch.setattr(deleting, "waits", lambda: iter((1.0, 121.0, 129.0, 241.0)))
    told = deployment.told("homes", "delete", "ada", "--yes", code=held)
    assert f"DELETE {path}" in deployment.cluster.asked
    assert ("The volume pvc-claim-ada does not go: its driver has it." in told) == held


def test_delete_without_a_backup_says_so(deployment: Deployment) -> None:
    deployment.claim("ada")
    told = deployment.told("homes", "delete", "ada", code=1)
    assert "there is no backup: what is deleted is gone for good" in told
    assert deployment.home("claim-ada").exists()


def test_delete_goes_on_where_it_was_interrupted(deployment: Deployment) -> None:
    (deployment.home(deployment.claim("ada")) / "data").write_text("x")
    broken = True

    def stop(method: str, path: str) -> tuple[int, object] | None:
        return (
            (503, "") if broken and method == "DELETE" and path.endswith("/persistentvolumeclaims/claim-ada") else None
        )

    deployment.cluster.breaks = stop
    told = deployment.told("homes", "delete", "ada", "--yes", code=1)
    assert "The same command goes on with what is not done." in told
    assert "done claim-ada of ada: delete its files" in told
    broken = False
    deployment.told("homes", "delete", "ada", "--yes")
    assert deployment.cluster.names("persistentvolumeclaims") == []


def test_directory_that_nobody_claims_is_deleted_by_its_name(deployment: Deployment) -> None:
    left = deployment.home("claim-left")
    left.mkdir(parents=True)
    (left / "data").write_text("x")
    assert "There is no home of" in deployment.told("homes", "delete", "claim-left", "--yes", code=1)
    deployment.told("homes", "delete", "claim-left", "--directory", "--yes")
    assert not left.exists()


@pytest.mark.parametrize("command", [("homes", "delete"), ("restore", "home")], ids=" ".join)
def test_directories_without_a_claim_are_those_of_efs(deployment: Deployment, command: tuple[str, ...]) -> None:
    deployment.set(storage_home="ebs")
    told = deployment.told(*command, "claim-left", "--directory", "--yes", code=1)
    assert told.startswith('There is no home of "claim-left"; --directory is for homes on EFS. → docs/homes.md')


def volume_as_home(deployment: Deployment, user: str) -> str:
    """A home of EBS's."""
    deployment.claim(user)
    deployment.set(storage_home="ebs")
    made = deployment.cloud.client("ec2").create_volume(AvailabilityZone="eu-central-1a", Size=10)
    path = f"/api/v1/persistentvolumes/pvc-claim-{user}"
    csi = {"driver": "ebs.csi.aws.com", "volumeHandle": made["VolumeId"]}
    deployment.cluster.put(path, {"spec": {"csi": csi, "persistentVolumeReclaimPolicy": "Retain"}})
    return str(made["VolumeId"])


def test_delete_takes_a_home_on_a_volume(deployment: Deployment) -> None:
    volume = volume_as_home(deployment, "ada")
    assert f"there is no backup of {volume}" in deployment.told("homes", "delete", "ada", "--yes")
    assert deployment.cluster.names("persistentvolumes") == []
    left = deployment.cloud.client("ec2").describe_volumes()["Volumes"]
    assert volume not in [each["VolumeId"] for each in left]


def test_move_binds_a_volume_to_a_claim_that_is_to_come(deployment: Deployment) -> None:
    volume = volume_as_home(deployment, "ada")
    deployment.told("homes", "move", "ada", "claim-lovelace", "--yes")
    (name,) = deployment.cluster.names("persistentvolumes")
    spec = deployment.cluster.objects[f"/api/v1/persistentvolumes/{name}"]["spec"]
    assert (spec["csi"]["volumeHandle"], spec["claimRef"]["name"]) == (volume, "claim-lovelace")
    assert deployment.cluster.names("persistentvolumeclaims") == []


def test_two_volumes_do_not_become_one(deployment: Deployment) -> None:
    volume_as_home(deployment, "ada")
    deployment.claim("grace")
    told = deployment.told("homes", "move", "ada", "grace", "--yes", code=1)
    assert "grace has a volume as home already" in told
    assert "has no home yet" in deployment.told("homes", "move", "ada", "mary", "--yes", code=1)


def test_what_is_done_is_told_to_scripts(deployment: Deployment) -> None:
    deployment.claim("ada")
    told = deployment.json("homes", "delete", "ada", "--yes")
    (change,) = told["changes"]
    assert [each["done"] for each in change["steps"]] == [True, True, True]
    assert Path(change["notes"][0].split()[1]).name == "claim-ada"
