"""What pods do with people's files: nothing is followed out of a home or overwritten, all can be repeated."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from blueprint.cli.errands import database, deleting, looking, moving, restoring, sizes


def test_sizes_count_a_file_with_two_names_once_and_follow_no_link(tmp_path: Path) -> None:
    home = tmp_path / "claim-ada"
    home.mkdir()
    (home / "data").write_bytes(b"x" * 100)
    os.link(home / "data", home / "again")
    (home / "out").symlink_to(tmp_path)
    (tmp_path / "elsewhere").symlink_to(home)
    told = sizes.main({"place": str(tmp_path), "names": []})["homes"]
    assert set(told) == {"claim-ada"}
    assert (told["claim-ada"]["bytes"], told["claim-ada"]["files"]) == (100 + len(str(tmp_path)), 3)


def test_deleting_takes_what_is_shut_and_follows_no_link(tmp_path: Path) -> None:
    home, other = tmp_path / "claim-ada", tmp_path / "claim-grace"
    (home / "shut" / "deep").mkdir(parents=True)
    other.mkdir()
    (other / "data").write_text("hers")
    (home / "shut" / "deep" / "data").write_text("x")
    (home / "link").symlink_to(other)
    (home / "shut").chmod(0)
    assert deleting.main({"place": str(tmp_path), "name": "claim-ada"}) == {"files": 2, "left": []}
    assert sorted(each.name for each in tmp_path.iterdir()) == ["claim-grace"]
    assert (other / "data").read_text() == "hers"
    assert deleting.main({"place": str(tmp_path), "name": "claim-ada"}) == {"files": 0, "left": []}


def test_deleting_leaves_a_link_in_a_homes_place_alone(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "claim-ada").symlink_to(tmp_path / "kept")
    assert deleting.main({"place": str(tmp_path), "name": "claim-ada"})["left"] == [str(tmp_path / "claim-ada")]
    assert (tmp_path / "kept").exists()


@pytest.mark.parametrize("name", ["", ".", "..", "../claim-grace", "a/b"])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no directory's name"):
        deleting.main({"place": str(tmp_path), "name": name})
    with pytest.raises(ValueError, match="no directory's name"):
        moving.main({"place": str(tmp_path), "old": "claim-ada", "new": name, "aside": "moved"})


def test_moving_goes_on_after_an_interruption(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    for name in ("a", "b", "c"):
        (old / name).write_text("old")
    (new / "b").write_text("new")
    (old / "a").rename(new / "a")  # so far came the run before
    argument = {"place": str(tmp_path), "old": "old", "new": "new", "aside": "moved"}
    assert moving.main(argument) == {"moved": 2, "aside": ["b"]}
    assert {each.name: each.read_text() for each in new.iterdir() if each.is_file()} == {
        "a": "old",
        "b": "new",
        "c": "old",
    }
    assert moving.main(argument) == {"moved": 0, "aside": []}


def restore(tmp_path: Path, path: str = "") -> dict[str, object]:
    argument = {"source": str(tmp_path / "source"), "path": path, "target": str(tmp_path / "home"), "name": "restored"}
    return restoring.main(argument)


@pytest.fixture
def trees(tmp_path: Path) -> Path:
    (tmp_path / "source" / "work").mkdir(parents=True)
    (tmp_path / "source" / "work" / "thesis").write_text("as it was")
    (tmp_path / "source" / "run").symlink_to("/usr/bin/env")
    os.mkfifo(tmp_path / "source" / "pipe")
    (tmp_path / "home").mkdir()
    return tmp_path


def test_restoring_keeps_modes_times_and_links_and_leaves_pipes(trees: Path) -> None:
    thesis = trees / "source" / "work" / "thesis"
    thesis.chmod(0o750)
    os.utime(thesis, (1_000_000_000, 1_000_000_000))
    told = restore(trees)
    copied = trees / "home" / "restored"
    assert (told["files"], told["there"], told["failed"]) == (2, 0, [])
    assert (copied / "work" / "thesis").stat().st_mtime == 1_000_000_000
    assert (copied / "work" / "thesis").stat().st_mode & 0o777 == 0o750
    assert (copied / "run").readlink() == Path("/usr/bin/env")
    assert not (copied / "pipe").exists()


def test_restoring_overwrites_nothing_and_completes_what_was_begun(trees: Path) -> None:
    there = trees / "home" / "restored" / "work"
    there.mkdir(parents=True)
    (there / "thesis").write_text("edited since")
    (there / f"other{restoring.PART}").write_text("half of i")
    (trees / "source" / "work" / "other").write_text("half of it, and the rest")
    told = restore(trees)
    assert (told["files"], told["there"]) == (2, 1)
    assert (there / "thesis").read_text() == "edited since"
    assert (there / "other").read_text() == "half of it, and the rest"
    assert not (there / f"other{restoring.PART}").exists()


def test_restoring_leaves_the_home_by_no_link(trees: Path) -> None:
    outside = trees / "outside"
    outside.mkdir()
    (trees / "home" / "restored").symlink_to(outside)
    with pytest.raises(FileExistsError):
        restore(trees)
    (trees / "home" / "restored").unlink()
    (trees / "home" / "restored").mkdir()
    (trees / "home" / "restored" / "work").symlink_to(outside)
    restore(trees)
    assert list(outside.iterdir()) == []


def test_restoring_by_a_path_leads_through_no_link(trees: Path) -> None:
    outside = trees / "outside"
    outside.mkdir()
    (trees / "home" / "restored").mkdir()
    (trees / "home" / "restored" / "work").symlink_to(outside)
    with pytest.raises(FileExistsError):
        restore(trees, "work/thesis")
    assert list(outside.iterdir()) == []


def test_looking_tells_restores_and_what_is_seen_in_them(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"aws-backup-restore_{number}").mkdir()
    (tmp_path / "home").mkdir()
    (tmp_path / "aws-backup-restore_2" / "item").write_text("x")
    told = looking.main({"place": str(tmp_path), "item": "item"})
    assert told == {"found": {"aws-backup-restore_1": False, "aws-backup-restore_2": True}}


def write(file: Path, *users: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE IF NOT EXISTS users (name TEXT)")
        connection.executemany("INSERT INTO users VALUES (?)", [(each,) for each in users])
        connection.commit()


def exchange(tmp_path: Path) -> dict[str, object]:
    argument = {"restored": str(tmp_path / "restored"), "now": str(tmp_path / "now"), "aside": "before"}
    return database.main(argument)


@pytest.fixture
def databases(tmp_path: Path) -> Path:
    for name, users in (("restored", ["ada"]), ("now", ["ada", "grace"])):
        (tmp_path / name).mkdir()
        write(tmp_path / name / database.NAME, *users)
    return tmp_path


def test_database_takes_the_place_of_the_present_one_with_its_journal(databases: Path) -> None:
    (databases / "now" / f"{database.NAME}-wal").write_text("a journal")
    assert exchange(databases) == {"users": 1, "aside": "before", "there": False}
    kept = sorted(each.name for each in (databases / "now" / "before").iterdir())
    assert kept == [database.NAME, f"{database.NAME}-wal"]
    assert exchange(databases) == {"users": 1, "aside": "", "there": True}


def test_database_is_exchanged_again_beside_what_was_moved_aside_before(databases: Path) -> None:
    exchange(databases)
    write(databases / "now" / database.NAME, "mary")
    assert exchange(databases)["aside"] == "before-2"
    assert (databases / "now" / "before" / database.NAME).exists()


def test_backup_without_a_database_changes_nothing(databases: Path) -> None:
    (databases / "restored" / database.NAME).unlink()
    assert exchange(databases) == {"refused": "the backup has no jupyterhub.sqlite"}
    assert not (databases / "now" / "before").exists()
