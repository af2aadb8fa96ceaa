"""What EKS's add-ons install in Kubernetes."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from blueprint.versions import BUCKET_DRIVER, EKS_ADDONS
from rehearsal import addons
from rehearsal.aws.eks.store import ClusterId
from rehearsal.controllers import PROGRAMS
from rehearsal.kubernetes.programs import repository
from tests.rehearsal.aws.test_eks import cluster, eks
from tests.rehearsal.no_kubernetes import NoKubernetes
from tests.rehearsal.stacks import ACCOUNT, REGION

__all__ = ["cluster", "eks"]

DRIVERS = ["aws-ebs-csi-driver", "aws-efs-csi-driver"]


@pytest.mark.parametrize("name", [*EKS_ADDONS, *BUCKET_DRIVER, "kube-proxy", "coredns", "metrics-server"])
def test_every_addon_of_the_blueprint_is_known(name: str) -> None:
    assert bool(addons.objects(name, "v1.0.0-eksbuild.1", "hub")) == (
        name in {*DRIVERS, "coredns", "aws-mountpoint-s3-csi-driver"}
    )


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_driver_runs_the_version_that_is_asked_for(driver: str) -> None:
    found = addons.objects(driver, EKS_ADDONS[driver], "hub")
    (pod,) = [each["spec"]["template"]["spec"] for each in found if each["kind"] == "Deployment"]
    version = EKS_ADDONS[driver].partition("-")[0]
    assert pod["containers"][0]["image"].endswith(f"/{driver}:{version}")


def test_the_volume_driver_tags_what_it_makes() -> None:
    settings = {"controller": {"extraVolumeTags": {"CostCenter": "4711", "Owner": "research team"}}}
    found = addons.objects("aws-ebs-csi-driver", "v1.63.1-eksbuild.1", "hub", settings)
    (pod,) = [each["spec"]["template"]["spec"] for each in found if each["kind"] == "Deployment"]
    assert "--extra-tags=CostCenter=4711,Owner=research team" in pod["containers"][0]["args"]


def test_settings_that_nothing_is_done_with_are_refused() -> None:
    with pytest.raises(addons.UnknownAddonError, match=r"does nothing with controller\.replicaCount of the add-on"):
        addons.objects("aws-ebs-csi-driver", "v1.63.1-eksbuild.1", "hub", {"controller": {"replicaCount": 3}})


@pytest.mark.parametrize("driver", DRIVERS)
def test_what_a_drivers_controller_runs_is_built(driver: str) -> None:
    found = addons.objects(driver, EKS_ADDONS[driver], "hub")
    (pod,) = [each["spec"]["template"]["spec"] for each in found if each["kind"] == "Deployment"]
    assert {repository(each["image"]) for each in pod["containers"]} <= PROGRAMS.keys()


@pytest.mark.parametrize(
    ("driver", "account"),
    [("aws-ebs-csi-driver", "ebs-csi-controller-sa"), ("aws-efs-csi-driver", "efs-csi-controller-sa")],
)
def test_a_drivers_controller_has_the_account_that_the_blueprint_gives_a_role(driver: str, account: str) -> None:
    deployments = [each for each in addons.objects(driver, "v1", "hub") if each["kind"] == "Deployment"]
    assert [each["spec"]["template"]["spec"]["serviceAccountName"] for each in deployments] == [account]


def test_an_addon_is_installed_and_removed_with_eks(eks: Any, cluster: str, kubernetes: NoKubernetes) -> None:
    id = ClusterId(ACCOUNT, REGION, cluster)
    before = list(kubernetes.objects[id])
    eks.create_addon(clusterName=cluster, addonName="aws-efs-csi-driver", addonVersion="v3.4.1-eksbuild.1")
    installed = list(kubernetes.objects[id])
    eks.delete_addon(clusterName=cluster, addonName="aws-efs-csi-driver")
    assert ("efs-csi-controller" in installed, list(kubernetes.objects[id])) == (True, before)


def test_an_unknown_addon_is_refused(eks: Any, cluster: str) -> None:
    with pytest.raises(ClientError, match="does not know the add-on adot"):
        eks.create_addon(clusterName=cluster, addonName="adot")
