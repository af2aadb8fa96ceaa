"""Lock files hold exact versions with their digests, and leave it to the machine which registry to ask."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = (ROOT / "preview", ROOT / "rehearsal", ROOT / "tests")
PYTHON = [*ROOT.glob("requirements*.txt"), *(path for each in FOLDERS for path in each.rglob("requirements*.txt"))]
NODE = [ROOT / "package-lock.json", *(path for each in FOLDERS for path in each.rglob("package-lock.json"))]
PIN = re.compile(r"[a-z0-9.-]+(\[[a-z0-9,-]+\])?==[0-9][\w.+]*( ; [^/]+)?( --hash=sha256:[0-9a-f]{64})+")


@pytest.fixture(params=PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def pins(request: pytest.FixtureRequest) -> list[str]:
    """The entries of a Python lock file, each on one line."""
    lines = [line for line in request.param.read_text().splitlines() if not line.lstrip().startswith("#")]
    return re.sub(r" *\\\n +", " ", "\n".join(lines)).splitlines()


def test_python_packages_are_pinned_with_digests_and_without_a_registry(pins: list[str]) -> None:
    assert pins
    assert [pin for pin in pins if not PIN.fullmatch(pin)] == []


@pytest.mark.parametrize("lock", NODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_node_packages_are_pinned_with_digests_and_without_a_registry(lock: Path) -> None:
    packages = {path: each for path, each in json.loads(lock.read_text())["packages"].items() if path}
    assert packages
    assert [
        path for path, each in packages.items() if not re.fullmatch(r"\d+\.\d+\.\d+(-[\w.]+)?", each["version"])
    ] == []
    assert [path for path, each in packages.items() if not each.get("integrity", "").startswith("sha512-")] == []
    assert [path for path, each in packages.items() if "resolved" in each] == []
