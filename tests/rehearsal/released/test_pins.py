"""The pins name whole digests, where each comes from, and the very versions that are deployed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from blueprint.config import Config
from blueprint.versions import EKS_ADDONS, EXTERNAL_SECRETS, LOAD_BALANCER_CONTROLLER
from rehearsal.controllers import CONTROLLERS as RECIPES
from rehearsal.controllers import PROGRAMS
from rehearsal.kubernetes.build import RELEASES
from rehearsal.life.steps import next_minor
from rehearsal.released import CONTROLLERS, KUBERNETES, Image
from rehearsal.supply import parts

RELEASED = [*KUBERNETES.values(), *CONTROLLERS.values()]
IMAGES = {f"{image.repository}:{image.tag}": image for each in RELEASED for image in each.images.values()}
DEFAULT = Config.model_fields["kubernetes_version"].default

FAST = 300  # seconds
MEGABYTES_A_SECOND = 50 / 8
PACKAGES = 660
"""Megabytes of .venv, node_modules, .cache/preview and Lambda's modules, compressed; measured on 2026-11-29."""


@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)
def test_image_is_pinned_by_a_whole_digest_with_its_source(image: Image) -> None:
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", image.digest)
    assert re.search(r"read \d{4}-\d{2}-\d{2}$", image.source)
    assert "." in image.registry
    assert not image.path.startswith("/")


def test_no_two_images_have_one_digest() -> None:
    assert len({each.digest for each in IMAGES.values()}) == len(IMAGES)


@pytest.mark.parametrize("version", KUBERNETES)
def test_control_plane_is_whole(version: str) -> None:
    assert version in RELEASES.values()
    parts = {"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"}
    assert KUBERNETES[version].images.keys() == parts
    assert {image.tag for name, image in KUBERNETES[version].images.items() if name != "etcd"} == {f"v{version}"}


def test_first_rehearsal_and_check_have_released_control_planes() -> None:
    assert {RELEASES[DEFAULT], RELEASES[next_minor(DEFAULT) or ""]} <= KUBERNETES.keys()


@pytest.mark.parametrize("name", CONTROLLERS)
def test_controller_is_released_as_it_is_started(name: str) -> None:
    release = CONTROLLERS[name]
    assert name in {each.name for each in RECIPES}
    assert list(release.images) == [name]
    assert release.images[name].tag == f"v{release.version}"


def test_controllers_are_released_in_the_versions_that_are_deployed() -> None:
    deployed = {
        "aws-load-balancer-controller": LOAD_BALANCER_CONTROLLER.version,
        "external-secrets": EXTERNAL_SECRETS.version,
        "aws-ebs-csi-driver": EKS_ADDONS["aws-ebs-csi-driver"].removeprefix("v").partition("-")[0],
        # What chart 1.21.1 installs, and what EKS's drivers come with: both are built in these versions, too.
        **{each.name: each.release for each in RECIPES if each.name in ("external-dns", "external-provisioner")},
    }
    assert {name: each.version for name, each in CONTROLLERS.items()} == deployed


def test_what_is_not_released_is_the_efs_driver_and_what_only_some_hubs_have() -> None:
    assert {each.name for each in PROGRAMS.values()} - CONTROLLERS.keys() == {"aws-efs-csi-driver", "karpenter"}


@pytest.mark.parametrize("minors", [[DEFAULT], [DEFAULT, next_minor(DEFAULT)]], ids=["rehearse", "check"])
def test_first_rehearsal_is_ready_in_five_minutes(minors: list[str]) -> None:
    """Computed, at 50 Mbit/s: packages first, then programs; beside these, what is not released is built."""
    megabytes = sum(KUBERNETES[RELEASES[each]].megabytes for each in minors)
    megabytes += sum(each.megabytes for each in CONTROLLERS.values())
    building = sum(each.minutes for each in RECIPES if each.name not in CONTROLLERS) * 60
    assert PACKAGES / MEGABYTES_A_SECOND + max(megabytes / MEGABYTES_A_SECOND, building) < FAST


def test_all_is_built_in_twenty_minutes(tmp_path: Path) -> None:
    """As measured on two cores, for --check."""
    assert sum(each.minutes for each in parts([DEFAULT, next_minor(DEFAULT) or ""], tmp_path)) <= 20
