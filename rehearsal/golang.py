"""The go command: it builds programs from published modules, once, and keeps them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Progress = Callable[[str, int, int], None]
"""Told what is going on, how many parts of it are done, and how many there are (0: unknown)."""

_TAIL = 20


class BuildError(Exception):
    """Why there is no program, in words for the person who rehearses."""


@dataclass(frozen=True)
class Module:
    """A Go module at a version. With its sums, as a go.sum has them, no checksum database is asked."""

    path: str
    version: str
    sums: tuple[str, str] | None = None
    """Of the module, and of its go.mod."""

    @property
    def go_sum(self) -> str:
        """The lines of a go.sum."""
        suffixes = zip(("", "/go.mod"), self.sums or (), strict=False)
        return "".join(f"{self.path} {self.version}{suffix} {total}\n" for suffix, total in suffixes)


def jobs(cores: int, memory: int) -> int:
    """How many packages to compile at once: the largest, with all of EC2's API, take three GiB of memory each."""
    return max(1, min(cores, memory // (3 << 30)))


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


class Go:
    """The go command, which says in its errors what it was to build. Raises BuildError where there is none."""

    def __init__(self, what: str) -> None:
        self.what = what
        command = shutil.which("go")
        if command is None:
            raise BuildError(f"Building {what} for the rehearsal needs Go, 1.26 or newer: https://go.dev/dl.")
        self._command = command
        # Of the machine's Go settings, flags that break this build are not taken: `-mod=vendor`, for example.
        self._env = {**os.environ, "GOFLAGS": "-mod=mod -buildvcs=false", "GOWORK": "off", "CGO_ENABLED": "0"}

    def build(
        self,
        target: Path,
        prepare: Callable[[Path], Path],
        progress: Progress,
        *,
        package: str = ".",
        flags: Sequence[str] = (),
    ) -> None:
        """Build a package of the module that `prepare` makes in an empty folder, and whose folder it tells.

        Raises BuildError.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix="build-") as name:
            progress(f"{self.what}: fetching modules", 0, 0)
            empty = Path(name, "module")
            empty.mkdir()
            folder = prepare(empty)
            listed = self.output(
                "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", package, folder=folder
            )
            total = len(listed.split())
            what = f"{self.what}: compiling, once for this machine"
            progress(what, 0, total)
            built = Path(name, "program")
            command = ["build", "-v", "-p", str(jobs(len(os.sched_getaffinity(0)), _memory())), *flags]
            command += ["-o", str(built), package]
            self._compile(command, folder, lambda count: progress(what, min(count, total), total))
            built.replace(target)

    def download(self, module: Module, folder: Path) -> dict[str, Any]:
        """Fetch a module, and tell where it lies; `folder` is an empty one. Raises BuildError."""
        (folder / "go.mod").write_text("module rehearsal.invalid/empty\n")
        (folder / "go.sum").write_text(module.go_sum)
        told = self.output("mod", "download", "-json", f"{module.path}@{module.version}", folder=folder)
        fetched: dict[str, Any] = json.loads(told)
        return fetched

    def output(self, *arguments: str, folder: Path) -> str:
        """What a subcommand prints. Raises BuildError with its errors."""
        run = subprocess.run(
            [self._command, *arguments], cwd=folder, env=self._env, capture_output=True, text=True, check=False
        )
        if run.returncode:
            raise BuildError(self._words(run.stderr or run.stdout))
        return run.stdout

    def _compile(self, arguments: Sequence[str], folder: Path, compiled: Callable[[int], None]) -> None:
        with subprocess.Popen(
            [self._command, *arguments], cwd=folder, env=self._env, stderr=subprocess.PIPE, text=True
        ) as run:
            assert run.stderr is not None
            said = []
            for count, line in enumerate(run.stderr, 1):
                said.append(line)
                compiled(count)
        if run.returncode:
            raise BuildError(self._words("".join(said)))

    def _words(self, said: str) -> str:
        lines = [line for line in said.strip().splitlines() if not line.startswith("go: downloading ")]
        return "\n".join([f"Building {self.what} failed; Go said:", *lines[-_TAIL:]])
