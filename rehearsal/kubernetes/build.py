"""Builds the Kubernetes control plane and its etcd, one program, from the published Go modules, and keeps it.

Nobody publishes a kube-apiserver for download outside a container image, but the Go modules of every release are
published. `k8s.io/kubernetes` names its staging modules (`k8s.io/api`, …) by folders of its own repository, so the
module that we generate replaces them by the ones which are published for the same release.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rehearsal.golang import BuildError, Go, Module, Progress

RELEASES: Final = {
    "1.29": "1.29.6",
    "1.30": "1.30.14",
    "1.31": "1.31.14",
    "1.32": "1.32.13",
    "1.33": "1.33.13",
    "1.34": "1.34.4",
    "1.35": "1.35.4",
    "1.36": "1.36.3",
}
"""The release that rehearses each Kubernetes minor of EKS."""

_SOURCE = Path(__file__).with_name("main.go")
_KUBERNETES = "k8s.io/kubernetes"
_VERSION = "k8s.io/component-base/version"


def program(minor: str, cache: Path) -> Path:
    """Where the program for a Kubernetes minor lies in the cache, when it is built. Raises BuildError."""
    if minor not in RELEASES:
        raise BuildError(f"Kubernetes {minor} cannot be rehearsed; these can: {', '.join(RELEASES)}.")
    release = RELEASES[minor]
    recipe = hashlib.sha256(_SOURCE.read_bytes() + " ".join(_flags(release)).encode()).hexdigest()[:12]
    return cache / "kubernetes" / f"control-plane-{release}-{recipe}"


def control_plane(minor: str, cache: Path, progress: Progress = lambda what, done, total: None) -> Path:
    """The program for a Kubernetes minor: the one in the cache, or else built now, which takes minutes.

    Raises BuildError.
    """
    built = program(minor, cache)
    if not built.exists():
        release = RELEASES[minor]
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
