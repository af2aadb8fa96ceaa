"""`blueprint restore`: beside what is there, shown before, gone on with after an interruption, nothing left over."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rehearsal.aws.api import ApiError
from rehearsal.aws.backups import Backup, Job
from tests.cli.operator.deployment import DATA, Deployment
from tests.cli.operator.test_homes import nothing_is_left, volume_as_home, works


def home_with_files(deployment: Deployment, user: str = "ada") -> Path:
    """A home that was backed up, and lost its thesis since."""
    home = deployment.home(deployment.claim(user))
    (home / "work" / "old").mkdir(parents=True)
    (home / "work" / "thesis").write_text("as it was")
    (home / "work" / "old" / "data").write_bytes(b"x" * 5000)
    (home / "notes").write_text("as they were")
    (home / "link").symlink_to("notes")
    deployment.back_up("Homes")
    (home / "work" / "thesis").unlink()
    (home / "notes").write_text("as they are")
    return home


def folder(home: Path) -> Path:
    """Where it was restored to."""
    (found,) = home.glob("restored-*")
    return found


def starts(deployment: Deployment) -> int:
    """How many restore jobs there were."""
    return len(deployment.cloud.client("backup").list_restore_jobs()["RestoreJobs"])


def nothing_beside(deployment: Deployment) -> None:
    """No file of AWS Backup's own directories is left."""
    assert [each for each in deployment.files.glob("aws-backup-restore_*/**/*") if each.is_file()] == []
    nothing_is_left(deployment)


def test_lost_file_comes_back_beside_what_is_there(deployment: Deployment) -> None:
    home = home_with_files(deployment)
    told = deployment.told("restore", "home", "ada", "--path", "work/thesis", "--yes")
    assert (folder(home) / "work" / "thesis").read_text() == "as it was"
    assert sorted(each.name for each in home.iterdir()) == sorted(["link", "notes", folder(home).name, "work"])
    assert (home / "notes").read_text() == "as they are"
    assert not (home / "work" / "thesis").exists()
    assert "1 file, 9 B" in told
    nothing_beside(deployment)


def test_whole_home_comes_back(deployment: Deployment) -> None:
    home = home_with_files(deployment)
    deployment.told("restore", "home", "claim-ada", "--yes")
    restored = folder(home)
    assert (restored / "work" / "old" / "data").read_bytes() == b"x" * 5000
    assert (restored / "link").readlink() == Path("notes")
    assert (restored / "notes").read_text() == "as they were"
    nothing_beside(deployment)


def test_restore_shows_what_it_does_and_asks(deployment: Deployment) -> None:
    home = home_with_files(deployment)
    told = deployment.told("restore", "home", "ada", "--path", "work", code=1)
    assert "restore /home/jupyterhub/claim-ada/work from the recovery point of" in told
    assert "nobody is there to be asked" in told
    assert list(home.glob("restored-*")) == []
    assert starts(deployment) == 0
    assert {each.split()[0] for each in deployment.cluster.asked} == {"GET"}


def test_second_restore_of_the_same_changes_nothing(deployment: Deployment) -> None:
    home = home_with_files(deployment)
    deployment.told("restore", "home", "ada", "--path", "work/thesis", "--yes")
    (folder(home) / "work" / "thesis").write_text("edited")
    told = deployment.told("restore", "home", "ada", "--path", "work/thesis", "--yes")
    assert "it is there already" in told
    assert (folder(home) / "work" / "thesis").read_text() == "edited"
    assert starts(deployment) == 1


def test_what_was_restored_and_deleted_again_is_restored_anew(deployment: Deployment) -> None:
    home = home_with_files(deployment)
    deployment.told("restore", "home", "ada", "--path", "work/thesis", "--yes")
    (folder(home) / "work" / "thesis").unlink()
    deployment.told("restore", "home", "ada", "--path", "work/thesis", "--yes")
    assert (folder(home) / "work" / "thesis").read_text() == "as it was"
    assert starts(deployment) == 2


def test_more_of_the_same_backup_comes_into_the_same_directory(deployment: Deployment) -> None:
    home = home_with_files(deployment)
    deployment.told("restore", "home", "ada", "--path", "work/thesis", "--yes")
    deployment.told("restore", "home", "ada", "--path", "notes", "--yes")
    assert (folder(home) / "work" / "thesis").read_text() == "as it was"
    assert (folder(home) / "notes").read_text() == "as they were"


