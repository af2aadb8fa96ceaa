"""Moves what is in one home to another one; what the other one has already stays, and nothing is overwritten."""

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any


def main(argument: dict[str, Any]) -> dict[str, Any]:
    """From `place`/`old` to `place`/`new`: what has a name that is taken goes into the directory `aside` there."""
    for name in (argument["old"], argument["new"], argument["aside"]):
        if "/" in name or name in ("", ".", ".."):
            raise ValueError("this is no directory's name")
    old, new = Path(argument["place"], argument["old"]), Path(argument["place"], argument["new"])
    if not old.is_dir() or old.is_symlink():
        return {"moved": 0, "aside": []}
    new.mkdir(mode=0o700, exist_ok=True)
    aside = new / argument["aside"]
    moved, put_aside = 0, []
    for each in sorted(old.iterdir()):
        target = new / each.name
        if os.path.lexists(target):
            aside.mkdir(mode=0o700, exist_ok=True)
            target = aside / each.name
            if os.path.lexists(target):
                raise FileExistsError(f"{aside.name}/{each.name} is there already")
            put_aside.append(each.name)
        each.rename(target)
        moved += 1
    with contextlib.suppress(OSError):
        old.rmdir()
    return {"moved": moved, "aside": put_aside}


if __name__ == "__main__":
    try:
        print(json.dumps(main(json.loads(sys.argv[1]))))
    except (OSError, ValueError) as error:
        print(json.dumps({"error": str(error)}))
        sys.exit(1)
