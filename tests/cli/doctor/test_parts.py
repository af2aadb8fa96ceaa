"""Broken worlds: the image, versions of Kubernetes, add-ons and charts, and the organisation's rules."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from blueprint.cli.doctor import image, organisation, registries, versions
from blueprint.versions import EKS_ADDONS
from tests.cli.doctor.border import addon_versions, cluster_versions, cost_tags, tag_policy
from tests.cli.doctor.staging import REGION, WORKLOAD, Stage, image_for
from tests.cli.doctor.worlds import Broken, look, steps
from tests.cli.internet import Reply, site

OURS = f"{WORKLOAD}.dkr.ecr.{REGION}.amazonaws.com/notebook:1.0"


def pushed(stage: Stage, *tags: str) -> None:
    """An image of one's own in ECR."""
    ecr = stage.workload.client("ecr")
    ecr.create_repository(repositoryName="notebook")
    manifest = '{"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json"}'
    for tag in tags:
        ecr.put_image(repositoryName="notebook", imageManifest=manifest, imageTag=tag)
    stage.context["singleuser.image"] = OURS


IMAGES = {
    "no such tag": Broken(
        lambda stage: stage.put_image(Reply("", 404)), "fault", "There is no image jupyter/datascience-notebook with"
    ),
    "image for other machines": Broken(
        lambda stage: stage.put_image(image_for("arm64", "unknown"), "hub-5.5.0"),
        "fault",
        "is for arm64; servers with it run on amd64",
    ),
    "image with an older hub": Broken(
        lambda stage: stage.put_image(image_for("amd64"), "hub-4.1.6", "hub-4"), "fault", "carries JupyterHub 4"
    ),
    "image whose hub is not told": Broken(
        lambda stage: stage.put_image(image_for("amd64")), "unknown", "is told no more: the hub's is 5"
    ),
    "image that is not public": Broken(
        lambda stage: stage.put_image(Reply("", 403)), "unknown", "to those only who sign in"
    ),
    "registry that has had enough": Broken(
        lambda stage: stage.put_image(Reply("", 429)), "unknown", "answers no more questions for now"
    ),
    "registry that is ill": Broken(lambda stage: stage.put_image(Reply("", 500)), "unknown", "quay.io answers 500"),
    "image of one's own": Broken(
        lambda stage: pushed(stage, "1.0"), "unknown", f"Which JupyterHub is in {OURS} is not told"
    ),
    "image that was not pushed": Broken(
        lambda stage: pushed(stage, "0.9"), "fault", f"There is no image notebook with 1.0 at {OURS.partition('/')[0]}"
    ),
    "repository that is not there": Broken(
        lambda stage: stage.context.update({"singleuser.image": OURS}), "fault", "There is no repository notebook"
    ),
}


@pytest.mark.parametrize("broken", IMAGES.values(), ids=IMAGES)
def test_image_is_found_wanting(stage: Stage, broken: Broken) -> None:
    look(stage, image.CHECKS, broken)


def with_profiles(stage: Stage, folder: Path, text: str) -> None:
    (folder / "profiles.yaml").write_text(text)
    stage.context["singleuser.profiles"] = str(folder / "profiles.yaml")


ALONE = (
    "alone: {title: Alone, compute: fargate, sizes: {s: {cpu: 1, memory: 4G}, l: {cpu: 4, memory: 16G, disk: 50Gi}}}"
)


@pytest.mark.parametrize(
    ("gigabytes", "text", "fix"),
    [
        pytest.param(4, ALONE, "", id="that fits"),
        pytest.param(
            5, ALONE, "Give the sizes of its profile on Fargate disk: 14Gi or more", id="of the smallest disk"
        ),
        pytest.param(70, ALONE, "Take a smaller image, or nodes", id="that no disk holds"),
        pytest.param(5, ALONE.replace("memory: 4G", "memory: 4G, disk: 14Gi"), "", id="with a disk for it"),
        pytest.param(70, "notebook: {title: Notebook}", "", id="on nodes"),
    ],
)
@pytest.mark.parametrize("indexed", [True, False], ids=["for several machines", "for one"])
def test_image_larger_than_the_disk_on_fargate_is_told(
    stage: Stage, tmp_path: Path, gigabytes: int, text: str, fix: str, indexed: bool
) -> None:
    layers = {"layers": [{"size": gigabytes * 10**9 - 1}, {"size": 1}]}
    if indexed:
        index = [{"platform": {"architecture": each}, "digest": f"sha256:{each}"} for each in ("arm64", "amd64")]
        stage.put_image({"manifests": index}, "hub-5.5.0", others={"sha256:amd64": layers})
    else:
        stage.put_image(layers, "hub-5.5.0")
    with_profiles(stage, tmp_path, text)
    found = stage.find(image.CHECKS)
    assert [(each.level, each.fix) for each in found] == ([("warning", fix)] if fix else [])
    if fix:
        assert f"is {gigabytes}.0 GB at the registry" in found[0].text
        assert "on Fargate have 1" in found[0].text


