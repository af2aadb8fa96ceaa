"""Charts rendered by the real Helm of the kubectl layer, wherever they are at hand."""

import importlib
import io
import json
import os
import subprocess
import tarfile
import zipfile
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

from blueprint.config.settings import Config
from blueprint.versions import Chart
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
    """The Helm that installs the charts in the default version of Kubernetes, unpacked once for each release of it."""
    minor = Config.model_fields["kubernetes_version"].default.removeprefix("1.")
    layer = f"lambda_layer_kubectl_v{minor}"
    version = metadata.version(f"aws-cdk.{layer.replace('_', '-')}")
    unpacked = ROOT / ".cache" / "helm" / f"v{minor}-{version}" / "helm"
    if not unpacked.exists():
        (package,) = Path(str(importlib.import_module(f"aws_cdk.{layer}").__file__)).parent.glob("_jsii/*.tgz")
        with tarfile.open(package) as files:
            layer_zip = files.extractfile("package/lib/layer.zip") or pytest.fail("the layer has no layer.zip")
            binary = zipfile.ZipFile(io.BytesIO(layer_zip.read())).read("helm/helm")
        unpacked.parent.mkdir(parents=True, exist_ok=True)
        ours = unpacked.with_name(f"helm.{os.getpid()}")  # another process may do the same now
        ours.write_bytes(binary)
        ours.chmod(0o755)
        ours.replace(unpacked)
    return unpacked
