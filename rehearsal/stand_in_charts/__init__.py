"""Charts of our own for the rehearsal, in the names of published ones, for machines that cannot reach these."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Final

from blueprint.versions import Chart
from preview.installation import HERE as PREVIEW

_CHARTS: Final = Path(__file__).parent
_SHARED: Final = {"jupyterhub": {"files/as_the_chart.py": PREVIEW / "hub" / "as_the_chart.py"}}


def exists(chart: Chart) -> bool:
    """Whether there is one for a chart."""
    return (_CHARTS / chart.name / "Chart.yaml").exists()


def pack(chart: Chart, folder: Path) -> Path:
    """Write it as an archive with the version that the chart is pinned at."""
    source = _CHARTS / chart.name
    files = {str(file.relative_to(source)): file for file in sorted(source.rglob("*")) if file.is_file()}
    archive = folder / f"{chart.name}-{chart.version}.tgz"
    with tarfile.open(archive, "w:gz") as packed:
        for name, file in {**files, **_SHARED.get(chart.name, {})}.items():
            content = file.read_text()
            if name == "Chart.yaml":
                content = content.replace("version: 0.0.0", f"version: {chart.version}")
            member = tarfile.TarInfo(f"{chart.name}/{name}")
            member.size = len(content.encode())
            packed.addfile(member, io.BytesIO(content.encode()))
    return archive
