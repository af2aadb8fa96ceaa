"""Copies what was restored into a home, beside what is there: whatever has a name already stays as it is."""

import json
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import Any

PART = ".being-restored"


class Copy:
    """How far it is. A file appears under its name when all of it is there, so a second run knows what is left."""

    def __init__(self) -> None:
        self.files = self.bytes = self.there = 0
        self.failed: list[str] = []

    def folder(self, source: Path, target: Path) -> None:
        """A directory with all that is in it."""
        waiting = [(source, target)]
        made = []
        while waiting:
            old, new = waiting.pop()
            if new.is_symlink() or (new.exists() and not new.is_dir()):
                self.there += 1
                continue
            new.mkdir(mode=0o700, exist_ok=True)
            made.append((old, new))
            try:
                found = sorted(os.scandir(old), key=lambda each: each.name)
            except OSError as error:
                self.failed.append(f"{old}: {error.strerror}")
                continue
            for each in found:
                path = Path(each.path)
                if each.is_dir(follow_symlinks=False):
                    waiting.append((path, new / each.name))
                else:
                    self.file(path, new / each.name)
        for old, new in reversed(made):
            shutil.copystat(old, new)

    def file(self, source: Path, target: Path) -> None:
        """One file, or link; neither sockets nor pipes."""
        if os.path.lexists(target):
            self.there += 1
            return
        try:
            about = source.lstat()
            if stat.S_ISLNK(about.st_mode):
                target.symlink_to(source.readlink())
            elif stat.S_ISREG(about.st_mode):
                part = target.with_name(f"{target.name[:200]}{PART}")
                shutil.copy2(source, part, follow_symlinks=False)
                part.rename(target)
            else:
                return
        except OSError as error:
            self.failed.append(f"{source}: {error.strerror}")
            return
        self.files += 1
        self.bytes += about.st_size


def main(argument: dict[str, Any]) -> dict[str, Any]:
    """From `source`/`path` to `target`/`name`/`path`; `path` may be empty, which is all of it."""
    source = Path(argument["source"], argument["path"])
    top = Path(argument["target"], argument["name"])
    target = top / argument["path"]
    there = os.path.lexists(target)
    if not os.path.lexists(source) or (source.is_dir() and not any(source.iterdir())):
        return {"files": 0, "bytes": 0, "there": 0, "failed": [], "nothing": True, "known": there}
    for each in [top, *target.parents]:
        if each.is_relative_to(top) and each.is_symlink():
            raise FileExistsError(f"{each.name} is a link")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy = Copy()
    if source.is_dir() and not source.is_symlink():
        copy.folder(source, target)
    else:
        copy.file(source, target)
    told = {"files": copy.files, "bytes": copy.bytes, "there": copy.there, "failed": copy.failed[:20]}
    return {**told, "nothing": False, "known": there}


if __name__ == "__main__":
    try:
        print(json.dumps(main(json.loads(sys.argv[1]))))
    except OSError as error:
        print(json.dumps({"error": str(error)}))
        sys.exit(1)
