"""Controllers are built from their published modules, once, as their recipes say."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from rehearsal.controllers import CONTROLLERS, KARPENTER, PROGRAMS, Controller, build, building, program
from rehearsal.golang import BuildError, Module, jobs

pytestmark = pytest.mark.skipif(shutil.which("go") is None, reason="there is no Go on this machine")

GREETING = """
package main

import (
	"fmt"

	"example.invalid/greeting/words"
)

func main() { fmt.Print(words.Word) }
"""
FILES = {
    "go.mod": "module example.invalid/greeting\n\ngo 1.21\n",
    "cmd/main.go": GREETING,
    "words/words.go": 'package words\n\nconst Word = "hello"\n',
}
GREETER = Controller("greeter", "1.0.0", Module("example.invalid/greeting", "v1.0.0"), "./cmd")


def _publish(proxy: Path, module: Module, files: Mapping[str, str]) -> None:
    """Publish a module on a proxy that is a folder."""
    folder = proxy / module.path / "@v"
    folder.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{module.path}@{module.version}/{name}", text)
    (folder / f"{module.version}.zip").write_bytes(buffer.getvalue())
    (folder / f"{module.version}.mod").write_text(files["go.mod"])
    (folder / f"{module.version}.info").write_text(json.dumps({"Version": module.version}))


@pytest.fixture(autouse=True)
def proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module proxy of the test, which has the greeter's module."""
    folder = tmp_path / "proxy"
    monkeypatch.setenv("GOPROXY", folder.as_uri())
    monkeypatch.setenv("GONOSUMDB", "example.invalid")
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modules"))
    monkeypatch.setenv("GOFLAGS", "-mod=vendor")
    _publish(folder, GREETER.module, FILES)
    return folder


def _says(built: Path) -> str:
    return subprocess.run([built], capture_output=True, text=True, check=True).stdout


@pytest.fixture(autouse=True)
def _modules_can_be_removed(tmp_path: Path) -> Iterator[None]:
    """Go makes what it fetched unwritable, and so pytest could not remove it."""
    yield
    for each in (tmp_path / "modules").rglob("*"):
        if each.is_dir():
            each.chmod(0o755)


def test_program_is_built_and_told_of(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    built = build(GREETER, tmp_path, lambda *each: told.append(each))
    assert built == program(GREETER, tmp_path)
    assert _says(built) == "hello"
    assert told[:2] == [
        ("greeter 1.0.0: fetching modules", 0, 0),
        ("greeter 1.0.0: compiling, once for this machine", 0, 2),
    ]


def test_nothing_but_the_program_is_left(tmp_path: Path) -> None:
    build(GREETER, tmp_path)
    assert list((tmp_path / "controllers").iterdir()) == [program(GREETER, tmp_path)]


def test_what_is_built_needs_no_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = program(GREETER, tmp_path)
    built.parent.mkdir()
    built.touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert build(GREETER, tmp_path) == built


@pytest.mark.parametrize(
    ("cores", "gib", "expected"),
    [
        pytest.param(2, 24, 2, id="all cores"),
        pytest.param(16, 64, 16, id="all of many"),
        pytest.param(16, 16, 5, id="as many as there is memory for"),
        pytest.param(4, 2, 1, id="one at least"),
    ],
)
def test_as_much_is_compiled_at_once_as_the_machine_bears(cores: int, gib: int, expected: int) -> None:
    assert jobs(cores, gib << 30) == expected


def test_without_go_the_error_says_what_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match=r"Building greeter 1\.0\.0 for the rehearsal needs Go"):
        build(GREETER, tmp_path)


def test_source_of_ours_takes_the_place_of_the_module_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ours.go").write_text('package words\n\nconst Word = "good day"\n')
    monkeypatch.setattr(building, "SOURCES", tmp_path)
    polite = dataclasses.replace(GREETER, sources={"words/words.go": "ours.go"})
    assert _says(build(polite, tmp_path)) == "good day"


def test_another_source_is_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "SOURCES", tmp_path)
    polite = dataclasses.replace(GREETER, sources={"words/words.go": "ours.go"})
    (tmp_path / "ours.go").write_text("package words // one")
    one = program(polite, tmp_path)
    (tmp_path / "ours.go").write_text("package words // two")
    assert one != program(polite, tmp_path)


def test_text_of_the_module_is_replaced(tmp_path: Path) -> None:
    changed = dataclasses.replace(GREETER, edits={"words/words.go": ("hello", "good day")})
    assert _says(build(changed, tmp_path)) == "good day"


def test_text_that_the_module_does_not_have_once_is_an_error(tmp_path: Path) -> None:
    changed = dataclasses.replace(GREETER, edits={"words/words.go": ("good day", "hello")})
    with pytest.raises(BuildError, match=r"greeter 1\.0\.0 has not one good day in words/words\.go"):
        build(changed, tmp_path)


def test_requirement_of_ours_goes_before_the_module_s(tmp_path: Path, proxy: Path) -> None:
    for version in ("v1.0.0", "v1.1.0"):
        text = f'package words\n\nconst Word = "{version}"\n'
        words = Module("example.invalid/words", version)
        _publish(proxy, words, {"go.mod": "module example.invalid/words\n\ngo 1.21\n", "words.go": text})
    asking = Controller("asker", "1.0.0", Module("example.invalid/asking", "v1.0.0"))
    requiring = "module example.invalid/asking\n\ngo 1.21\n\nrequire example.invalid/words v1.0.0\n"
    source = GREETING.replace("example.invalid/greeting/words", "example.invalid/words")
    _publish(proxy, asking.module, {"go.mod": requiring, "main.go": source})
    newer = dataclasses.replace(asking, requirements=(Module("example.invalid/words", "v1.1.0"),))
    assert [_says(build(each, tmp_path)) for each in (asking, newer)] == ["v1.0.0", "v1.1.0"]


def test_module_with_another_sum_is_refused(tmp_path: Path) -> None:
    wrong = dataclasses.replace(GREETER.module, sums=(f"h1:{'a' * 43}=", f"h1:{'b' * 43}="))
    with pytest.raises(BuildError, match="checksum mismatch"):
        build(dataclasses.replace(GREETER, module=wrong), tmp_path)


def test_what_does_not_compile_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ours.go").write_text("package words\n\nconst Ward = 1\n")
    monkeypatch.setattr(building, "SOURCES", tmp_path)
    with pytest.raises(BuildError, match=r"Building greeter 1\.0\.0 failed; Go said:\n(.|\n)*undefined: words\.Word"):
        build(dataclasses.replace(GREETER, sources={"words/words.go": "ours.go"}), tmp_path)
    assert list((tmp_path / "controllers").iterdir()) == []


@pytest.mark.parametrize("controller", [*CONTROLLERS, KARPENTER], ids=lambda each: each.name)
def test_sums_of_published_modules_are_pinned(controller: Controller) -> None:
    assert all(each.sums for each in (controller.module, *controller.requirements))


def test_each_controller_is_in_an_image() -> None:
    assert {each.name for each in PROGRAMS.values()} == {each.name for each in [*CONTROLLERS, KARPENTER]}
