"""All stacks in the stand-in with a real Kubernetes API server, by CDK's own kubectl handler; the charts are stubs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blueprint.versions import CHARTS
from rehearsal.aws import Server
from rehearsal.aws.eks.store import ClusterId
from rehearsal.clusters import LocalClusters
from rehearsal.kubernetes.control_plane import ControlPlane
from tests.rehearsal import charts
from tests.rehearsal.conftest import CACHE
from tests.rehearsal.deploying import deploy, prepare
from tests.rehearsal.stacks import Stacks
from tests.templates.assembly import made
from tests.templates.variants import REGION, SHIPPED

WORKLOAD, DNS = "777777777777", "888888888888"
CONTEXT = {
    **SHIPPED,
    "workload.account": WORKLOAD,
    "parent.dns.account": DNS,
    "admin.roles": [f"arn:aws:iam::{WORKLOAD}:role/PlatformAdmin"],
}


@pytest.fixture(scope="module")
def clusters(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalClusters]:
    clusters = LocalClusters(tmp_path_factory.mktemp("kubernetes"), CACHE)
    yield clusters
    clusters.stop_all()


@pytest.fixture(scope="module")
def server(node_modules: Path, clusters: LocalClusters, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("hub")
    charts.write(folder)
    with Server(folder / "aws", clusters, modules=node_modules, charts=folder) as server:
        yield server


@pytest.fixture(scope="module")
def hub(server: Server) -> Stacks:
    """The stack of the hub, deployed after the others."""
    assembly = made(CONTEXT, stage=True)
    server.cloud(DNS, REGION).client("route53").create_hosted_zone(Name="example.com", CallerReference="parent")
    prepare(server.cloud(WORKLOAD, REGION), CONTEXT)
    deploy(server, DNS, assembly, "ParentDns")
    for stack in ("Dns", "Data"):
        deploy(server, WORKLOAD, assembly, stack)
    return deploy(server, WORKLOAD, assembly, "Hub")


@pytest.fixture
def plane(hub: Stacks, clusters: LocalClusters) -> ControlPlane:
    return clusters.running[ClusterId(WORKLOAD, REGION, "jupyterhub")]


def named(plane: ControlPlane, path: str) -> dict[str, Any]:
    """The objects of a list, by name."""
    answer = plane.get(path)
    assert answer is not None
    return {each["metadata"]["name"]: each for each in json.loads(answer)["items"]}


def test_the_hub_deploys(hub: Stacks) -> None:
    assert (hub.described()["StackStatus"], hub.reasons("CREATE_FAILED")) == ("CREATE_COMPLETE", [])


def test_every_chart_is_installed_in_its_namespace(plane: ControlPlane) -> None:
    maps = json.loads(plane.get("/api/v1/configmaps") or b"")["items"]
    found = {(each["metadata"]["namespace"], each["metadata"]["name"]) for each in maps}
    assert {(chart.namespace, f"values-of-{chart.name}") for chart in CHARTS} <= found


def test_the_ingress_and_the_storage_classes_are_there(plane: ControlPlane) -> None:
    ingresses = named(plane, "/apis/networking.k8s.io/v1/namespaces/jupyterhub/ingresses")
    classes = named(plane, "/apis/storage.k8s.io/v1/storageclasses")
    assert (list(ingresses), "home" in classes) == (["hub"], True)


def test_the_destroyed_hub_leaves_no_cluster_and_no_security_group(
    hub: Stacks, plane: ControlPlane, clusters: LocalClusters, server: Server
) -> None:
    assert (hub.delete(), clusters.running) == ("DELETE_COMPLETE", {})
    groups = server.cloud(WORKLOAD, REGION).client("ec2").describe_security_groups()["SecurityGroups"]
    assert {each["GroupName"] for each in groups} == {"default"}
