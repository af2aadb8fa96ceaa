"""What is installed where the blueprint is used in another app: the package and its charts, nothing else."""

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

import packages

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without asking anybody for anything."""
    folder = tmp_path_factory.mktemp("wheel")
    build = f"import hatchling.build; hatchling.build.build_wheel({str(folder)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=ROOT, check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_wheel_carries_the_blueprint_and_its_charts_and_nothing_else(wheel: Path) -> None:
    of_project = {
        f"{place}{path.relative_to(ROOT).as_posix()}"
        for folder, place in (("blueprint", ""), ("charts", "blueprint/"))
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    carried = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert "blueprint/charts/values/jupyterhub.yaml" in carried
    assert carried == of_project


def test_installed_command_works_by_itself(wheel: Path, tmp_path: Path) -> None:
    packages.pip(Path(sys.executable), "--no-index", "--no-deps", "--target", str(tmp_path / "there"), str(wheel))
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "there")}
    command = [str(tmp_path / "there" / "bin" / "blueprint"), "--help"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: blueprint ")
    find = "import blueprint.values; print(blueprint.values.CHARTS)"
    found = subprocess.run(
        [sys.executable, "-c", find], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == str(tmp_path / "there" / "blueprint" / "charts")
