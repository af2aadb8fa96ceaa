"""When the templates are validated, counted by CDK's own plugin being asked; and when its answer is kept."""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.templates.variants import FLAGS

Synth = Callable[..., None]


@cache
def _engine() -> Any:
    """CDK's plugin, whose engine takes a second to start."""
    from aws_cdk import CloudFormationValidatePlugin

    return CloudFormationValidatePlugin()


class Asked:
    """Stands for CDK's plugin, which answers, and counts."""

    PLUGIN_NAME = "CloudFormation Validate"
    times = 0

    def validate(self, context: Any) -> Any:
        """What is wrong with the templates."""
        Asked.times += 1
        return _engine().validate(context)


@pytest.fixture
def synth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Synth:
    """Synthesize a stack of one resource, always into the same folder."""
    from aws_cdk import Acknowledgment, App, CfnResource, Environment, Stack, Validations

    from blueprint.stacks import validate, validation

    def run(
        properties: dict[str, Any],
        *,
        kind: str = "AWS::S3::Bucket",
        acknowledge: str = "",
        region: str = "eu-central-1",
    ) -> None:
        app = App(outdir=str(tmp_path), context=FLAGS, builtin_cloud_formation_validation=False)
        stack = Stack(app, "Stack", env=Environment(account="111122223333", region=region))
        CfnResource(stack, "Resource", type=kind, properties=properties)
        if acknowledge:
            Validations.of(stack).acknowledge(Acknowledgment(id=acknowledge, reason="for this test"))
        validate(app)
        app.synth()

    monkeypatch.setattr(validation, "CloudFormationValidatePlugin", Asked)
    monkeypatch.setattr(Asked, "times", 0)
    return run


FAULTY = {"BucketNam": "a"}


def test_same_templates_are_validated_once(synth: Synth) -> None:
    synth({"BucketName": "first"})
    synth({"BucketName": "first"})
    assert Asked.times == 1


def test_changed_template_is_validated_again(synth: Synth) -> None:
    for bucket in ("first", "other", "first"):
        synth({"BucketName": bucket})
    assert Asked.times == 3


def test_other_environment_is_validated_again(synth: Synth) -> None:
    synth({}, region="eu-central-1")
    synth({}, region="eu-west-1")
    assert Asked.times == 2


def test_other_rules_validate_again(synth: Synth, monkeypatch: pytest.MonkeyPatch) -> None:
    from blueprint.stacks import validation

    synth({})
    monkeypatch.setattr(validation, "library", SimpleNamespace(name="aws-cdk-lib", version="0.0.0"))
    synth({})
    assert Asked.times == 2


def test_fault_is_told_each_time(synth: Synth) -> None:
    synth({})
    for _ in range(2):
        with pytest.raises(RuntimeError, match=re.escape("BucketNam")):
            synth(FAULTY)
    assert Asked.times == 3


def test_what_is_acknowledged_is_not_kept_for_whom_it_is_not(synth: Synth, tmp_path: Path) -> None:
    subnet = {"VpcId": "vpc-0123456789abcdef0", "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "eu-central-1a"}
    synth(subnet, kind="AWS::EC2::Subnet", acknowledge="CloudFormation-Validate::W3010")
    synth(subnet, kind="AWS::EC2::Subnet")
    assert Asked.times == 2
    reports = json.loads((tmp_path / "validation-report.json").read_text())["pluginReports"]
    assert [each["ruleName"] for report in reports for each in report["violations"]] == ["W3010"]


def test_memory_that_is_damaged_is_none(synth: Synth, tmp_path: Path) -> None:
    synth({})
    (tmp_path / "validated").write_bytes(b"\xff")
    synth({})
    assert Asked.times == 2
