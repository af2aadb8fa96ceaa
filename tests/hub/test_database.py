"""The hub's own SQLite database: what its journal withstands, and what JupyterHub makes of it."""

import gc
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from itertools import islice
from logging import getLogger
from pathlib import Path
from typing import TextIO

import pytest
from jupyterhub import dbutil, orm  # type: ignore[import-untyped]
from sqlalchemy import event, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from blueprint.values import CHARTS
from hub.database import configure, keep_journal, look_up

FILES = ("", "-wal", "-shm")
# For each line, which names a database and two pipes, a process that has read all modules.
WRITERS = """
import os, signal, sys
from hub.database import configure
from jupyterhub import orm

configure()
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    if os.fork() == 0:
        break
else:
    sys.exit()
file, numbers, said = line[:-1].split("\\0")
said = open(said, "w")
print(os.getpid(), file=said, flush=True)
db = orm.new_session_factory(f"sqlite:///{file}")()
print(file=said, flush=True)
for number in map(int, open(numbers)):  # each commit is a user and a server
    user = orm.User(name=f"user-{number}")
    db.add(user)
    db.add(orm.Spawner(name="", user=user, state={"filling": "x" * 500}))
    db.commit()
    print(number, file=said, flush=True)
"""


@pytest.fixture
def configured() -> Iterator[None]:
    before = gc.get_threshold()
    configure()
    yield
    gc.set_threshold(*before)
    event.remove(Engine, "connect", keep_journal)
    event.remove(Session, "do_orm_execute", look_up)


class Writer:
    """A process that writes as the hub does, and stops wherever it is."""

    def __init__(self, process: int, numbers: TextIO, said: TextIO) -> None:
        self._process, self._numbers, self._said = process, numbers, said

    def begin(self, numbers: range) -> None:
        """Have so many commits made."""
        self._numbers.writelines(f"{number}\n" for number in numbers)
        self._numbers.flush()

    def committed(self, number: int) -> int:
        """Wait for so many commits more, and tell the last."""
        return int([*islice(self._said, number)][-1])

    def signal(self, number: int) -> None:
        """Have it stop, or go on."""
        os.kill(self._process, number)


Begin = Callable[[Path], AbstractContextManager[Writer]]


@pytest.fixture(scope="module")
def writer() -> Iterator[Begin]:
    """A function that begins a writer of a database, which is killed in the end."""
    command = [sys.executable, "-c", WRITERS]
    writers = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, env={"PYTHONPATH": str(CHARTS)})
    line = writers.stdin or pytest.fail("no input")

    @contextmanager
    def begun(file: Path) -> Iterator[Writer]:
        pipes = [file.with_name(name) for name in ("numbers", "said")]
        for pipe in pipes:
            os.mkfifo(pipe)
        print(file, *pipes, sep="\0", file=line, flush=True)
        with pipes[1].open() as said:
            process = int(said.readline())
            assert said.readline() == "\n"
            with pipes[0].open("w") as numbers:
                try:
                    yield Writer(process, numbers, said)
                finally:
                    os.kill(process, signal.SIGKILL)
                    said.read()  # until it is gone

    with writers:
        yield begun
        line.close()


def copy(file: Path, to: Path) -> Path:
    """The database with its journal, in another folder."""
    to.mkdir()
    for ending in FILES:
        shutil.copy(f"{file}{ending}", to)
    return to / file.name


def commits(file: Path) -> int:
    """How many commits a database holds, all of it whole."""
    with closing(sqlite3.connect(file)) as db:
        if {*orm.Base.metadata.tables} - {name for [name] in db.execute("SELECT name FROM sqlite_master")}:
            hub_finds(file)  # and makes the tables that had not reached the disk
        assert [*db.execute("PRAGMA integrity_check")] == [("ok",)]
        assert [*db.execute("PRAGMA foreign_key_check")] == []
        [[users]], [[servers]] = (db.execute(f"SELECT count(*) FROM {table}") for table in ("users", "spawners"))
    assert users == servers
    return int(users)


def hub_finds(file: Path) -> int:
    """How many a hub finds that starts with it."""
    with closing(orm.new_session_factory(f"sqlite:///{file}")()) as db:
        users: int = db.query(orm.User).join(orm.Spawner).count()
        db.get_bind().dispose()
    return users


@pytest.mark.usefixtures("configured")
def test_a_commit_is_noted_in_a_journal_and_waits_for_no_disk(tmp_path: Path) -> None:
    with closing(orm.new_session_factory(f"sqlite:///{tmp_path}/database")()) as db:
        assert db.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert db.execute(text("PRAGMA synchronous")).scalar() == 1  # NORMAL


def test_other_databases_are_left_alone() -> None:
    keep_journal(object(), None)


