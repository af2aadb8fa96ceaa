"""cfn-lint finds no errors in any template: all stacks of all variants, and the plain ones for the DNS account."""

import json
from functools import cache
from pathlib import Path

import cfnlint.api  # type: ignore[import-untyped]
import cfnlint.core  # type: ignore[import-untyped]
import pytest

from tests.conftest import Synthesized
from tests.templates.assembly import Assembly, once
from tests.templates.variants import REGION, ROOT, VARIANTS

PLAIN = sorted((ROOT / "docs" / "parent-dns").glob("*.yaml"))


@pytest.mark.parametrize("variant", VARIANTS)
def test_cfn_lint_finds_no_errors(synthesized: Synthesized, variant: str) -> None:
    stacks = synthesized(variant).stacks
    assert {id: _errors(stack.text) for id, stack in stacks.items()} == dict.fromkeys(stacks, ())


@pytest.mark.parametrize("template", PLAIN, ids=lambda template: template.name)
def test_cfn_lint_finds_no_errors_in_plain_templates(template: Path) -> None:
    assert _errors(template.read_text()) == ()


def test_cfn_lint_finds_an_error_where_there_is_one(shipped: Assembly) -> None:
    broken = shipped["Data"].text.replace('"VolumeType": "gp3"', '"VolumeType": "gp33"')
    assert [error.split()[0] for error in _errors(broken)] == ["E3030"]


@cache  # variants share most of their templates
def _errors(template: str) -> tuple[str, ...]:
    def lint(folder: Path) -> None:
        matches = cfnlint.api.lint(template, rules=_rules(), regions=[REGION])
        folder.mkdir()
        errors = [f"{each.rule.id} {each.path}: {each.message}" for each in matches]
        (folder / "errors.json").write_text(json.dumps(errors))

    return tuple(json.loads((once(["lint", template], lint) / "errors.json").read_text()))


@cache
def _rules() -> cfnlint.core.RulesCollection:
    return cfnlint.core.get_rules([], ignore_rules=["W", "I"], include_rules=[])
