from pathlib import Path

import pytest
import yaml

from tests.docs.pages import ROOT
from tests.templates.assembly import once

FOLDER = ROOT / "docs" / "parent-dns"


def test_plain_templates_are_in_step() -> None:
    written = once("plain templates", _write)
    made, kept = ({path.name: path.read_text() for path in folder.iterdir()} for folder in (written, FOLDER))
    assert kept == made, "run: python -m blueprint.stacks.plain_parent_dns"


def _write(folder: Path) -> None:
    from blueprint.stacks.plain_parent_dns import templates

    folder.mkdir()
    for name, text in templates().items():
        (folder / name).write_text(text)


@pytest.mark.parametrize("name", ["workload.yaml", "parent.yaml"])
def test_plain_template_makes_nothing_but_dns_and_its_role(name: str) -> None:
    lines = (FOLDER / name).read_text().splitlines()
    types = {line.split()[1] for line in lines if line.startswith("    Type: AWS::")}
    assert types <= {"AWS::IAM::Role", "AWS::Route53::HostedZone", "AWS::Route53::RecordSet"}


def test_external_id_is_asked_for_only_where_one_is_given() -> None:
    template = yaml.safe_load((FOLDER / "parent.yaml").read_text())
    assert template["Parameters"]["ExternalId"]["Default"] == ""
    assert template["Conditions"] == {"ExternalIdGiven": {"Fn::Not": [{"Fn::Equals": [{"Ref": "ExternalId"}, ""]}]}}
    (role,) = (each["Properties"] for each in template["Resources"].values() if each["Type"] == "AWS::IAM::Role")
    assuming, tagging = role["AssumeRolePolicyDocument"]["Statement"]
    asked = {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}}
    assert assuming["Condition"] == {"Fn::If": ["ExternalIdGiven", asked, {"Ref": "AWS::NoValue"}]}
    assert "Condition" not in tagging
