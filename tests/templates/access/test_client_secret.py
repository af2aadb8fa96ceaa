"""A client secret in context: in one resource of one template, and nowhere else."""

import json
import os
from pathlib import Path

import pytest

from tests.config.seed import SEED
from tests.processes import ran
from tests.templates import kinds
from tests.templates.assembly import Build, construct_alone, made
from tests.templates.variants import FLAGS, ROOT

CORE = "h9sh7Qx4"
"""A word that is the same however a secret is written: escaped for JSON, once or twice, or not at all."""


def holders(folder: Path) -> dict[str, int]:
    """The files of a cloud assembly that hold the word, and how often each does."""
    counted = {path: path.read_bytes().count(CORE.encode()) for path in folder.rglob("*") if path.is_file()}
    return {path.relative_to(folder).as_posix(): count for path, count in counted.items() if count}


@pytest.mark.parametrize("build", [pytest.param(None, id="stacks"), pytest.param(construct_alone, id="alone")])
@pytest.mark.parametrize(
    "secret",
    [
        pytest.param(CORE, id="plain"),
        pytest.param(f'"{CORE}"', id="quotes"),
        pytest.param(f"'{CORE}\\n\\", id="backslashes"),
        pytest.param(f"<b>&{CORE}</b>", id="angles"),
        pytest.param(f"ü\N{SNOWMAN}\N{GRINNING FACE}{CORE}", id="other letters"),
        pytest.param(f"a.b/c d%{{{CORE}}}$[0]#", id="signs"),
        pytest.param(f'{{"client_secret": "{CORE}"}}', id="JSON"),
    ],
)
def test_plain_secret_is_in_one_resource_alone(secret: str, build: Build | None) -> None:
    assembly = made({**SEED, "clientSecret": secret}, build)
    assert holders(assembly.folder) == {"Hub.template.json": 1}
    secrets = [each for each in assembly["Hub"].all(kinds.SECRET) if "SecretString" in each["Properties"]]
    assert [{**each["Properties"], "Tags": []} for each in secrets] == [
        {
            "Tags": [],
            "Description": "OAuth client secret of jupyterhub, from the context's clientSecret",
            "SecretString": secret,
        }
    ]


def test_app_with_a_plain_secret_leaves_it_in_one_file(tmp_path: Path) -> None:
    """As the CDK CLI runs it: with CDK's validation, and with all assets."""
    given = {**FLAGS, **SEED, "clientSecret": f'"{CORE}"\\'}
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "CDK_", "JSII_"))}
    environment = {**inherited, "CDK_OUTDIR": str(tmp_path), "CDK_CONTEXT_JSON": json.dumps(given)}
    done = ran(["app.py"], environment={**environment, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "validation-report.json").exists()
    assert CORE not in done.stdout + done.stderr
    assert holders(tmp_path) == {"Hub.template.json": 1}
