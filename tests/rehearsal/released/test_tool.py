"""What is pinned can be looked up again at the registries: tried at one on loopback."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rehearsal.released import CONTROLLERS, KUBERNETES, Image
from tests.rehearsal.released.loopback import Registry
from tools import released


@pytest.fixture
def image(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Image:
    """An image with a tag, the only one that is pinned."""
    found = registry.publish()
    registry.contents["/v2/team/tool/manifests/v1"] = registry.contents[f"/v2/team/tool/manifests/{found.digest}"]
    monkeypatch.setattr(released, "pinned", lambda: [found])
    return found


def test_pinned_images_are_looked_up_each_once() -> None:
    found = released.pinned()
    assert len(found) == len(set(found)) == 3 * len(KUBERNETES) + 1 + len(CONTROLLERS)


def test_digest_and_size_are_told(image: Image, registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    size = sum(len(registry.contents[each]) for each in registry.layers["amd64"])
    assert released.main([]) == 0
    assert capsys.readouterr().out == f"{image.repository}:v1\n  {image.digest}, {round(size / 1e6, 1)} MB\n"


def test_tag_that_has_moved_is_told(
    image: Image, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(released, "pinned", lambda: [replace(image, digest="sha256:other")])
    assert released.main([]) == 1
    assert capsys.readouterr().out.splitlines()[1:] == [f"  {image.digest}, 0.0 MB", "  but pinned is sha256:other"]


def test_image_that_is_named_is_looked_up(image: Image, capsys: pytest.CaptureFixture[str]) -> None:
    assert released.main([f"{image.repository}:v1"]) == 0
    assert capsys.readouterr().out.splitlines()[2:] == [f"{image.repository}:v1", f"  {image.digest}, 0.0 MB"]


def test_registry_that_does_not_have_it_is_told(image: Image, capsys: pytest.CaptureFixture[str]) -> None:
    assert released.main([f"{image.repository}:v2"]) == 1
    reason = f"  {image.registry}: it does not have the image (status 404)"
    assert capsys.readouterr().out.splitlines()[2:] == [f"{image.repository}:v2", reason]


@pytest.mark.parametrize("name", ["kube-apiserver", "kube-apiserver:v1", "localhost:5000/tool", ""])
def test_what_is_no_image_is_refused(image: Image, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        released.main([name])
    assert f"{name} is no image" in capsys.readouterr().err
