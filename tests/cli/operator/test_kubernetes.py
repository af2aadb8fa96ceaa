"""The same before a real API server, where one is built: who is known, what it tells, and that it takes our objects."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from blueprint.cli.checks.aws import Account
from blueprint.cli.cluster import pods
from blueprint.cli.cluster.access import endpoint
from blueprint.cli.cluster.errand import Directory, Errand, Volume, pod
from blueprint.cli.cluster.kubernetes import Kubernetes
from blueprint.config import Config, load
from blueprint.hub import namespace
from rehearsal.clusters import LocalClusters
from rehearsal.kubernetes import objects
from rehearsal.kubernetes.build import installed
from rehearsal.kubernetes.control_plane import ControlPlane
from tests.cli.operator.deployment import ACCOUNT, HUB, REGION, SETTINGS, Deployment

pytestmark = pytest.mark.programs
CACHE = Path(__file__).parents[3] / ".cache" / "rehearsal"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/PlatformAdmin"
ACCOUNT_OF_PODS: Mapping[str, Any] = {
    "apiVersion": "v1",
    "kind": "ServiceAccount",
    "metadata": {"name": "default", "namespace": "jupyterhub"},
}
ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> LocalClusters:
    if installed("1.35", CACHE) is None:
        pytest.skip("no Kubernetes control plane is in .cache/rehearsal: python -m rehearsal build")
    return LocalClusters(tmp_path_factory.mktemp("kubernetes"), CACHE)


@pytest.fixture
def real(bare: Deployment, clusters: LocalClusters, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """A deployment whose cluster is a real one."""
    monkeypatch.setattr(bare.server._clusters, "runner", clusters)
    bare.deploy_data()
    bare.deploy_cluster()
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    bare.cloud.client("iam").create_role(RoleName="PlatformAdmin", AssumeRolePolicyDocument=document)
    objects.ask(plane(clusters), "POST", "/api/v1/namespaces", dict(namespace()))
    yield bare
    bare.cloud.client("iam").delete_role(RoleName="PlatformAdmin")
    bare.delete()


def plane(clusters: LocalClusters) -> ControlPlane:
    """The control plane that runs."""
    (found,) = clusters.running.values()
    return found


def eventually(happened: Callable[[], bool]) -> None:
    """Ask until something has happened: the scheduler has no time of its own by which it has looked at a pod."""
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline


def known(deployment: Deployment) -> None:
    """The role is one of the administrators."""
    eks = deployment.cloud.client("eks")
    eks.create_access_entry(clusterName="jupyterhub", principalArn=ROLE)
    eks.associate_access_policy(
        clusterName="jupyterhub", principalArn=ROLE, policyArn=ADMIN, accessScope={"type": "cluster"}
    )


def server() -> dict[str, Any]:
    """The pod of a server, which no node has room for: there is none."""
    return {
        "metadata": {
            "name": "jupyter-ada",
            "labels": {"component": "singleuser-server"},
            "annotations": {"hub.jupyter.org/username": "ada", "hub.jupyter.org/servername": ""},
        },
        "spec": {
            "automountServiceAccountToken": False,
            "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "notebook",
                    "image": "x",
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                }
            ],
        },
    }


def test_real_cluster_knows_the_administrators_alone_and_tells_them(real: Deployment, clusters: LocalClusters) -> None:
    assert "it has no access entry. → Be one of admin.roles" in real.told("status", "--role", ROLE, code=1)
    known(real)
    objects.apply(plane(clusters), [ACCOUNT_OF_PODS], "test")
    objects.ask(plane(clusters), "POST", f"{HUB}/pods", server())
    eventually(lambda: bool(real.json("status", "--role", ROLE, code=1)["starts"][0]["waits_for"]))
    told = real.json("status", "--role", ROLE, code=1)
    (start,) = told["starts"]
    assert start["waits_for"].startswith(("FailedScheduling: ", "Unschedulable: "))
    assert [(each["user"], each["state"]) for each in told["servers"]] == [("ada", "pending")]
    assert [each["text"] for each in told["faults"]] == ["The hub is not there yet."]


def test_real_cluster_takes_all_that_an_errand_needs(real: Deployment, clusters: LocalClusters) -> None:
    """Under the restricted pod security standard, which the namespace enforces; nothing is kept of it."""
    known(real)
    config: Config = load(SETTINGS, today=date.today()).config
    account = Account("workload account", ACCOUNT, REGION)

    class Dry(Kubernetes):
        """Creates nothing, but asks whether it could be."""

        def create(self, path: str, thing: Any) -> bool:
            return super().create(f"{path}?dryRun=All&fieldValidation=Strict", thing)

    cluster = Dry(endpoint(config, account, ROLE), config)
    sources: dict[str, Directory | Volume] = {
        "/files": Directory(real.id("Homes"), "/home"),
        "/volume": Volume("vol-1", "eu-central-1a"),
    }
    errand = Errand("sizes", {"place": "/files", "names": []}, sources)
    claims = {
        path: pods._claimed(f"n{number}", each, account, cluster) for number, (path, each) in enumerate(sources.items())
    }
    objects.apply(plane(clusters), [ACCOUNT_OF_PODS], "test")
    assert cluster.create(f"{HUB}/pods", pod(errand, claims, "image"))
    assert cluster.listed("/api/v1/persistentvolumes") == []
