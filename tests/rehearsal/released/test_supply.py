"""Programs are fetched where that can be, and built where not; whoever has them asks nobody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.golang import BuildError, Progress
from rehearsal.released import Release, fetch, installed
from rehearsal.supply import Part, parts, supply
from tests.rehearsal.released.loopback import PROGRAM, Registry


class Bench:
    """Parts of a test, what was built of them, and what was told."""

    def __init__(self, registry: Registry, cache: Path) -> None:
        self.registry, self.cache = registry, cache
        self.built: list[str] = []
        self.told: list[str] = []
        self.progress: list[tuple[str, int, int]] = []

    def part(self, name: str, *, released: bool = True, minutes: int = 3) -> Part:
        release = Release(name, "1.0", {name: self.registry.publish(f"team/{name}")}) if released else None
        place = self.cache / name

        def build(progress: Progress) -> Path:
            self.built.append(name)
            place.touch()
            return place

        def there() -> Path | None:
            return (release and installed(release, self.cache)) or (place if place.exists() else None)

        return Part(name, release, there, build, minutes)

    def supply(self, *wanted: Part) -> None:
        supply(wanted, self.cache, lambda *each: self.progress.append(each), self.told.append)

    def refuse(self, name: str, status: int) -> None:
        for path in self.registry.contents:
            if f"/{name}/" in path:
                self.registry.faults[path] = lambda handler: handler.answer(status, b"")


@pytest.fixture
def bench(registry: Registry, tmp_path: Path) -> Bench:
    (tmp_path / "cache").mkdir()
    return Bench(registry, tmp_path / "cache")


def test_what_is_released_is_not_built(bench: Bench) -> None:
    part = bench.part("tool")
    bench.supply(part)
    program = part.installed()
    assert program
    assert (program / "tool").read_bytes() == PROGRAM
    assert (bench.built, bench.told) == ([], [])
    assert bench.progress == [("tool 1.0: fetching, MB", 0, 1)]


def test_megabytes_are_told_one_by_one(bench: Bench) -> None:
    large = bench.registry.publish("team/large", [{"bin/tool": bytes(3_500_000)}], pack=bytes)
    release = Release("large", "1.0", {"large": replace(large, megabytes=2.6)})
    bench.supply(Part("large", release, lambda: None, lambda progress: bench.cache, 1))
    what = "large 1.0: fetching, MB"
    assert bench.progress == [(what, 0, 3), (what, 1, 3), (what, 2, 3), (what, 3, 3)]


def test_second_time_asks_nobody(bench: Bench) -> None:
    wanted = [bench.part("tool"), bench.part("own", released=False)]
    bench.supply(*wanted)
    bench.registry.asked.clear()
    bench.supply(*wanted)
    assert bench.registry.asked == []
    assert bench.built == ["own"]


def test_what_was_built_stands_in_for_the_release_from_then_on(bench: Bench) -> None:
    part = bench.part("tool")
    bench.refuse("tool", 403)
    bench.supply(part)
    bench.registry.faults.clear()
    bench.registry.asked.clear()
    bench.supply(part)
    assert bench.built == ["tool"]
    assert bench.registry.asked == []


def test_what_is_not_to_be_had_is_built_and_told_of_in_a_line(bench: Bench) -> None:
    wanted = [bench.part(each) for each in ("one", "two", "three")]
    bench.refuse("one", 403)
    bench.refuse("two", 403)
    bench.supply(*wanted)
    assert bench.built == ["one", "two"]
    assert bench.told == [
        f"! {bench.registry.host}: it refuses (status 403). Built instead: one, two.",
        "Building, once for this machine: about 6 minutes on two cores.",
    ]


def test_line_for_each_reason(bench: Bench) -> None:
    wanted = [bench.part(each) for each in ("one", "two")]
    bench.refuse("one", 404)
    bench.refuse("two", 500)
    bench.supply(*wanted)
    assert [line for line in bench.told if line.startswith("!")] == [
        f"! {bench.registry.host}: it does not have the image (status 404). Built instead: one.",
        f"! {bench.registry.host}: it is out of order (status 500). Built instead: two.",
    ]


def test_what_is_not_released_is_built_without_asking(bench: Bench) -> None:
    bench.supply(bench.part("own", released=False))
    assert (bench.built, bench.registry.asked) == (["own"], [])


def test_build_that_fails_leaves_no_half_of_what_was_being_fetched(bench: Bench) -> None:
    def fails(progress: Progress) -> Path:
        raise BuildError("no Go")

    broken = Part("own", None, lambda: None, fails, 3)
    with pytest.raises(BuildError, match="no Go"):
        bench.supply(bench.part("tool"), broken)
    folder = bench.cache / "released"
    assert [each.name for each in folder.glob("fetching-*")] == []


@pytest.mark.parametrize("minors", [["1.35"], ["1.35", "1.36"]])
def test_rehearsal_s_parts_are_control_planes_and_controllers(minors: list[str], tmp_path: Path) -> None:
    found = parts(minors, tmp_path)
    assert [each.name for each in found[: len(minors)]] == [f"Kubernetes {each}" for each in minors]
    assert [each.name for each in found if each.release is None] == ["aws-efs-csi-driver"]
    assert all(each.installed() is None for each in found)


def test_hub_whose_nodes_karpenter_makes_has_it_among_its_parts(tmp_path: Path) -> None:
    assert [each.name for each in parts([], tmp_path, "karpenter")][-1] == "karpenter"


def test_released_parts_of_the_rehearsal_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever they hold: a control plane is a folder, a controller a file in one."""

    def program(self: object, architecture: str, target: Path) -> None:
        target.write_text("released")

    monkeypatch.setattr("rehearsal.released.registry.Pull.program", program)
    found = {each.name: each for each in parts(["1.35"], tmp_path)}
    for each in found.values():
        if each.release:
            fetch(each.release, tmp_path)
    plane = found["Kubernetes 1.35"].installed()
    assert plane
    assert (plane / "kube-apiserver").read_text() == "released"
    dns = found["external-dns"].installed()
    assert dns
    assert dns.read_text() == "released"
    monkeypatch.setenv("PATH", str(tmp_path))  # without Go: nothing of these is built
    for each in found.values():
        if each.release:
            assert each.build(lambda *_: None) == each.installed()


def test_minor_that_is_none_is_told_before_anything_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"Kubernetes 1\.2 cannot be rehearsed"):
        parts(["1.2"], tmp_path)
