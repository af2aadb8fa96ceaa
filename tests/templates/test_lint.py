"""cfn-lint finds no errors in any template: all stacks of all variants, and the plain ones for the DNS account."""

from functools import cache
from pathlib import Path

import cfnlint.api  # type: ignore[import-untyped]
import cfnlint.core  # type: ignore[import-untyped]
import pytest

from tests.conftest import Synthesized
from tests.templates.assembly import Assembly
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
    matches = cfnlint.api.lint(template, rules=_rules(), regions=[REGION])
    return tuple(f"{each.rule.id} {each.path}: {each.message}" for each in matches)


@cache
def _rules() -> cfnlint.core.RulesCollection:
    return cfnlint.core.get_rules([], ignore_rules=["W", "I"], include_rules=[])