def test_restore_goes_as_far_back_as_was_asked(deployment: Deployment) -> None:
    home = home_with_files(deployment)
    (home / "notes").write_text("later")
    deployment.back_up("Homes")
    points = deployment.server._backups.points[("123412341234", "eu-central-1")]
    first = min(points.values(), key=lambda each: each.created)
    first.created = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
    deployment.told("restore", "home", "ada", "--path", "notes", "--at", "2026-11-21", "--yes")
    assert folder(home).name == "restored-2026-11-20T03-00-00Z"
    assert (folder(home) / "notes").read_text() == "as they were"
    told = deployment.told("restore", "home", "ada", "--at", "2026-11-20T02:00", "--yes", code=1)
    assert "the oldest one is of 2026-11-20 03:00 UTC. → Give a later time to --at" in told


def interrupted_at(method: str, part: str) -> Callable[[str, str], tuple[int, object] | None]:
    """The cluster fails at a request, until `done` is set."""

    def stop(asked: str, path: str) -> tuple[int, object] | None:
        return (503, "") if asked == method and part in path else None

    return stop


@pytest.mark.parametrize(
    ("method", "part"),
    [
        ("POST", "/pods"),
        ("POST", "/persistentvolumeclaims"),
        ("GET", "blueprint-restoring"),
        ("GET", "blueprint-deleting"),
        ("DELETE", "/persistentvolumes/blueprint-restoring"),
    ],
)
def test_interrupted_restore_goes_on_without_another_job(deployment: Deployment, method: str, part: str) -> None:
    home = home_with_files(deployment)
    deployment.cluster.breaks = interrupted_at(method, part)
    told = deployment.told("restore", "home", "ada", "--yes", code=1)
    assert "The same command goes on with what is not done." in told
    deployment.cluster.breaks = lambda asked, path: None
    deployment.told("restore", "home", "ada", "--yes")
    assert (folder(home) / "work" / "thesis").read_text() == "as it was"
    assert starts(deployment) == 1
    nothing_beside(deployment)


