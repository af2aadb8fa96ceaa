"""Puts a restored database of the hub's in the place of the present one, which is moved aside, and not deleted."""

import filecmp
import json
import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

NAME = "jupyterhub.sqlite"
FILES = (NAME, f"{NAME}-wal", f"{NAME}-shm")


def main(argument: dict[str, Any]) -> dict[str, Any]:
    """From `restored` to `now`; the present one goes into the directory `aside`. What is not whole is refused."""
    restored, now = Path(argument["restored"], NAME), Path(argument["now"])
    if not restored.exists():
        return {"refused": f"the backup has no {NAME}"}
    try:
        users = whole(restored)
    except sqlite3.DatabaseError as error:
        return {"refused": f"the database in the backup is not whole: {error}"}
    present = now / NAME
    if present.exists() and not Path(f"{present}-wal").exists() and filecmp.cmp(restored, present, shallow=False):
        return {"users": users, "aside": "", "there": True}
    part = now / f"{NAME}.being-restored"
    shutil.copyfile(restored, part)
    with part.open("rb+") as copied:
        os.fsync(copied.fileno())
    aside = free(now, argument["aside"])
    for name in FILES:
        if (now / name).exists():
            aside.mkdir(mode=0o700, exist_ok=True)
            (now / name).rename(aside / name)
    part.rename(present)
    return {"users": users, "aside": aside.name if aside.exists() else "", "there": False}


def whole(database: Path) -> int:
    """Make one file of a database and its journal, and look at it; the number of users.

    Raises:
        sqlite3.DatabaseError: where it is damaged.
    """
    with closing(sqlite3.connect(database)) as connection:
        (word,) = connection.execute("PRAGMA integrity_check").fetchone()
        if word != "ok":
            raise sqlite3.DatabaseError(word)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
        (users,) = connection.execute("SELECT count(*) FROM users").fetchone()
        return int(users)


def free(now: Path, name: str) -> Path:
    """A directory that holds none of the files yet: an interrupted run may have moved some, and a hub made others."""
    number = 1
    while True:
        found = now / (name if number == 1 else f"{name}-{number}")
        if not any((found / each).exists() for each in FILES if (now / each).exists()):
            return found
        number += 1


if __name__ == "__main__":
    try:
        print(json.dumps(main(json.loads(sys.argv[1]))))
    except OSError as error:
        print(json.dumps({"error": str(error)}))
        sys.exit(1)
