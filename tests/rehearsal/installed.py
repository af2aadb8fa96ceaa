"""A chart of the blueprint, installed with Helm in a cluster of the stand-in, and its controller as a process."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from blueprint.versions import Chart
from rehearsal import charts
from rehearsal.aws import Cloud
from rehearsal.processes import Process
from tests.rehearsal.conftest import CACHE
from tests.rehearsal.rehearsed import Rehearsed, built_controller
from tests.rehearsal.stacks import ACCOUNT, REGION
from tests.templates.assembly import Assembly
from tests.templates.iam import documents
from tests.templates.template import plain
from tests.templates.variants import ACCOUNT as TEMPLATES_ACCOUNT

AT_HAND = Path(os.environ.get("CHARTS_DIR", CACHE.parent / "charts"))


@dataclass(frozen=True)
class Blueprint:
    """What the blueprint deploys, with what its values and ids mean in the stand-in."""

    assembly: Assembly
    meaning: Mapping[str, str]

    def filled(self, value: Any) -> Any:
        """A part of a template with what it means."""
        text = json.dumps(plain(value))
        for name, meant in {TEMPLATES_ACCOUNT: ACCOUNT, "${AWS::Region}": REGION, **self.meaning}.items():
            text = text.replace(name, meant)
        text = text.replace("${AWS::Partition}", "aws").replace("${AWS::URLSuffix}", "amazonaws.com")
        assert "${" not in text, text
        return json.loads(text)

    def make_role(self, cloud: Cloud, stack: str, id: str, name: str) -> str:
        """Make one of the roles, with its rights and its trust."""
        template = self.assembly[stack]
        trust = json.dumps(self.filled(template.resources[id]["Properties"]["AssumeRolePolicyDocument"]))
        made = cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        self.write_rights(cloud, stack, id, name)
        return str(made["Role"]["Arn"])

    def write_rights(self, cloud: Cloud, stack: str, id: str, name: str) -> None:
        """Give a role the rights of one of the template's, in place of what it had of them."""
        for number, (role, document) in enumerate(documents(self.assembly[stack])):
            if role == id:
                text = json.dumps(self.filled(document))
                cloud.client("iam").put_role_policy(RoleName=name, PolicyName=str(number), PolicyDocument=text)

    def install(self, cluster: Rehearsed, chart: Chart) -> dict[str, Any]:
        """Install a chart, and give its Deployment's container."""
        folder = cluster.folder / chart.name
        charts.fetch(folder, AT_HAND, CACHE, charts=[chart])
        values = folder / "values.json"
        values.write_text(json.dumps(self.filled(self.assembly["Hub"].values(chart.name))))
        command: list[str | Path] = [charts.helm(CACHE), "upgrade", "--install", chart.name]
        command += [charts.archive(folder, chart), "--namespace", chart.namespace, "--create-namespace"]
        command += ["--values", values, "--kubeconfig", cluster.plane.kubeconfig]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        deployment = cluster.get(f"/apis/apps/v1/namespaces/{chart.namespace}/deployments/{chart.name}")
        container: dict[str, Any] = deployment["spec"]["template"]["spec"]["containers"][0]
        return container


@contextmanager
def identity(cluster: Rehearsed, blueprint: Blueprint, chart: Chart, name: str) -> Iterator[str]:
    """The role of a chart's pods in the workload account, and its association with their service account."""
    place = (chart.namespace, chart.name)
    arn = blueprint.make_role(cluster.cloud, "Hub", blueprint.assembly["Hub"].pod_roles()[place], name)
    eks = cluster.cloud.client("eks")
    made = eks.create_pod_identity_association(
        clusterName=cluster.name, namespace=place[0], serviceAccount=place[1], roleArn=arn
    )["association"]
    yield arn
    eks.delete_pod_identity_association(clusterName=cluster.name, associationId=made["associationId"])


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
