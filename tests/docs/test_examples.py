import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from blueprint import node
from blueprint.config import load
from tests.docs.pages import ROOT, blocks
from tests.templates.assembly import once


def _shipped() -> str:
    return (ROOT / "cdk.context.json").read_text()


APPS = [block for block in blocks("python") if "app.synth()" in block.code]
CONTEXTS = [block for block in blocks("json") if "jupyterhub.subzone.name" in block.code]


@pytest.mark.parametrize("example", APPS, ids=("least", "more"))
def test_app_of_the_docs_synthesizes(example: object) -> None:
    code = example.code  # type: ignore[attr-defined]
    context = {**json.loads((ROOT / "cdk.json").read_text())["context"], **json.loads(_shipped())}

    def run(folder: Path) -> None:
        """As the CDK CLI runs an app."""
        folder.mkdir()
        (folder / "app.py").write_text(code)
        environment = {
            **os.environ,
            "CDK_CONTEXT_JSON": json.dumps(context),
            "CDK_OUTDIR": str(folder / "cdk.out"),
            "PYTHONPATH": str(ROOT),
            "CDK_VALIDATION": "false",
        }
        node.use()
        subprocess.run([sys.executable, "app.py"], check=True, env=environment, cwd=folder)

    templates = [json.loads(path.read_text()) for path in once([code, context], run).glob("cdk.out/*.template.json")]
    types = [resource["Type"] for template in templates for resource in template["Resources"].values()]
    assert types.count("AWS::EKS::Cluster") == 1


def test_construct_page_shows_the_least_and_more() -> None:
    assert [block.page.name for block in APPS] == ["construct.md", "construct.md"]


@pytest.mark.parametrize("example", CONTEXTS, ids=lambda block: block.page.name)
def test_settings_of_the_docs_are_valid(example: object) -> None:
    context = json.loads(example.code)  # type: ignore[attr-defined]
    notices = load(context, today=date(2026, 11, 20)).notices
    assert {notice.key for notice in notices} == {"users.allowed", "ingress.allowed.cidrs"}


def test_readme_shows_settings() -> None:
    assert [block.page.name for block in CONTEXTS] == ["README.md"]


@pytest.mark.parametrize("text", [_shipped(), CONTEXTS[0].code], ids=["shipped", "README"])
def test_editor_finds_the_schema_of_the_settings_and_no_fault(text: str) -> None:
    context = json.loads(text)
    schema = json.loads((ROOT / context["$schema"]).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(context)


def test_callback_in_the_readme_is_the_one_of_its_settings() -> None:
    config = load(json.loads(CONTEXTS[0].code), today=date(2026, 11, 20)).config
    urls = re.findall(r"https://\S+/hub/oauth_callback", (ROOT / "README.md").read_text())
    assert set(urls) == {config.callback_url}
