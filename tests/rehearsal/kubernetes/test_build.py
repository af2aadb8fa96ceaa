"""The Kubernetes control plane is built from published modules, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from blueprint.config.facts.kubernetes import MINORS
from rehearsal.golang import BuildError
from rehearsal.kubernetes.build import RELEASES, control_plane, module, program

PUBLISHED = {
    "Go": "1.25.0",
    "Require": [
        {"Path": "example.org/lib", "Version": "v1.2.3"},
        {"Path": "k8s.io/api", "Version": "v0.0.0"},
        {"Path": "k8s.io/klog/v2", "Version": "v2.130.1"},
    ],
    "Replace": [
        {"Old": {"Path": "k8s.io/api"}, "New": {"Path": "./staging/src/k8s.io/api"}},
        {"Old": {"Path": "k8s.io/sample"}, "New": {"Path": "./staging/src/k8s.io/sample"}},
    ],
}

MODULE = """\
module rehearsal.invalid/control-plane
go 1.25.0
require (
\tk8s.io/kubernetes v1.35.4
\texample.org/lib v1.2.3
\tk8s.io/api v0.35.4
\tk8s.io/klog/v2 v2.130.1
)
replace (
\tk8s.io/api => k8s.io/api v0.35.4
\tk8s.io/sample => k8s.io/sample v0.35.4
)
"""


def test_staging_modules_are_the_published_ones_of_the_release() -> None:
    assert module(PUBLISHED, "1.35.4") == MODULE


def test_every_minor_of_eks_can_be_rehearsed() -> None:
    assert RELEASES.keys() == MINORS.keys()


@pytest.mark.parametrize("minor", RELEASES)
def test_a_release_is_of_its_minor(minor: str) -> None:
    assert RELEASES[minor].startswith(f"{minor}.")


def test_another_minor_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"Kubernetes 1\.2 cannot be rehearsed; these can: 1\.29, .*1\.36\."):
        control_plane("1.2", tmp_path)


def test_without_go_the_error_says_what_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="needs Go"):
        control_plane("1.35", tmp_path)


def test_what_is_built_is_not_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    built = program("1.35", tmp_path)
    built.parent.mkdir()
    built.touch()
    assert control_plane("1.35", tmp_path) == built


def test_go_s_errors_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho no such module >&2\nexit 1\n")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(BuildError, match=r"Building Kubernetes 1\.35\.3 failed; Go said:\nno such module"):
        control_plane("1.35", tmp_path)


def test_a_failed_build_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\nexit 1\n")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(BuildError):
        control_plane("1.35", tmp_path)
    assert list((tmp_path / "kubernetes").iterdir()) == []
