"""The app as the CDK CLI runs it: in a process of its own, once for all tests that ask for the same."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tests.processes import ran
from tests.templates.assembly import once
from tests.templates.variants import FLAGS, ROOT, Context

_OWN = ("AWS_", "CDK_", "JSII_", "LC_", "PYTHON")


@dataclass(frozen=True)
class Run:
    """What a run of the app came to, and said."""

    code: int
    stdout: str
    stderr: str
    output: Path


def run_app(
    context: Context, *, validation: str = "", files: Mapping[str, bytes] = MappingProxyType({}), without: str = ""
) -> Run:
    """Run app.py like the CDK CLI without credentials, CDK's validation on, with files beside the context.

    Once from the same sources; `without` a module as if it was not installed.
    """

    def run(folder: Path) -> None:
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        given = {**FLAGS, **context, "aws:cdk:disable-asset-staging": True}
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(_OWN)}
        environment = {**inherited, "CDK_OUTDIR": str(folder / "cdk.out"), "CDK_CONTEXT_JSON": json.dumps(given)}
        environment |= {"CDK_VALIDATION": validation, "PYTHONPATH": str(ROOT)}
        if without:  # what cannot be found stands before what is installed
            (folder / "sitecustomize.py").write_text(f"import sys\nsys.modules[{without!r}] = None\n")
            environment["PYTHONPATH"] = f"{folder}{os.pathsep}{ROOT}"
        done = ran([str(ROOT / "app.py")], cwd=folder if files else ROOT, environment=environment)
        (folder / "run.json").write_text(json.dumps([done.returncode, done.stdout, done.stderr]))

    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    folder = once(["app", validation, context, digests, without], run)
    code, stdout, stderr = json.loads((folder / "run.json").read_text())
    return Run(code, stdout, stderr, folder / "cdk.out")
