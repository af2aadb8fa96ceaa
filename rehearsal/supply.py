"""Sees to it that the programs of a rehearsal are there: in the cache, as they were released, or else built."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from rehearsal import controllers, released
from rehearsal.golang import Progress
from rehearsal.kubernetes import build as kubernetes
from rehearsal.released import RegistryError, Release

_MINUTES = 4


@dataclass(frozen=True)
class Part:
    """Something that a rehearsal runs: what is released of it, if that is pinned, and how it is built."""

    name: str
    release: Release | None
    installed: Callable[[], Path | None]
    build: Callable[[Progress], Path]
    minutes: int
    """About how long it takes to build on two cores."""


def parts(minors: Iterable[str], cache: Path, scaling: str = "managed") -> list[Part]:
    """The control planes of Kubernetes minors, and the controllers of a hub with a value of `nodes.user.scaling`.

    Raises BuildError for a minor that is none.
    """
    planes = [control_plane(each, cache) for each in minors]
    return [*planes, *(_controller(each, cache) for each in controllers.needed(scaling))]


def control_plane(minor: str, cache: Path) -> Part:
    """The control plane of a minor. Raises BuildError where there is no such minor."""
    return Part(
        f"Kubernetes {minor}",
        kubernetes.release_of(minor),
        lambda: kubernetes.installed(minor, cache),
        lambda progress: kubernetes.control_plane(minor, cache, progress),
        _MINUTES,
    )


def _controller(controller: controllers.Controller, cache: Path) -> Part:
    return Part(
        controller.name,
        released.CONTROLLERS.get(controller.name),
        lambda: controllers.installed(controller, cache),
        lambda progress: controllers.build(controller, cache, progress),
        controller.minutes,
    )


def supply(wanted: Sequence[Part], cache: Path, progress: Progress, tell: Callable[[str], None]) -> None:
    """Have all parts in the cache. Whoever has them, is asked for nothing. Raises BuildError.

    What is not released is built while the rest is fetched, and then what could not be fetched.
    """
    missing = [each for each in wanted if each.installed() is None]
    pinned = [(each, each.release) for each in missing if each.release]
    stopped = Event()
    with ThreadPoolExecutor(max(1, len(pinned))) as pool:
        try:
            fetching = [(part, pool.submit(_fetch, release, cache, progress, stopped)) for part, release in pinned]
            _build([each for each in missing if not each.release], progress, tell)
            failed = _failed(fetching, tell)
        finally:
            stopped.set()  # for whoever breaks off, and a build that fails: fetching ends with it
    _build(failed, progress, tell)


def _fetch(release: Release, cache: Path, progress: Progress, stopped: Event) -> Path:
    what, total, size = f"{release.name} {release.version}: fetching, MB", round(release.megabytes), 0
    progress(what, 0, total)

    def received(count: int) -> None:
        nonlocal size
        before, size = size // 1_000_000, size + count
        if (now := size // 1_000_000) > before:
            progress(what, min(now, total), total)

    return released.fetch(release, cache, received, stopped)


def _failed(fetching: Iterable[tuple[Part, Future[Path]]], tell: Callable[[str], None]) -> list[Part]:
    """The parts that could not be fetched; it is told of them in a line for each reason."""
    reasons: dict[str, list[Part]] = defaultdict(list)
    for part, future in fetching:
        try:
            future.result()
        except RegistryError as error:
            reasons[str(error)].append(part)
    for reason, parts in reasons.items():
        tell(f"! {reason}. Built instead: {', '.join(each.name for each in parts)}.")
    return [each for parts in reasons.values() for each in parts]


def _build(parts: Sequence[Part], progress: Progress, tell: Callable[[str], None]) -> None:
    if parts:
        tell(f"Building, once for this machine: about {sum(each.minutes for each in parts)} minutes on two cores.")
    for each in parts:
        each.build(progress)
