"""Measures directories: bytes and files in each, as their owners would count them."""

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any


def main(argument: dict[str, Any]) -> dict[str, Any]:
    """Each directory in `/files`, or those of `names`, with bytes, files, and when something was changed last."""
    place = Path(argument["place"])
    names = argument["names"] or sorted(each.name for each in place.iterdir())
    folders = [place / name for name in names]
    return {"homes": {each.name: measured(str(each)) for each in folders if each.is_dir() and not each.is_symlink()}}


def measured(folder: str) -> dict[str, Any]:
    """Of one directory; `unread` is the number of directories that could not be looked into."""
    size = files = unread = 0
    newest = 0.0
    seen: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        try:
            found = list(os.scandir(waiting.pop()))
        except OSError:
            unread += 1
            continue
        for each in found:
            try:
                about = each.stat(follow_symlinks=False)
            except OSError:
                continue
            newest = max(newest, about.st_mtime)
            if stat.S_ISDIR(about.st_mode):
                waiting.append(each.path)
                continue
            files += 1
            if about.st_nlink > 1:
                if (about.st_dev, about.st_ino) in seen:
                    continue
                seen.add((about.st_dev, about.st_ino))
            size += about.st_size
    return {"bytes": size, "files": files, "newest": newest, "unread": unread}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
