"""Charts rendered by the real Helm of the kubectl layer, wherever they are at hand."""

import json
import os
import subprocess
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from blueprint.versions import Chart
from rehearsal import charts
from tests.templates.assembly import once
from tests.templates.variants import ROOT

CHARTS_DIR = Path(os.environ.get("CHARTS_DIR", ROOT / ".cache" / "charts"))

Object = dict[str, Any]


def archive(chart: Chart) -> Path:
    """The chart's archive; skips the test where it is not at hand."""
    path = CHARTS_DIR / f"{chart.name}-{chart.version}.tgz"
    if not path.exists():
        pytest.skip(f"{path.name} is not at hand: put it into .cache/charts, or its folder into CHARTS_DIR")
    return path


def rendered(chart: Chart, values: dict[str, Any]) -> list[Object]:
    """The Kubernetes objects of a release, hooks included."""
    return list(_rendered(chart, json.dumps(values)))


@cache
def _rendered(chart: Chart, values: str) -> tuple[Object, ...]:
    command = [
        str(helm()),
        "template",
        chart.name,
        str(archive(chart)),
        "--namespace",
        chart.namespace,
        "--values",
        "-",
    ]

    def render(folder: Path) -> None:
        done = subprocess.run(command, input=values, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        folder.mkdir()
        found = [each for each in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if each]
        (folder / "objects.json").write_text(json.dumps(found))

    return tuple(json.loads((once([*command, values], render) / "objects.json").read_text()))


def default_values(chart: Chart) -> dict[str, Any]:
    """The chart's own values."""
    values: dict[str, Any] = yaml.load(file_of(chart, "values.yaml"), Loader=yaml.CSafeLoader)
    return values


def file_of(chart: Chart, name: str) -> bytes:
    """What a file of the chart holds; skips the test where the chart is not at hand."""
    with tarfile.open(archive(chart)) as files:
        file = files.extractfile(f"{chart.name}/{name}")
        assert file is not None
        return file.read()


@cache
def helm() -> Path:
    """The Helm that installs the charts in the default version of Kubernetes."""
    return charts.helm(ROOT / ".cache")
