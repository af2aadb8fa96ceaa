import json
from pathlib import Path

from blueprint.versions import BY_MINOR
from tests.app import run_app
from tests.templates.variants import SHIPPED


def test_example_synthesizes_without_a_warning(assembly: Path) -> None:
    report = assembly / "validation-report.json"
    findings = json.loads(report.read_text())["pluginReports"] if report.exists() else []
    assert [finding["violations"] for finding in findings if finding["violations"]] == []


def test_example_has_the_four_stacks(assembly: Path) -> None:
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    stacks = [name for name, artifact in artifacts.items() if artifact["type"] == "aws:cloudformation:stack"]
    assert sorted(stacks) == ["Data", "Dns", "Hub", "ParentDns"]


def test_faults_are_told_at_once_without_a_traceback() -> None:
    result = run_app({**SHIPPED, "kubernetes.version": "1.7", "nodes.user.mx": 3, "clientSecret": "not-for-your-eyes"})
    assert result.code == 1
    assert result.stderr.startswith("3 faults in the context:")
    assert "Traceback" not in result.stderr
    assert "not-for-your-eyes" not in result.stderr + result.stdout


def test_kubectl_layer_that_is_not_installed_is_named() -> None:
    result = run_app(SHIPPED, without="aws_cdk.lambda_layer_kubectl_v35")
    assert result.code == 1
    assert "aws-cdk.lambda-layer-kubectl-v35 is not" in result.stderr
    assert f"pip install aws-cdk.lambda-layer-kubectl-v35=={BY_MINOR['1.35'].kubectl_layer}\n" in result.stderr
    assert "Traceback" not in result.stderr


def test_nothing_is_built_on_a_vpc_that_is_not_looked_up_yet() -> None:
    result = run_app({**SHIPPED, "network.vpc.id": "vpc-0123456789abcdef0"})
    manifest = json.loads((result.output / "manifest.json").read_text())
    assert result.code == 0, result.stderr
    assert [look_up["provider"] for look_up in manifest["missing"]] == ["vpc-provider"]
    assert "Hub" not in manifest["artifacts"]
