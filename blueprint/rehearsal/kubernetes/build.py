"""Builds the Kubernetes control plane and its etcd, one program, from the published Go modules, and keeps it.

Nobody publishes a kube-apiserver for download outside a container image, but the Go modules of every release are
published. `k8s.io/kubernetes` names its staging modules (`k8s.io/api`, …) by folders of its own repository, so the
module that we generate replaces them by the ones which are published for the same release.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

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

Progress = Callable[[str, int, int], None]
"""Told what is going on, how many parts of it are done, and how many there are (0: unknown)."""


class BuildError(Exception):
    """Why there is no control plane, in words for the person who rehearses."""


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
        go = shutil.which("go")
        if go is None:
            raise BuildError("Building Kubernetes for the rehearsal needs Go, 1.25 or newer: https://go.dev/dl.")
        built.parent.mkdir(parents=True, exist_ok=True)
        _build(_Go(go, RELEASES[minor]), built, progress)
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


class _Go:
    """The go command, for one release."""

    def __init__(self, command: str, release: str) -> None:
        self._command = command
        self.release = release
        # Of the machine's Go settings, flags that break this build are not taken: `-mod=vendor`, for example.
        self._env = {**os.environ, "GOFLAGS": "-mod=mod -buildvcs=false", "GOWORK": "off", "CGO_ENABLED": "0"}

    def output(self, *arguments: str, folder: Path) -> str:
        """What a subcommand prints. Raises BuildError with its errors."""
        run = subprocess.run(
            [self._command, *arguments], cwd=folder, env=self._env, capture_output=True, text=True, check=False
        )
        if run.returncode:
            raise BuildError(self._words(run.stderr + run.stdout))
        return run.stdout

    def build(self, target: Path, folder: Path, compiled: Callable[[int], None]) -> None:
        """Build the package in a folder, one compiler at a time, telling how many packages are compiled."""
        command = [self._command, "build", "-v", "-p", "1", *_flags(self.release), "-o", str(target), "."]
        with subprocess.Popen(
            command,
            cwd=folder,
            env={**self._env, "GOMAXPROCS": self._env.get("GOMAXPROCS", "2")},
            stderr=subprocess.PIPE,
            text=True,
        ) as run:
            assert run.stderr is not None
            said = []
            for count, line in enumerate(run.stderr, 1):
                said.append(line)
                compiled(count)
        if run.returncode:
            raise BuildError(self._words("".join(said[-20:])))

    def _words(self, said: str) -> str:
        return f"Building Kubernetes {self.release} failed; Go said:\n{said.strip()}"


def _build(go: _Go, target: Path, progress: Progress) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="build-") as name:
        folder = Path(name)
        what = f"Kubernetes {go.release}: fetching modules"
        progress(what, 0, 0)
        (folder / "go.mod").write_text("module rehearsal.invalid/empty\n")
        fetched = json.loads(go.output("mod", "download", "-json", f"{_KUBERNETES}@v{go.release}", folder=folder))
        published = json.loads(go.output("mod", "edit", "-json", fetched["GoMod"], folder=folder))
        (folder / "go.mod").write_text(module(published, go.release))
        shutil.copy(_SOURCE, folder)
        packages = go.output("list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".", folder=folder)
        total = len(packages.split())
        what = f"Kubernetes {go.release}: compiling, once for this machine"
        progress(what, 0, total)
        built = folder / "control-plane"
        go.build(built, folder, lambda count: progress(what, min(count, total), total))
        built.replace(target)
