"""Tells which directories of restores there are at the top of a file system."""

import json
import sys
from pathlib import Path
from typing import Any

PREFIX = "aws-backup-restore_"


def main(argument: dict[str, Any]) -> dict[str, Any]:
    """Their names, and whether what was asked for is seen in each, as far as that can be looked at."""
    found = {}
    for each in sorted(Path(argument["place"]).glob(f"{PREFIX}*")):
        try:
            found[each.name] = (each / argument["item"]).exists()
        except OSError:
            found[each.name] = False
    return {"found": found}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
