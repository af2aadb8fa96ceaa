"""`make synth` with files that the CDK CLI cannot start with: which file, and what is wrong, in plain words."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.app import run_app
from tests.cli.conftest import BLUEPRINT, ROOT, Run

PYTHON_NAMES = re.compile(r"Traceback|Error\b|NoneType|\b(dict|list|str|int|float|bool)\b")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("cdk.json", "cdk.context.json"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "home").mkdir()
    return tmp_path


@pytest.mark.parametrize("content", ['{"a":', "[1]", "null", "", '"x"', "3", b"\xff\xfe", None], ids=repr)
@pytest.mark.parametrize("name", ["cdk.json", "cdk.context.json", "home/.cdk.json"])
def test_broken_file_is_named_in_plain_words(run: Run, folder: Path, name: str, content: str | bytes | None) -> None:
    file = folder / name
    file.unlink(missing_ok=True)
    if content is None and name == "home/.cdk.json":
        file.mkdir()  # nobody needs this one to be there
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = run(BLUEPRINT, "context", cwd=folder, HOME=str(folder / "home"))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines()[2] == str(file)
    assert not PYTHON_NAMES.search(result.stderr.replace(str(folder), ""))


def test_every_broken_file_is_told_of_at_once(run: Run, folder: Path) -> None:
    for name in ("cdk.json", "cdk.context.json", "home/.cdk.json"):
        (folder / name).write_text("[")
    result = run(BLUEPRINT, "context", cwd=folder, HOME=str(folder / "home"))
    assert result.stderr.startswith("3 faults in the context:")


def test_files_are_fine_as_they_are_shipped(run: Run, folder: Path) -> None:
    words = ("--profile", "workload", "-c", "nodes.user.max=20", "--strict")
    assert run(BLUEPRINT, "context", *words, cwd=folder, HOME=str(folder / "home")).stdout == ""


def test_app_may_be_given_on_the_command_line(run: Run, folder: Path) -> None:
    (folder / "cdk.json").write_text("{}")
    for words in (["--app", "python app.py"], ["--app=python app.py"], ["-a", "python app.py"]):
        assert run(BLUEPRINT, "context", *words, cwd=folder, HOME=str(folder / "home")).returncode == 0


def test_make_synth_asks_before_the_cdk_cli_does() -> None:
    lines = subprocess.run(["make", "-n", "synth"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert lines.index("blueprint context") < lines.index("aws-cdk/bin/cdk")


def test_context_that_is_no_object_is_told_by_the_app_too() -> None:
    said = run_app({"context": [1]}).stderr
    assert "context\n  got      an array\n  allowed  a JSON object with settings" in said
