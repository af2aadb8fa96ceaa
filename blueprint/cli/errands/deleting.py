"""Deletes what is in a directory of a home, and the directory, where it may be."""

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any


def main(argument: dict[str, Any]) -> dict[str, Any]:
    """Empty the directory `place`/`name`, and take it away; how many files went, and what stayed."""
    if "/" in argument["name"] or argument["name"] in ("", ".", ".."):
        raise ValueError("this is no directory's name")
    folder = Path(argument["place"], argument["name"])
    if not folder.is_dir() or folder.is_symlink():
        return {"files": 0, "left": [str(folder)] if folder.is_symlink() or folder.exists() else []}
    gone, left = emptied(folder)
    with contextlib.suppress(OSError):
        folder.rmdir()
    return {"files": gone, "left": left}


def emptied(folder: Path) -> tuple[int, list[str]]:
    """Delete what is in a directory, the deepest first; how many files went, and some of those that stayed."""
    gone, left = 0, []
    for top, folders, _ in os.walk(folder):  # so that all can be looked into
        for each in [Path(top), *(Path(top, name) for name in folders)]:
            if not each.is_symlink():
                with contextlib.suppress(OSError):
                    each.chmod(0o700)
    for top, folders, files in os.walk(folder, topdown=False):
        found = [Path(top, name) for name in folders]
        for each in [*(Path(top, name) for name in files), *(each for each in found if each.is_symlink())]:
            try:
                each.unlink()
                gone += 1
            except FileNotFoundError:
                continue
            except OSError:
                left.append(str(each))
        for each in found:
            with contextlib.suppress(OSError):
                each.rmdir()
    return gone, left[:20]


if __name__ == "__main__":
    try:
        print(json.dumps(main(json.loads(sys.argv[1]))))
    except (OSError, ValueError) as error:
        print(json.dumps({"error": str(error)}))
        sys.exit(1)
