import json
from pathlib import Path

from blueprint.versions import BY_MINOR
from tests.cli.conftest import Run


def test_example_synthesizes_without_a_warning(assembly: Path) -> None:
    report = assembly / "validation-report.json"
    findings = json.loads(report.read_text())["pluginReports"] if report.exists() else []
    assert [finding["violations"] for finding in findings if finding["violations"]] == []


def test_example_has_the_four_stacks(assembly: Path) -> None:
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    stacks = [name for name, artifact in artifacts.items() if artifact["type"] == "aws:cloudformation:stack"]
    assert sorted(stacks) == ["Data", "Dns", "Hub", "ParentDns"]


def test_faults_are_told_at_once_without_a_traceback(run: Run, example: dict[str, object]) -> None:
    context = {**example, "kubernetes.version": "1.7", "nodes.user.mx": 3, "clientSecret": "not-for-your-eyes"}
    result = run("app.py", CDK_CONTEXT_JSON=json.dumps(context))
    assert result.returncode == 1
    assert result.stderr.startswith("3 faults in the context:")
    assert "Traceback" not in result.stderr
    assert "not-for-your-eyes" not in result.stderr + result.stdout


def test_kubectl_layer_that_is_not_installed_is_named(run: Run, example: dict[str, object], tmp_path: Path) -> None:
    # A module that cannot be found stands before the installed one.
    blocker = tmp_path / "sitecustomize.py"
    blocker.write_text("import sys\nsys.modules['aws_cdk.lambda_layer_kubectl_v35'] = None\n")
    root = Path(__file__).parents[2]
    result = run("app.py", CDK_CONTEXT_JSON=json.dumps(example), PYTHONPATH=f"{tmp_path}:{root}")
    assert result.returncode == 1
    assert "aws-cdk.lambda-layer-kubectl-v35 is not" in result.stderr
    assert f"pip install aws-cdk.lambda-layer-kubectl-v35=={BY_MINOR['1.35'].kubectl_layer}\n" in result.stderr
    assert "Traceback" not in result.stderr


def test_nothing_is_built_on_a_vpc_that_is_not_looked_up_yet(
    run: Run, example: dict[str, object], tmp_path: Path
) -> None:
    context = {**example, "network.vpc.id": "vpc-0123456789abcdef0"}
    result = run("app.py", CDK_CONTEXT_JSON=json.dumps(context), CDK_OUTDIR=str(tmp_path))
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert result.returncode == 0, result.stderr
    assert [look_up["provider"] for look_up in manifest["missing"]] == ["vpc-provider"]
    assert "Hub" not in manifest["artifacts"]
