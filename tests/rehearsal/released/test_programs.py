"""What is released is kept in the cache: all of a release, or nothing of it."""

from __future__ import annotations

import platform
from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.released import RegistryError, Release, fetch, installed
from tests.rehearsal.released.loopback import PROGRAM, Registry


@pytest.fixture
def release(registry: Registry) -> Release:
    """Two programs in images of their own."""
    names = ("server", "client")
    return Release("tool", "1.0", {name: registry.publish(f"team/{name}", [{"bin/tool": PROGRAM}]) for name in names})


def test_all_programs_of_a_release_lie_in_one_folder(release: Release, tmp_path: Path) -> None:
    assert installed(release, tmp_path) is None
    folder = fetch(release, tmp_path)
    assert folder == installed(release, tmp_path)
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == {"server": PROGRAM, "client": PROGRAM}
    assert list((tmp_path / "released").iterdir()) == [folder]


def test_what_is_in_the_cache_is_asked_for_nowhere(registry: Registry, release: Release, tmp_path: Path) -> None:
    folder = fetch(release, tmp_path)
    registry.asked.clear()
    assert fetch(release, tmp_path) == folder
    assert registry.asked == []


def test_half_a_release_is_none(registry: Registry, release: Release, tmp_path: Path) -> None:
    registry.faults[registry.layers["amd64"][0]] = lambda handler: handler.answer(500, b"")
    with pytest.raises(RegistryError, match="out of order"):
        fetch(release, tmp_path)
    assert installed(release, tmp_path) is None
    assert list((tmp_path / "released").iterdir()) == []


def test_another_digest_is_another_release(registry: Registry, release: Release, tmp_path: Path) -> None:
    fetch(release, tmp_path)
    moved = replace(release, images={**release.images, "client": registry.publish("team/client")})
    assert installed(moved, tmp_path) is None


def test_cache_of_another_machine_is_another_s(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(release, tmp_path)
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert installed(release, tmp_path) is None


def test_machine_that_nobody_releases_for_is_told(
    registry: Registry, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(RegistryError, match=r"^nothing is released for riscv64$"):
        fetch(release, tmp_path)
    assert registry.asked == []


def test_cache_that_cannot_be_written_is_told(release: Release, tmp_path: Path) -> None:
    (tmp_path / "released").write_text("a file in the way")
    with pytest.raises(RegistryError, match=r"^it cannot be kept: "):
        fetch(release, tmp_path)


def test_bytes_are_counted(release: Release, tmp_path: Path) -> None:
    counts: list[int] = []
    fetch(release, tmp_path, counts.append)
    assert sum(counts) > 0