def test_a_snapshot_at_any_moment_opens_and_is_whole(tmp_path: Path, writer: Begin) -> None:
    """A snapshot of the volume has all its files as they are in one moment, whatever the hub is doing."""
    file, chance = tmp_path / "database", random.Random(9)
    with writer(file) as hub:
        hub.begin(range(2000))
        for number in range(12):
            least = hub.committed(chance.randrange(20, 120)) + 1
            hub.signal(signal.SIGSTOP)
            snapshot = copy(file, tmp_path / str(number))
            hub.signal(signal.SIGCONT)
            assert commits(snapshot) >= least
    assert hub_finds(snapshot) >= least


def test_whatever_of_the_journal_reached_the_disk_opens_and_is_whole(tmp_path: Path, writer: Begin) -> None:
    """When power fails, the end of the journal may be missing: the last commits are then, and nothing else."""
    file, chance = tmp_path / "database", random.Random(9)
    with writer(file) as hub:
        hub.begin(range(60))
        hub.committed(60)
        hub.signal(signal.SIGSTOP)
        lost = copy(file, tmp_path / "lost")
    journal = Path(f"{lost}-wal").read_bytes()
    found = []
    for number, length in enumerate(sorted([0, len(journal), *chance.choices(range(len(journal)), k=25)])):
        left = copy(lost, tmp_path / str(number))
        Path(f"{left}-wal").write_bytes(journal[:length])
        Path(f"{left}-shm").unlink()  # it is about memory, and made anew
        found.append(commits(left))
    assert found == sorted(found)
    assert hub_finds(left) == 60
    assert found[-1] == 60
    assert len({*found}) > 10


def test_a_database_that_was_being_brought_up_to_the_journal_opens_and_is_whole(tmp_path: Path, writer: Begin) -> None:
    """Of what leaves the journal, any part may have reached the disk when power fails. The journal has it still."""
    file, chance = tmp_path / "database", random.Random(9)
    with writer(file) as hub:
        hub.begin(range(60))
        hub.committed(60)
        hub.signal(signal.SIGSTOP)
        before, after = copy(file, tmp_path / "before"), copy(file, tmp_path / "after")
    with closing(sqlite3.connect(after)) as database:
        assert database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    old, new = before.read_bytes(), after.read_bytes()
    for number in range(20):
        left = copy(before, tmp_path / str(number))
        with left.open("r+b") as database_file:
            for page in range(0, len(new), 4096):
                if chance.random() < 0.5:
                    database_file.seek(page)
                    database_file.write(new[page : page + 4096])
        assert left.read_bytes() not in (old, new)
        Path(f"{left}-shm").unlink()
        assert commits(left) == 60
    assert hub_finds(left) == 60


@pytest.mark.usefixtures("configured")
def test_jupyterhubs_copy_before_an_upgrade_has_the_last_commit(
    tmp_path: Path, writer: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "database"
    with writer(file) as hub:
        hub.begin(range(30))
        hub.committed(30)
    with closing(sqlite3.connect(file)) as database:
        database.execute("UPDATE alembic_version SET version_num = 'an earlier one'")
        database.commit()
        left = copy(file, tmp_path / "left")  # before it is closed, which would empty the journal
    assert Path(f"{left}-wal").stat().st_size > 0
    monkeypatch.setattr(dbutil, "upgrade", lambda url: None)
    dbutil.upgrade_if_needed(f"sqlite:///{left}", log=getLogger())
    [kept] = left.parent.glob("database.*")
    monkeypatch.setattr(orm, "check_db_revision", lambda engine: None)
    assert (commits(kept), hub_finds(kept)) == (30, 30)


OPERATIONS = (CHARTS.parent / "docs" / "operations.md").read_text()
"""Its chapter of the database has these commands."""


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="the hub's image has sqlite3, this machine has not")
def test_the_manual_saves_what_can_be_read_of_a_damaged_database(tmp_path: Path, writer: Begin) -> None:
    file = tmp_path / "jupyterhub.sqlite"
    with writer(file) as hub:
        hub.begin(range(400))
        hub.committed(400)
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [servers] = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'spawners'").fetchone()
    check = re.findall(r"-- sqlite3 /srv/jupyterhub/jupyterhub.sqlite '(.*)'", OPERATIONS)
    assert told(file, *check) == "ok\n"
    with file.open("r+b") as damaged:
        damaged.seek((servers - 1) * 4096)
        damaged.write(b"\xff" * 4096)
    assert told(file, *check) != "ok\n"
    [commands] = re.findall(r"^cd /srv/jupyterhub\n(.*?)```", OPERATIONS, re.MULTILINE | re.DOTALL)
    said = subprocess.run(["sh", "-c", commands], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said.endswith("ok\n400\n")
    assert told(file, *check) == "ok\n"


def told(file: Path, *asked: str) -> str:
    """What SQLite's own program says."""
    return subprocess.run(["sqlite3", file, *asked], capture_output=True, text=True, check=False).stdout
