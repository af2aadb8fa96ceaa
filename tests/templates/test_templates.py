"""What holds for every template: CloudFormation's limits, and that no secret is in it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.assembly import Assembly
from tests.templates.template import plain
from tests.templates.variants import VARIANTS


@pytest.mark.parametrize("variant", VARIANTS)
def test_templates_are_within_cloudformations_limits(synthesized: Synthesized, variant: str) -> None:
    for stack in synthesized(variant).stacks.values():
        assert len(stack.resources) <= 500
        assert len(stack.body.get("Outputs", {})) <= 200
        assert len(stack.body.get("Parameters", {})) <= 200
        assert len(stack.text) <= 1_000_000


@pytest.mark.parametrize("variant", ["shipped", "own parts", "parent"])
def test_no_secret_is_written_out_where_context_names_one(synthesized: Synthesized, variant: str) -> None:
    secrets = [secret for stack in synthesized(variant).stacks.values() for secret in stack.all(kinds.SECRET)]
    assert [secret for secret in secrets if "SecretString" in secret["Properties"]] == []


@pytest.mark.parametrize("variant", ["seed", "shipped", "parent, guarded"])
def test_no_value_resolves_a_secret_into_a_template(synthesized: Synthesized, variant: str) -> None:
    """`{{resolve:secretsmanager:…}}` in a custom resource's properties would end up in Lambda's log."""
    assert [path.name for path in _files(synthesized(variant)) if "{{resolve:" in path.read_text()] == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_chart_value_is_named_like_a_secret(synthesized: Synthesized, variant: str) -> None:
    hub = synthesized(variant)["Hub"]
    values = {
        path: value
        for chart in hub.all(kinds.CHART)
        for path, value in _strings(json.loads(plain(chart["Properties"]["Values"])))
    }
    named = [
        path for path in values if re.search(r"secret$|password|token$|api_?key|private_?key", path, re.IGNORECASE)
    ]
    assert named == []


@pytest.mark.parametrize(
    ("variant", "outputs"),
    [
        (
            "shipped",
            {
                "Open this in a browser": "https://jupyter.dev.example.com",
                "Register at the identity provider": "https://jupyter.dev.example.com/hub/oauth_callback",
                "With one of the roles in admin.roles": (
                    "aws eks update-kubeconfig --name jupyterhub --region eu-central-1"
                ),
            },
        )
    ],
)
def test_outputs(synthesized: Synthesized, variant: str, outputs: dict[str, str]) -> None:
    found = synthesized(variant)["Hub"].body["Outputs"].values()
    assert {each["Description"]: plain(each["Value"]) for each in found} == outputs


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("own parts", {"team": "research", "jupyterhub-eks:deployment": "jupyterhub"}),
        ("shipped", {"jupyterhub-eks:deployment": "jupyterhub"}),
    ],
)
def test_tags_are_on_what_the_stacks_make(synthesized: Synthesized, variant: str, expected: dict[str, str]) -> None:
    for artifact in synthesized(variant).artifacts.values():
        assert artifact["properties"].get("tags", {}) == expected


def _files(assembly: Assembly) -> list[Path]:
    return [path for path in assembly.folder.rglob("*") if path.suffix == ".json"]


def _strings(value: Any, path: str = "") -> list[tuple[str, str]]:
    """All texts in a JSON value with their paths."""
    if isinstance(value, str):
        return [(path, value)]
    children: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, child in children for found in _strings(child, f"{path}/{key}".lstrip("/"))]
