"""The Kubernetes control plane and its etcd: as released, or one program that is built from the published Go modules.

Where no registry can be reached, there are still the Go modules of every release. `k8s.io/kubernetes` names its staging
modules (`k8s.io/api`, …) by folders of its own repository, so the module that we generate replaces them by the ones
which are published for the same release.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rehearsal import released
from rehearsal.golang import BuildError, Go, Module, Progress
from rehearsal.released import Release

RELEASES: Final = {
    "1.29": "1.29.6",
    "1.30": "1.30.14",
    "1.31": "1.31.14",
    "1.32": "1.32.13",
    "1.33": "1.33.13",
    "1.34": "1.34.4",
    "1.35": "1.35.3",
    "1.36": "1.36.3",
}
"""The release that rehearses each Kubernetes minor of EKS."""

_SOURCE = Path(__file__).with_name("main.go")
_KUBERNETES = "k8s.io/kubernetes"
_VERSION = "k8s.io/component-base/version"


def release_of(minor: str) -> Release | None:
    """What is taken as it was released, if that is pinned."""
    return released.KUBERNETES.get(_release(minor))


def installed(minor: str, cache: Path) -> Path | None:
    """The folder of the released programs of a Kubernetes minor, or the one that was built. Raises BuildError."""
    taken, built = release_of(minor), program(minor, cache)
    return (taken and released.installed(taken, cache)) or (built if built.exists() else None)


def _release(minor: str) -> str:
    if minor not in RELEASES:
        raise BuildError(f"Kubernetes {minor} cannot be rehearsed; these can: {', '.join(RELEASES)}.")
    return RELEASES[minor]


def program(minor: str, cache: Path) -> Path:
    """Where the program for a Kubernetes minor lies in the cache, when it is built. Raises BuildError."""
    release = _release(minor)
    recipe = hashlib.sha256(_SOURCE.read_bytes() + " ".join(_flags(release)).encode()).hexdigest()[:12]
    return cache / "kubernetes" / f"control-plane-{release}-{recipe}"


def control_plane(minor: str, cache: Path, progress: Progress = lambda what, done, total: None) -> Path:
    """What runs a Kubernetes minor: what the cache has, or else built now, which takes minutes.

    Raises BuildError.
    """
    if found := installed(minor, cache):
        return found
    built, release = program(minor, cache), RELEASES[minor]
    go = Go(f"Kubernetes {release}")
    go.build(built, lambda folder: _prepare(go, folder, release), progress, flags=_flags(release))
    return built


def module(published: Mapping[str, Any], release: str) -> str:
    """The go.mod that builds a release: `published` is the release's own, as `go mod edit -json` gives it."""
    staging = {each["Old"]["Path"] for each in published["Replace"] if each["New"]["Path"].startswith("./staging/")}
    staged = "v0." + release.partition(".")[2]
    required = {each["Path"]: each["Version"] for each in published["Require"]}
    versions = {_KUBERNETES: f"v{release}"} | {
        path: staged if path in staging else version for path, version in required.items()
    }
    lines = [
        "module rehearsal.invalid/control-plane",
        f"go {published['Go']}",
        "require (",
        *(f"\t{path} {version}" for path, version in versions.items()),
        ")",
        "replace (",
        *(f"\t{path} => {path} {staged}" for path in sorted(staging)),
        ")",
    ]
    return "\n".join(lines) + "\n"


def _flags(release: str) -> list[str]:
    """Link without symbols, and with the version: Helm compares a chart's `kubeVersion` with what the server says."""
    major, minor, _ = release.split(".")
    values = {
        "gitVersion": f"v{release}",
        "gitMajor": major,
        "gitMinor": minor,
        "gitTreeState": "clean",
        "gitCommit": "published",
        "buildDate": "1970-01-01T00:00:00Z",
    }
    stamps = " ".join(f"-X {_VERSION}.{name}={value}" for name, value in values.items())
    return ["-trimpath", "-ldflags", f"-s -w {stamps}"]


def _prepare(go: Go, folder: Path, release: str) -> Path:
    fetched = go.download(Module(_KUBERNETES, f"v{release}"), folder)
    published = json.loads(go.output("mod", "edit", "-json", fetched["GoMod"], folder=folder))
    (folder / "go.mod").write_text(module(published, release))
    shutil.copy(_SOURCE, folder)
    return folder
