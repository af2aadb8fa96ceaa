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

SILENT = f"""#!/bin/sh
echo $$ >> "$NOTED"
echo '{{"hello":"@jsii/runtime@{node.JSII}"}}' >&3
read -r line <&3
echo asked
exec sleep 600
"""
"""A Node that says who it is, and answers nothing."""
NOTING = f"""#!/bin/sh
echo $$ "$@" >> "$NOTED"
exec "{node.NODE}" "$@"
"""
"""A Node that notes its number and its words, and is one."""


class Apps:
    """Runs the shipped example as `cdk.json` does, after a line of Python, with a Node that notes that it runs."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.noted = folder, folder / "noted"
        self.node = folder / "node"
        context = {**FLAGS, **SHIPPED, "aws:cdk:disable-asset-staging": True}
        self.environment = {
            **{name: os.environ[name] for name in ("HOME", "PATH")},
            **{"CDK_CONTEXT_JSON": json.dumps(context), "CDK_OUTDIR": str(folder / "cdk.out")},
            **{"CDK_VALIDATION": "false", "NOTED": str(self.noted)},
        }

    def start(self, script: str = NOTING, *, first: str = "pass", **environment: str) -> subprocess.Popen[str]:
        self.node.write_text(script)
        self.node.chmod(0o755)
        code = (
            "import runpy; from pathlib import Path; from blueprint import node; "
            f"node.NODE = Path({str(self.node)!r}); {first}; runpy.run_path('app.py', run_name='__main__')"
        )
        return subprocess.Popen(
            [sys.executable, "-EO", "-c", code],
            cwd=ROOT,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def alive(self) -> list[int]:
        """The numbers of what was noted and still runs."""
        found = []
        for line in self.noted.read_text().splitlines():
            with suppress(ProcessLookupError):
                os.kill(number := int(line.split()[0]), 0)
                found.append(number)
        return found


@pytest.fixture
def apps(tmp_path: Path) -> Apps:
    return Apps(tmp_path)


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
    """Two threads that import what needs each other may find it half made."""
    code = """if True:
        import sys
        from blueprint import node
        node.use()
        import aws_cdk.region_info
        imported = {*sys.modules}
        aws_cdk.App(stack_traces=False, builtin_cloud_formation_validation=False)
        aws_cdk.region_info.Fact.regions
        print({*sys.modules} - imported)
    """
    done = ran(["-O", "-c", code], environment={"PYTHONPATH": str(ROOT)})
    assert done.stdout == "set()\n", done.stderr


def test_tests_need_no_node_of_the_machines(tmp_path: Path) -> None:
    """Where modules of tests read the CDK, which starts one."""
    machines = tmp_path / "node"
    machines.write_text("#!/bin/sh\nexit 127\n")
    machines.chmod(0o755)
    environment = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "HOME": os.environ["HOME"]}
    collecting = [
        "-m",
        "pytest",
        "-q",
        "-n0",
        "-pno:cacheprovider",
        "--collect-only",
        "tests/config/costs/test_bill.py",
    ]
    done = subprocess.run([sys.executable, *collecting], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_a_new_jsii_is_tried_before_its_program_is_started_here() -> None:
    assert jsii.__version__ == node.JSII, (
        "compare what jsii starts with `blueprint/node.py`, then set the version there"
    )


@pytest.mark.parametrize(
    ("first", "word"), [("pass", "lib__program.js"), ("node.JSII = '0'", "jsii-runtime.js")], ids=["here", "by jsii"]
)
def test_templates_are_the_same_however_node_is_started(apps: Apps, first: str, word: str) -> None:
    app = apps.start(first=first)
    _, stderr = app.communicate(timeout=100)
    assert app.returncode == 0, stderr
    assert apps.noted.read_text().endswith(f"{word}\n")
    expected = {file.name: file.read_text() for file in run_app(SHIPPED).output.glob("*.template.json")}
    assert len(expected) == 4
    assert {name: (apps.folder / "cdk.out" / name).read_text() for name in expected} == expected
    assert apps.alive() == []


@pytest.mark.parametrize("named", ["JSII_NODE", "JSII_RUNTIME"])
def test_who_names_another_node_or_runtime_has_jsii_start_that(apps: Apps, named: str) -> None:
    other = apps.folder / "other"
    other.write_text('#!/bin/sh\necho "$@" >> "$NOTED"\necho \'{"hello": "another"}\'\n')
    other.chmod(0o755)
    app = apps.start("#!/bin/sh\nexec /bin/sh $2", **{named: str(other)})
    app.communicate(timeout=100)
    assert app.returncode != 0
    assert "lib__program.js" not in apps.noted.read_text()


def test_what_javascript_prints_is_passed_on_whole(apps: Apps) -> None:
    """By Python: a stream that is Node's, too, is one that waits for nobody, and what Python prints would be cut."""
    script = NOTING.replace("exec", "printf '%0300000d' 0 >&2\nexec")
    app = apps.start(script, first="import atexit, os; atexit.register(lambda: print(os.get_blocking(2)))")
    stdout, stderr = app.communicate(timeout=100)
    assert app.returncode == 0, stderr
    assert stderr.count("0") >= 300_000
    assert stdout.endswith("True\n")


def test_nothing_runs_on_after_a_fault(apps: Apps) -> None:
    app = apps.start(CDK_CONTEXT_JSON=json.dumps({**FLAGS, **SHIPPED, "kubernetes.version": "1.7"}))
    _, stderr = app.communicate(timeout=100)
    assert app.returncode == 1
    assert stderr.startswith("1 fault in the context:")
    assert apps.alive() == []


@pytest.mark.parametrize("line", ["asked", "imported"])
def test_nothing_runs_on_after_ctrl_c(apps: Apps, line: str) -> None:
    """Also of a Node that is not told and answers nothing: while Python imports, and while it waits for an answer."""
    tells = "from concurrent.futures import ThreadPoolExecutor as Threads; end = Threads.shutdown; "
    tells += "Threads.shutdown = lambda *words, **more: (print('imported', flush=True), end(*words, **more))"
    app = apps.start(SILENT, first=f"node.FAREWELL = 0.1; {tells}")
    assert (stdout := app.stdout) is not None
    assert line in (said.strip() for said in stdout)
    app.send_signal(signal.SIGINT)
    app.communicate(timeout=100)
    assert app.returncode != 0
    assert apps.alive() == []
