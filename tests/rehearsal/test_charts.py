"""Charts come from where they can be had, and what stands in for one is told."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from blueprint.values import chart_values
from blueprint.versions import (
    CLUSTER_AUTOSCALER,
    EXTERNAL_DNS,
    EXTERNAL_SECRETS,
    JUPYTERHUB,
    LOAD_BALANCER_CONTROLLER,
    Chart,
)
from rehearsal import charts
from rehearsal.charts import ChartError, Source, archive, fetch
from tests.rehearsal.conftest import CACHE

UNREACHABLE = "http://127.0.0.1:9"
needs_go = pytest.mark.skipif(shutil.which("go") is None, reason="there is no Go on this machine")


def _unreachable(chart: Chart) -> Chart:
    return dataclasses.replace(chart, repository=UNREACHABLE)


def _packed(chart: Chart, folder: Path) -> Path:
    """A chart, as its repository has it."""
    source = folder / chart.name
    source.mkdir(parents=True)
    (source / "Chart.yaml").write_text(f"apiVersion: v2\nname: {chart.name}\nversion: {chart.version}\n")
    subprocess.run([charts.helm(CACHE), "package", source, "--destination", folder], check=True, capture_output=True)
    return archive(folder, chart)


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Chart]:
    """A chart in a repository."""
    folder = tmp_path / "repository"
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        chart = Chart("thing", f"http://127.0.0.1:{server.server_port}", "1.2.3", "default")
        _packed(chart, folder)
        subprocess.run([charts.helm(CACHE), "repo", "index", folder], check=True, capture_output=True)
        yield chart
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and says nothing."""

    def log_message(self, format: str, *args: object) -> None:
        pass


def _only(folder: Path, chart: Chart) -> Source:
    (source,) = fetch(folder / "charts", folder / "at-hand", CACHE, charts=[chart])
    return source


def _rendered(folder: Path, chart: Chart) -> list[dict[str, Any]]:
    values = folder / "values.yaml"
    # What the stacks add to the values, of what templates cannot do without.
    values.write_text(yaml.safe_dump(chart_values(chart.name, {"clusterName": "a", "image": {"tag": "v1"}})))
    command: list[str | Path] = [
        charts.helm(CACHE),
        "template",
        chart.name,
        archive(folder / "charts", chart),
        "--values",
        values,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def test_archive_at_hand_is_taken(tmp_path: Path) -> None:
    (tmp_path / "at-hand").mkdir()
    _packed(JUPYTERHUB, tmp_path / "made").rename(archive(tmp_path / "at-hand", JUPYTERHUB))
    assert _only(tmp_path, _unreachable(JUPYTERHUB)) == Source(_unreachable(JUPYTERHUB), "at hand", JUPYTERHUB.version)
    assert archive(tmp_path / "charts", JUPYTERHUB).exists()


def test_repository_s_chart_is_taken_and_kept(tmp_path: Path, repository: Chart) -> None:
    assert _only(tmp_path, repository) == Source(repository, "repository", "1.2.3")
    assert _only(tmp_path, repository) == Source(repository, "at hand", "1.2.3")


def test_version_that_a_repository_does_not_have_is_an_error(tmp_path: Path, repository: Chart) -> None:
    wrong = dataclasses.replace(repository, version="1.2.4")
    with pytest.raises(ChartError, match=r"has no thing 1\.2\.4: see blueprint/versions\.py"):
        _only(tmp_path, wrong)


def test_unknown_chart_that_cannot_be_fetched_is_missing(tmp_path: Path) -> None:
    chart = Chart("unheard-of", UNREACHABLE, "1.0.0", "default")
    assert _only(tmp_path, chart) == Source(chart, "missing", None)
    assert not archive(tmp_path / "charts", chart).exists()


@pytest.mark.parametrize("chart", [JUPYTERHUB, CLUSTER_AUTOSCALER], ids=lambda chart: chart.name)
def test_stand_in_has_the_name_and_the_version_of_the_chart(tmp_path: Path, chart: Chart) -> None:
    source = _only(tmp_path, _unreachable(chart))
    assert (source.origin, source.version) == ("stand-in", chart.version)
    with tarfile.open(archive(tmp_path / "charts", chart)) as files:
        assert f"{chart.name}/Chart.yaml" in files.getnames()


def test_autoscaler_s_stand_in_runs_as_the_account_that_has_the_role(tmp_path: Path) -> None:
    _only(tmp_path, _unreachable(CLUSTER_AUTOSCALER))
    objects = {each["kind"]: each for each in _rendered(tmp_path, CLUSTER_AUTOSCALER)}
    assert objects["ServiceAccount"]["metadata"]["name"] == CLUSTER_AUTOSCALER.name
    assert objects["Deployment"]["spec"]["template"]["spec"]["serviceAccountName"] == CLUSTER_AUTOSCALER.name


@needs_go
@pytest.mark.parametrize(
    ("chart", "version"),
    [
        pytest.param(EXTERNAL_DNS, EXTERNAL_DNS.version, id="the pinned one"),
        pytest.param(EXTERNAL_SECRETS, "0.20.3", id="external-secrets"),
        pytest.param(LOAD_BALANCER_CONTROLLER, "3.3.0", id="aws-load-balancer-controller"),
    ],
)
def test_module_s_chart_takes_the_place(tmp_path: Path, chart: Chart, version: str) -> None:
    source = _only(tmp_path, _unreachable(chart))
    assert (source.origin, source.version) == ("module", version)
    assert "Deployment" in {each["kind"] for each in _rendered(tmp_path, chart)}


@needs_go
def test_module_s_chart_brings_the_definitions_that_its_values_want(tmp_path: Path) -> None:
    _only(tmp_path, _unreachable(EXTERNAL_SECRETS))
    objects = _rendered(tmp_path, EXTERNAL_SECRETS)
    kinds = {each["spec"]["names"]["kind"] for each in objects if each["kind"] == "CustomResourceDefinition"}
    assert {"SecretStore", "ExternalSecret"} <= kinds
    assert not {"ClusterSecretStore", "ClusterExternalSecret", "PushSecret", "ClusterPushSecret"} & kinds