def test_images_of_profiles_are_looked_at_each_once_for_the_machines_of_their_servers(
    stage: Stage, tmp_path: Path
) -> None:
    text = """
usual: {title: Usual}
arm: {title: ARM, sizes: {s: {cpu: 1, memory: 2G, instance_types: [m7g.large]}}}
own:
  title: Own
  images:
    gone: {title: Gone, image: "quay.io/jupyter/datascience-notebook:gone"}
    usual: {title: Usual, image: "quay.io/jupyter/datascience-notebook:2026-07-28"}
    ill: {title: Ill, image: "registry.example.com/a:1"}
    earth: {title: Earth, image: "registry.example.org/earth:1"}
"""
    stage.internet.put("registry.example.com", site({"/v2/a/manifests/1": Reply("", 500)}))
    stage.internet.put("registry.example.org", site({"/v2/earth/manifests/1": Reply({"layers": []})}))
    stage.put_image(image_for("amd64"), "hub-5.5.0")
    with_profiles(stage, tmp_path, text)
    first, second, third = stage.find(image.CHECKS, **{"nodes.user.scaling": "karpenter"})
    assert "datascience-notebook:2026-07-28 is for amd64; servers with it run on arm64." in first.text
    assert "There is no image jupyter/datascience-notebook with gone" in second.text
    assert second.fix == "Correct singleuser.profiles: own.images.gone"
    assert (third.level, third.text) == ("unknown", "It was not reached: registry.example.com answers 500")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("quay.io/jupyter/base-notebook:2026-07-28", ("quay.io", "jupyter/base-notebook", "2026-07-28")),
        ("jupyter/base-notebook:x", ("registry-1.docker.io", "jupyter/base-notebook", "x")),
        ("docker.io/python:3.13", ("registry-1.docker.io", "library/python", "3.13")),
        ("registry.example.com:5000/a/b:1", ("registry.example.com:5000", "a/b", "1")),
        ("quay.io/a/b@sha256:12", ("quay.io", "a/b", "sha256:12")),
        ("quay.io/a/b:1@sha256:12", ("quay.io", "a/b", "sha256:12")),
    ],
)
def test_image_is_read_as_container_runtimes_do(name: str, parts: tuple[str, str, str]) -> None:
    assert registries.parsed(name) == parts


def addon(stage: Stage, *offered: str) -> None:
    """The VPC CNI in other versions."""
    usual: Any = stage.border.answers["eks", "DescribeAddonVersions"]
    stage.border.answers["eks", "DescribeAddonVersions"] = lambda client, asked: (
        addon_versions("vpc-cni", *offered) if asked["addonName"] == "vpc-cni" else usual(client, asked)
    )


def chart(stage: Stage, *offered: str) -> None:
    index = {"entries": {"jupyterhub": [{"version": each} for each in offered]}}
    stage.internet.put("hub.jupyter.org", site({"/helm-chart/index.yaml": yaml.safe_dump(index)}))


