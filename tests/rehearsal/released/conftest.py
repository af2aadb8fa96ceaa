from __future__ import annotations

import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.certificates import Authority
from tests.proxies import NAMES
from tests.rehearsal.released.loopback import Registry


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority", "loopback")


@pytest.fixture(autouse=True)
def _surroundings(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of a known kind, which trusts the registry's authority and has no proxy."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.certificate))
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def registry(authority: Authority) -> Iterator[Registry]:
    with Registry(authority) as registry:
        yield registry
