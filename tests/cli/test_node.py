"""That Node reads while Python does, by jsii's own program or as jsii starts it, and is gone when the app is."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import jsii
import pytest

from blueprint import node
from tests.app import run_app
from tests.processes import ROOT, ran
from tests.templates.variants import FLAGS, SHIPPED

APP = [sys.executable, "-E", str(ROOT / "app.py")]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The shipped example for the app, with a Node that notes its number and its words in a file before it runs."""
    monkeypatch.delenv("JSII_NODE", raising=False)
    node.use()
    noting = tmp_path / "node"
    noting.write_text(f'#!/bin/sh\necho $$ "$@" >> "{tmp_path / "noted"}"\nexec "{os.environ["JSII_NODE"]}" "$@"\n')
    noting.chmod(0o755)
    context = json.dumps({**FLAGS, **SHIPPED, "aws:cdk:disable-asset-staging": True})
    own = {"CDK_CONTEXT_JSON": context, "CDK_OUTDIR": str(tmp_path / "cdk.out"), "CDK_VALIDATION": "false"}
    return {**own, "PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "JSII_NODE": str(noting)}


def test_what_is_imported_meanwhile_asks_for_nothing_but_to_be_read() -> None:
    """All else that one thread asks, Node would answer the other."""
    code = """if True:
        from types import SimpleNamespace
        import jsii
        asked = []
        jsii.kernel.provider = SimpleNamespace(load=lambda request: asked.append(request.name))
        import blueprint.stacks
        print(*asked)
    """
    done = ran(["-c", code], environment={"PYTHONPATH": str(ROOT)})
    assert "aws-cdk-lib @aws-cdk/lambda-layer-kubectl-v35\n" in done.stdout, done.stderr


def test_nothing_is_imported_by_what_is_asked_meanwhile() -> None:
    """Two threads that wait for each other's imports would wait for ever."""
    code = """if True:
        import sys
        from blueprint import node
        node.use()
        import aws_cdk.region_info
        imported = {name for name in sys.modules if name.startswith("aws_cdk")}
        aws_cdk.App()
        aws_cdk.region_info.Fact.regions
        print({name for name in sys.modules if name.startswith("aws_cdk")} - imported)
    """
    done = ran(["-c", code], environment={"PYTHONPATH": str(ROOT)})
    assert done.stdout == "set()\n", done.stderr


def test_a_new_jsii_is_tried_before_its_program_is_started_here() -> None:
    assert jsii.__version__ == node.JSII, (
        "compare what jsii starts with `blueprint/node.py`, then set the version there"
    )


@pytest.mark.parametrize(
    ("first", "word"),
    [("pass", "lib__program.js"), ("node.JSII = '0'", "jsii-runtime.js")],
    ids=["here", "by jsii"],
)
def test_templates_are_the_same_however_node_is_started(
    environment: dict[str, str], tmp_path: Path, first: str, word: str
) -> None:
    code = f"import runpy; from blueprint import node; {first}; runpy.run_path('app.py', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "noted").read_text().endswith(f"{word}\n")
    for expected in run_app(SHIPPED).output.glob("*.template.json"):
        assert (tmp_path / "cdk.out" / expected.name).read_text() == expected.read_text()
    assert _alive(tmp_path) == []


def test_who_names_another_runtime_has_that_one(environment: dict[str, str], tmp_path: Path) -> None:
    other = tmp_path / "other.js"
    other.write_text("console.log(JSON.stringify({hello: 'another one'}))")
    done = subprocess.run(APP, env={**environment, "JSII_RUNTIME": str(other)}, capture_output=True, text=True)
    assert "Invalid JSII Runtime Version: 'another one'" in done.stderr
    assert "program.js" not in (tmp_path / "noted").read_text()


def test_nothing_runs_on_after_a_fault(environment: dict[str, str], tmp_path: Path) -> None:
    context = {**FLAGS, **SHIPPED, "kubernetes.version": "1.7"}
    done = subprocess.run(
        APP, env={**environment, "CDK_CONTEXT_JSON": json.dumps(context)}, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("1 fault in the context:")
    assert _alive(tmp_path) == []


def test_nothing_runs_on_after_ctrl_c(environment: dict[str, str], tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_text(f'#!/bin/sh\necho $$ >> "{tmp_path / "noted"}"\necho started\nexec sleep 600\n')
    slow.chmod(0o755)
    app = subprocess.Popen(
        APP, env={**environment, "JSII_NODE": str(slow)}, stdout=subprocess.PIPE, start_new_session=True
    )
    assert app.stdout is not None
    assert app.stdout.readline() == b"started\n"
    os.killpg(app.pid, signal.SIGINT)
    app.communicate()
    assert app.returncode != 0
    assert _alive(tmp_path) == []


def test_a_node_that_is_not_there_is_named(environment: dict[str, str]) -> None:
    done = subprocess.run(APP, env={**environment, "JSII_NODE": "/no/such/node"}, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("JSII_NODE: ")
    assert "/no/such/node" in done.stderr
    assert "Traceback" not in done.stderr


def _alive(folder: Path) -> list[int]:
    """The numbers of those that a folder's Node noted and that still run."""
    found = []
    for line in (folder / "noted").read_text().splitlines():
        with suppress(ProcessLookupError):
            os.kill(number := int(line.split()[0]), 0)
            found.append(number)
    return found
