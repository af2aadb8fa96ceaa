"""Commands in processes of their own, which begin where Python has read the modules: that is most of their time."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from multiprocessing.context import ForkServerContext
from multiprocessing.forkserver import ensure_running
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
INHERITED = ("HOME", "LANG", "PATH")
READ = (
    *(
        "blueprint.cli.__main__",
        "blueprint.config",
        "blueprint.cli.doctor",
        "blueprint.hub",
        "boto3",
        "jsii",
        "pydantic",
    ),
    *("rich.console", "rich.table", "rich.progress", "tests.processes", "typer", "yaml"),
)
"""What commands load. Whether help does without it is asked of processes that begin with nothing."""


def ran(
    words: Sequence[str], *, cwd: Path = ROOT, stdin: str = "", environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run Python with words: a script or `-m` and a module, and what it is told. Other options need a new Python."""
    given = {**{name: os.environ[name] for name in INHERITED if name in os.environ}, **environment}
    if (words[0].startswith("-") and words[0] != "-m") or given.get("PYTHONPATH") != str(ROOT):
        return subprocess.run(
            [sys.executable, *words], cwd=cwd, input=stdin, env=given, capture_output=True, text=True, check=False
        )
    with tempfile.TemporaryDirectory() as name:
        files = [Path(name, each) for each in ("stdin", "stdout", "stderr")]
        for file, text in zip(files, (stdin, "", ""), strict=True):
            file.write_text(text)
        process = _server().Process(target=_act, args=(list(words), cwd, given, files))
        process.start()
        process.join()
        said = [each.read_text() for each in files[1:]]
    return subprocess.CompletedProcess([*words], process.exitcode or 0, *said)


@cache
def _server() -> ForkServerContext:
    """The process that the commands' are copies of; a CI's variables must not tell it what a terminal is."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(READ))
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ.keys() - {*INHERITED, "TMPDIR"}:
            patch.delenv(name)
        ensure_running()
    return context


def _act(words: list[str], cwd: Path, environment: dict[str, str], files: list[Path]) -> None:
    for descriptor, file in enumerate(files):
        opened = os.open(file, os.O_WRONLY if descriptor else os.O_RDONLY)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", errors="backslashreplace")  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    if words[0] == "-m":
        sys.argv = words[1:]
        sys.path.insert(0, str(cwd))
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        sys.path.insert(0, str(Path(words[0]).parent))
        runpy.run_path(words[0], run_name="__main__")
