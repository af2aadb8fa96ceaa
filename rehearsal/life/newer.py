"""The app after an update of this project, with a newer chart: `python -m rehearsal.life.newer`."""

from __future__ import annotations

import io
import re
import runpy
import tarfile
from pathlib import Path
from typing import Final

from blueprint.versions import JUPYTERHUB

CHART: Final = JUPYTERHUB
PINNED: Final = CHART.version
NEWER: Final = f"{PINNED}-rehearsal.1"
"""A version that nobody publishes, so that what it brings is known: nothing."""


def pack(folder: Path) -> None:
    """Write the newer version of the chart beside the one that the blueprint pins: the same, but for its number."""
    old, new = (folder / f"{CHART.name}-{version}.tgz" for version in (PINNED, NEWER))
    with tarfile.open(old) as source, tarfile.open(new, "w:gz") as target:
        for member in source:
            file = source.extractfile(member)
            content = file.read() if file else b""
            if member.name == f"{CHART.name}/Chart.yaml":
                content = re.sub(rb"(?m)^version:.*$", f"version: {NEWER}".encode(), content)
                member.size = len(content)
            target.addfile(member, io.BytesIO(content))


if __name__ == "__main__":
    object.__setattr__(CHART, "version", NEWER)
    runpy.run_path("app.py", run_name="__main__")