def test_job_that_runs_already_is_waited_for(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    home = home_with_files(deployment)
    describe = Backup.describe_restore_job

    def away(api: Backup, wanted: object) -> None:
        raise ApiError("ThrottlingException", "slow down")

    monkeypatch.setattr(Backup, "describe_restore_job", away)
    assert "AWS answers too many calls at this time" in deployment.told("restore", "home", "ada", "--yes", code=1)
    monkeypatch.setattr(Backup, "describe_restore_job", describe)
    deployment.told("restore", "home", "ada", "--yes")
    assert (folder(home) / "notes").exists()
    assert starts(deployment) == 1


def test_job_that_fails_is_told_and_started_anew(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    home_with_files(deployment)
    told = Job.told
    failed = {"Status": "FAILED", "StatusMessage": "no such key"}
    monkeypatch.setattr(Job, "told", lambda job: {**told(job), **failed})
    said = deployment.told("restore", "home", "ada", "--yes", code=1)
    assert "AWS Backup could not restore it (FAILED): no such key → Look at the jobs in AWS Backup" in said
    assert "The same command goes on" in said
    with pytest.raises(AssertionError):
        deployment.told("restore", "home", "ada", "--yes")
    assert starts(deployment) == 2


def test_restore_of_two_people_does_not_mix(deployment: Deployment) -> None:
    ada, grace = home_with_files(deployment, "ada"), deployment.home(deployment.claim("grace"))
    (grace / "notes").write_text("hers")
    deployment.back_up("Homes")
    deployment.cluster.breaks = interrupted_at("GET", "blueprint-restoring")
    deployment.told("restore", "home", "ada", "--path", "notes", "--yes", code=1)
    deployment.cluster.breaks = lambda asked, path: None
    deployment.told("restore", "home", "grace", "--path", "notes", "--yes")
    assert (folder(grace) / "notes").read_text() == "hers"
    deployment.told("restore", "home", "ada", "--path", "notes", "--yes")
    assert (folder(ada) / "notes").read_text() == "as they are"


def test_path_that_the_backup_has_not_is_told(deployment: Deployment) -> None:
    home = home_with_files(deployment)
    told = deployment.told("restore", "home", "ada", "--path", "work/thesys", "--yes", code=1)
    assert "AWS Backup has restored nothing: the backup has no such path." in told
    assert list(home.glob("restored-*")) == []
    nothing_is_left(deployment)


UNUSABLE = {
    "absolute": ("--path", "/etc/passwd", "is no path of a home."),
    "upwards": ("--path", "work/../../claim-grace", "is no path of a home."),
    "a pattern": ("--path", "work/*.ipynb", "is no path of a home."),
    "empty": ("--path", " ", "is no path of a home."),
    "no time": ("--at", "yesterday", "is no time. → Give one such as 2026-11-27"),
    "no day": ("--at", "2026-02-30", "is no time."),
}


@pytest.mark.parametrize(("option", "given", "line"), UNUSABLE.values(), ids=UNUSABLE)
def test_words_that_do_not_serve_are_told(deployment: Deployment, option: str, given: str, line: str) -> None:
    home_with_files(deployment)
    assert line in deployment.told("restore", "home", "ada", option, given, "--yes", code=1)
    assert starts(deployment) == 0


def test_nothing_is_restored_where_nothing_was_backed_up(deployment: Deployment) -> None:
    deployment.claim("ada")
    told = deployment.told("restore", "home", "ada", "--yes", code=1)
    assert "There is no recovery point of it. → Look at storage.backup.days" in told


def test_stack_without_a_plan_is_told(bare: Deployment) -> None:
    bare.deploy({name: of for name, of in DATA.items() if name not in ("Plan", "Selection")})
    home_with_files(bare)
    assert "The stack Data has no backup plan." in bare.told("restore", "home", "ada", "--yes", code=1)


def test_home_that_nobody_claims_any_more_comes_back_by_its_name(deployment: Deployment) -> None:
    home = home_with_files(deployment)
    deployment.told("homes", "delete", "ada", "--yes")
    assert not home.exists()
    deployment.told("restore", "home", "claim-ada", "--directory", "--yes")
    assert (folder(home) / "work" / "thesis").read_text() == "as it was"


def test_home_on_a_volume_comes_back_by_another_volume(deployment: Deployment) -> None:
    id = volume_as_home(deployment, "ada")
    now = deployment.storage / "ebs" / id
    now.mkdir(parents=True)
    (now / "notes").write_text("as they were")
    arn = f"arn:aws:ec2:eu-central-1:123412341234:volume/{id}"
    role = f"arn:aws:iam::123412341234:role/{deployment.id('Role')}"
    deployment.cloud.client("backup").start_backup_job(BackupVaultName="jupyterhub-1", ResourceArn=arn, IamRoleArn=role)
    (now / "notes").write_text("as they are")
    works(deployment, "ada", "claim-ada")
    assert "has claim-ada of ada open" in deployment.told("restore", "home", "ada", "--yes", code=1)
    del deployment.cluster.objects["/api/v1/namespaces/jupyterhub/pods/jupyter-ada"]
    deployment.told("restore", "home", "ada", "--yes")
    assert (folder(now) / "notes").read_text() == "as they were"
    assert (now / "notes").read_text() == "as they are"
    volumes = deployment.cloud.client("ec2").describe_volumes()["Volumes"]
    assert {each["VolumeId"] for each in volumes} == {id, deployment.id("Database")}


def database_with_users(deployment: Deployment, *users: str) -> Path:
    """The hub's database, as it is now."""
    place = deployment.storage / "ebs" / deployment.id("Database")
    place.mkdir(parents=True, exist_ok=True)
    write_users(place / "jupyterhub.sqlite", *users)
    csi = {"driver": "ebs.csi.aws.com", "volumeHandle": deployment.id("Database")}
    deployment.cluster.put("/api/v1/persistentvolumes/jupyterhub-hub-db-dir", {"spec": {"csi": csi}})
    spec = {"storageClassName": "hub-database", "volumeName": "jupyterhub-hub-db-dir"}
    deployment.cluster.put("/api/v1/namespaces/jupyterhub/persistentvolumeclaims/hub-db-dir", {"spec": spec})
    return place


def write_users(file: Path, *users: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS users (name TEXT)")
        connection.executemany("INSERT INTO users VALUES (?)", [(each,) for each in users])
        connection.commit()


def users_of(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM users ORDER BY name")]


HUB = "/apis/apps/v1/namespaces/jupyterhub/deployments/hub"


def test_database_comes_back_and_the_present_one_is_moved_aside(deployment: Deployment) -> None:
    place = database_with_users(deployment, "ada", "grace")
    deployment.back_up("Database")
    write_users(place / "jupyterhub.sqlite", "mary")
    told = deployment.told("restore", "database", "--yes")
    assert users_of(place / "jupyterhub.sqlite") == ["ada", "grace"]
    (aside,) = place.glob("before-*")
    assert users_of(aside / "jupyterhub.sqlite") == ["ada", "grace", "mary"]
    assert "2 users; the former database is in before-" in told
    assert "nobody signs in or starts a server" in told
    assert deployment.cluster.objects[HUB]["spec"]["replicas"] == 1
    volumes = deployment.cloud.client("ec2").describe_volumes()["Volumes"]
    assert [each["VolumeId"] for each in volumes] == [deployment.id("Database")]
    nothing_is_left(deployment)


def test_database_is_exchanged_while_the_hub_is_stopped(deployment: Deployment) -> None:
    database_with_users(deployment, "ada")
    deployment.back_up("Database")
    deployment.told("restore", "database", "--yes")
    changed = [each for each in deployment.cluster.asked if "deployments/hub" in each or "pods" in each]
    changed = [each.partition(" ")[0] for each in changed if not each.startswith("GET")]
    assert changed == ["PATCH", "POST", "DELETE", "PATCH"]


def test_nothing_happens_to_the_hub_before_it_was_asked(deployment: Deployment) -> None:
    database_with_users(deployment, "ada")
    deployment.back_up("Database")
    assert "nobody is there to be asked" in deployment.told("restore", "database", code=1)
    assert {each.split()[0] for each in deployment.cluster.asked} == {"GET"}
    assert starts(deployment) == 0


def test_database_that_is_not_whole_is_refused_and_the_hub_goes_on(deployment: Deployment) -> None:
    place = database_with_users(deployment, "ada")
    whole = (place / "jupyterhub.sqlite").read_bytes()
    (place / "jupyterhub.sqlite").write_bytes(b"this is no database" * 100)
    deployment.back_up("Database")
    (place / "jupyterhub.sqlite").write_bytes(whole)
    told = deployment.told("restore", "database", "--yes", code=1)
    assert "Nothing was exchanged, and the hub runs again: the database in the backup is not whole" in told
    assert users_of(place / "jupyterhub.sqlite") == ["ada"]
    assert deployment.cluster.objects[HUB]["spec"]["replicas"] == 1


@pytest.mark.parametrize(
    ("method", "part"), [("POST", "/pods"), ("GET", "blueprint-database"), ("DELETE", "/persistentvolumes/")]
)
def test_interrupted_restore_of_the_database_goes_on(deployment: Deployment, method: str, part: str) -> None:
    place = database_with_users(deployment, "ada")
    deployment.back_up("Database")
    write_users(place / "jupyterhub.sqlite", "mary")
    deployment.cluster.breaks = interrupted_at(method, part)
    told = deployment.told("restore", "database", "--yes", code=1)
    assert "The same command goes on with what is not done." in told
    deployment.cluster.breaks = lambda asked, path: None
    deployment.told("restore", "database", "--yes")
    assert users_of(place / "jupyterhub.sqlite") == ["ada"]
    assert len(list(place.glob("before-*"))) == 1
    assert starts(deployment) == 1
    assert deployment.cluster.objects[HUB]["spec"]["replicas"] == 1
    nothing_is_left(deployment)


def test_recovery_points_are_listed(deployment: Deployment) -> None:
    arns = [deployment.back_up("Homes"), deployment.back_up("Database")]
    told = deployment.json("restore", "points")["points"]
    assert [(each["of"], each["arn"]) for each in told] == [("homes", arns[0]), ("hub's database", arns[1])]
    assert datetime.fromisoformat(told[0]["created"]) > datetime.now(UTC) - timedelta(minutes=5)
    assert "2 recovery points" in deployment.told("restore", "points")


def test_recovery_points_of_homes_on_volumes_are_listed_by_their_claims(deployment: Deployment) -> None:
    deployment.set(storage_home="ebs")
    grace, ada, gone = (deployment.volume_home(user, 10) for user in ("grace", "ada", "mary"))
    arns = {each: deployment.back_up_volume(each) for each in (grace, ada, gone)}
    of_database = deployment.back_up("Database")
    deployment.cloud.client("ec2").delete_volume(VolumeId=gone)
    told = deployment.json("restore", "points")["points"]
    assert [(each["of"], each["arn"]) for each in told] == [
        ("home claim-ada", arns[ada]),
        ("home claim-grace", arns[grace]),
        (f"{gone}, which is gone", arns[gone]),
        ("hub's database", of_database),
    ]


def test_without_backups_it_is_told_that_none_are_made(deployment: Deployment) -> None:
    deployment.set(storage_backup_days=0)
    assert "0 recovery points; none are made: storage.backup.days is 0" in deployment.told("restore", "points")