VERSIONS = {
    "minor that EKS makes no more": Broken(
        lambda stage: stage.border.answer(
            "eks", "DescribeClusterVersions", cluster_versions({"1.35": "UNSUPPORTED", "1.36": "STANDARD_SUPPORT"})
        ),
        "fault",
        "EKS makes no clusters of Kubernetes 1.35 here",
    ),
    "minor that EKS does not know": Broken(
        lambda stage: stage.border.answer(
            "eks", "DescribeClusterVersions", cluster_versions({"1.34": "STANDARD_SUPPORT"})
        ),
        "fault",
        "EKS makes no clusters of Kubernetes 1.35 here",
        "1.34",
    ),
    "minor that costs extra": Broken(
        lambda stage: stage.border.answer(
            "eks", "DescribeClusterVersions", cluster_versions({"1.35": "EXTENDED_SUPPORT", "1.36": "STANDARD_SUPPORT"})
        ),
        "warning",
        "is in extended support",
        "Set kubernetes.version to 1.36",
    ),
    "add-on that EKS took back": Broken(
        lambda stage: addon(stage, "v1.99.0-eksbuild.1"),
        "fault",
        f"EKS does not offer vpc-cni {EKS_ADDONS['vpc-cni']} for Kubernetes 1.35; newest: v1.99.0-eksbuild.1",
    ),
    "chart that is gone": Broken(
        lambda stage: chart(stage, "4.5.0", "5.0.0-0.dev"), "fault", "has no jupyterhub 4.4.0; newest: 4.5.0"
    ),
    "repository that is gone": Broken(
        lambda stage: stage.internet.put("hub.jupyter.org", site({})), "unknown", "helm-chart/ answers 404"
    ),
    "index that is none": Broken(
        lambda stage: stage.internet.put("hub.jupyter.org", site({"/helm-chart/index.yaml": "- a\n- b"})),
        "unknown",
        "An answer was not understood",
    ),
}


@pytest.mark.parametrize("broken", VERSIONS.values(), ids=VERSIONS)
def test_version_is_found_wanting(stage: Stage, broken: Broken) -> None:
    look(stage, versions.CHECKS, broken)


def test_newer_versions_are_named(stage: Stage) -> None:
    addon(stage, EKS_ADDONS["vpc-cni"], "v1.99.0-eksbuild.1")
    chart(stage, "4.4.0", "4.5.1", "4.5.0", "5.0.0-0.dev.git.1")
    told = " ".join(found.text for check in versions.CHECKS for found in check.look(stage.world()))
    assert "newer: vpc-cni v1.99.0-eksbuild.1" in told
    assert "newer: jupyterhub 4.5.1" in told


COST = {"costcenter": {"tag_key": "CostCenter", "tag_value": ["100", "2*"], "enforced_for": ["ec2:instance"]}}


def demanded(stage: Stage, tags: dict[str, Any], **ours: str) -> None:
    stage.border.answer("organizations", "DescribeEffectivePolicy", tag_policy(tags))
    stage.context["tags"] = ours


ORGANISATIONS = {
    "cost tags that are not active": Broken(
        lambda stage: stage.border.answer("ce", "ListCostAllocationTags", cost_tags([])),
        "warning",
        "not active as cost allocation tag(s)",
        "Activate them",
    ),
    "budget that counts nothing": Broken(
        steps(
            lambda stage: stage.border.answer("ce", "ListCostAllocationTags", cost_tags([])),
            lambda stage: stage.context.update({"cost.budget": 500, "cost.budget.emails": ["ada@example.com"]}),
        ),
        "warning",
        "the budget (cost.budget) counts nothing",
        "Activate them",
    ),
    "cost tags that the paying account knows": Broken(
        lambda stage: stage.border.refuse("ce", "ListCostAllocationTags", "AccessDeniedException"),
        "unknown",
        "is told to the organisation's paying account only",
    ),
    "tag with a value that is refused": Broken(
        lambda stage: demanded(stage, COST, CostCenter="999"), "fault", "allows for the tag CostCenter: 100, 2*"
    ),
    "tag in other letters": Broken(
        lambda stage: demanded(stage, COST, costcenter="100"), "fault", "writes the tag costcenter as CostCenter"
    ),
    "tag that is wanted": Broken(
        lambda stage: demanded(stage, {"owner": {"tag_key": "Owner", "report_required_tag_for": ["ec2:instance"]}}),
        "warning",
        "wants the tag Owner",
    ),
    "rules that may not be seen": Broken(
        lambda stage: stage.border.refuse("organizations", "DescribeEffectivePolicy", "AccessDeniedException"),
        "unknown",
        "may not be looked at",
    ),
}


@pytest.mark.parametrize("broken", ORGANISATIONS.values(), ids=ORGANISATIONS)
def test_rule_of_the_organisation_is_told(stage: Stage, broken: Broken) -> None:
    look(stage, organisation.CHECKS, broken)


def test_tags_that_the_organisation_wants_are_well(stage: Stage) -> None:
    demanded(stage, COST, CostCenter="210")
    assert stage.find(organisation.CHECKS) == []
