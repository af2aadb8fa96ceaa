"""A chart installed with Helm in a cluster of the stand-in, and its controller as a process of this machine."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from blueprint.rehearsal import charts
from blueprint.rehearsal.processes import Process
from blueprint.values import chart_values
from blueprint.versions import Chart

from .conftest import CACHE
from .rehearsed import Rehearsed, built_controller

AT_HAND = Path(os.environ.get("CHARTS_DIR", CACHE.parent / "charts"))


def install(cluster: Rehearsed, chart: Chart, values: Mapping[str, Any]) -> dict[str, Any]:
    """Install a chart with the blueprint's values and some more, and give its Deployment's container."""
    folder = cluster.folder / chart.name
    charts.fetch(folder, AT_HAND, CACHE, charts=[chart])
    values_file = folder / "values.json"
    values_file.write_text(json.dumps(chart_values(chart.name, values)))
    command: list[str | Path] = [charts.helm(CACHE), "upgrade", "--install", chart.name, charts.archive(folder, chart)]
    command += ["--namespace", chart.namespace, "--create-namespace", "--values", values_file]
    command += ["--kubeconfig", cluster.plane.kubeconfig]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    deployment = cluster.get(f"/apis/apps/v1/namespaces/{chart.namespace}/deployments/{chart.name}")
    container: dict[str, Any] = deployment["spec"]["template"]["spec"]["containers"][0]
    return container


@contextmanager
def running(
    cluster: Rehearsed, chart: Chart, container: Mapping[str, Any], arguments: Sequence[str] = ()
) -> Iterator[Process]:
    """A chart's container as a process, which is for Kubernetes the chart's service account, and its role for AWS."""
    environment = {
        **cluster.environment(chart.namespace, chart.name),
        **{each["name"]: each["value"] for each in container.get("env", []) if "value" in each},
        "HOME": str(_home(cluster, chart)),
    }
    process = Process(
        [built_controller(chart.name), *container["args"], *arguments],
        cluster.folder / f"{chart.name}.log",
        environment,
    )
    try:
        yield process
    finally:
        process.stop()


def _home(cluster: Rehearsed, chart: Chart) -> Path:
    """A home with the kubeconfig of a service account that has the chart's name."""
    accounts = f"/api/v1/namespaces/{chart.namespace}/serviceaccounts"
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = cluster.create(f"{accounts}/{chart.name}/token", request)["status"]["token"]
    config = yaml.safe_load(cluster.plane.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token}
    file = cluster.folder / chart.name / ".kube" / "config"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(config))
    return file.parents[1]
