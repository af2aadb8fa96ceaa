import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import BLUEPRINT, Run


def test_summary_fits_one_screen_and_tells_the_essentials(run: Run, assembly: Path) -> None:
    result = run(BLUEPRINT, "summary", "--output", str(assembly))
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.splitlines()) <= 45
    for text in (
        "https://jupyter.dev.example.com/hub/oauth_callback",
        "Kubernetes 1.35",
        "jupyterhub 4.4.0",
        "ParentDns",
        "111122223333/eu-central-1",
        "nodes.user.max",
    ):
        assert text in result.stdout


@pytest.mark.parametrize(
    ("types", "told"),
    [
        ("m6i.xlarge", "7 on each m6i.xlarge; 70 on nodes.user.max (10) nodes"),
        ("m6i.xlarge,m6i.2xlarge", "7 on each m6i.xlarge, 15 on each m6i.2xlarge; 70 on nodes.user.max (10) nodes"),
        ("m99i.xlarge", "how many fit on m99i.xlarge is not known"),
    ],
)
def test_summary_tells_how_many_servers_fit(run: Run, assembly: Path, types: str, told: str) -> None:
    result = run(BLUEPRINT, "summary", "-o", str(assembly), "-c", f"nodes.user.instance.types={types}")
    assert told in " ".join(result.stdout.split()), result.stderr


@pytest.mark.parametrize(
    ("calendar", "told"),
    [
        (
            "weekdays 08:30-18:00 Europe/Berlin",
            "Kept free a user node weekdays 08:30\N{EN DASH}18:00 Europe/Berlin: 47.5 hours a week, "
            "at most 39.52 US dollars a month (on demand in us-east-1, list of",
        ),
        ("daily 00:00-24:00 UTC, Mon 00:00-24:00 UTC", "168 hours a week"),
    ],
)
def test_summary_tells_what_is_kept_free_and_its_price(run: Run, assembly: Path, calendar: str, told: str) -> None:
    result = run(BLUEPRINT, "summary", "-o", str(assembly), "-c", f"nodes.user.warm={calendar}")
    assert told in " ".join(result.stdout.split()), result.stderr


def test_summary_tells_how_many_servers_of_each_profile_fit(run: Run, assembly: Path, tmp_path: Path) -> None:
    (tmp_path / "cdk.context.json").write_bytes((Path(__file__).parents[2] / "cdk.context.json").read_bytes())
    sizes = "small: {share: 1/8}, whole: {share: 1}"
    text = f"all: {{title: Notebook, sizes: {{{sizes}}}}}\nsome: {{title: Course, allowed_groups: [students]}}"
    (tmp_path / "choices.yaml").write_text(text)
    result = run(BLUEPRINT, "summary", "-o", str(assembly), "-c", "singleuser.profiles=choices.yaml", cwd=tmp_path)
    told = " ".join(result.stdout.split())
    assert "Notebook, for everybody: 8 or 1 on each m6i.xlarge" in told, result.stderr
    assert "Course, for students: 7 on each m6i.xlarge" in told


def test_summary_tells_how_many_servers_fit_on_machines_of_their_own(run: Run, assembly: Path, tmp_path: Path) -> None:
    (tmp_path / "cdk.context.json").write_bytes((Path(__file__).parents[2] / "cdk.context.json").read_bytes())
    machines = (Path(__file__).parents[1] / "templates" / "machines.yaml").read_text()
    (tmp_path / "machines.yaml").write_text(machines)
    settings = ("singleuser.profiles=machines.yaml", "nodes.user.scaling=karpenter", "nodes.gpu.max=1")
    options = [word for each in settings for word in ("-c", each)]
    told = " ".join(run(BLUEPRINT, "summary", "-o", str(assembly), *options, cwd=tmp_path).stdout.split())
    assert "8 on each m6i.xlarge, 8 on each m6i.xlarge (spot), 1 on each m7g.xlarge" in told
    assert "1 on each g4dn.xlarge, 1 on each g6.xlarge, 2 on each g4dn.12xlarge (spot)" in told
    assert "karpenter 1.14" in told
    assert "cluster-autoscaler" not in told


def test_summary_takes_overrides_as_the_cdk_does(run: Run, assembly: Path) -> None:
    result = run(BLUEPRINT, "summary", "-o", str(assembly), "-c", "kubernetes.version=1.36")
    assert "Kubernetes 1.36" in result.stdout


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["--profile", "dns"], id="with a value"),
        pytest.param(["--profile=dns"], id="with a value after ="),
        pytest.param(["--no-lookups", "-v", "--region", "eu-west-1", "Hub"], id="some, and a stack"),
    ],
)
def test_summary_takes_the_other_options_of_the_cdk(run: Run, assembly: Path, options: list[str]) -> None:
    result = run(BLUEPRINT, "summary", *options, "-o", str(assembly), "--context", "kubernetes.version=1.36")
    assert result.returncode == 0, result.stderr
    assert "Kubernetes 1.36" in result.stdout
    assert result.stdout == run(BLUEPRINT, "summary", "-o", str(assembly), "-c", "kubernetes.version=1.36").stdout


def test_summary_knows_the_account_that_the_synthesis_had_credentials_for(
    run: Run, assembly: Path, tmp_path: Path
) -> None:
    context = json.loads((Path(__file__).parents[2] / "cdk.context.json").read_text())
    del context["workload.account"], context["workload.region"]
    (tmp_path / "cdk.context.json").write_text(json.dumps({**context, "network.vpc.id": "vpc-0123456789abcdef0"}))
    result = run(BLUEPRINT, "summary", "-o", str(assembly), cwd=tmp_path)
    assert result.returncode == 0, result.stderr


def test_region_that_nobody_named_is_not_judged(run: Run, tmp_path: Path) -> None:
    context = json.loads((Path(__file__).parents[2] / "cdk.context.json").read_text())
    del context["workload.account"], context["workload.region"]
    (tmp_path / "cdk.context.json").write_text(json.dumps(context))
    manifest = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://unknown-account/us-east-1",
        "properties": {"templateFile": "Hub.template.json"},
    }
    (tmp_path / "cdk.out").mkdir()
    (tmp_path / "cdk.out" / "manifest.json").write_text(json.dumps({"artifacts": {"Hub": manifest}}))
    (tmp_path / "cdk.out" / "Hub.template.json").write_text('{"Resources": {}}')
    result = run(BLUEPRINT, "summary", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "us-east-1" not in result.stdout


def test_callback_need_not_be_registered_at_a_pool_of_ours(run: Run, assembly: Path, tmp_path: Path) -> None:
    context = json.loads((Path(__file__).parents[2] / "cdk.context.json").read_text())
    for key in ("clientSecretArn", "clientId", "authUrl", "tokenUrl", "userDataUrl", "scope"):
        del context[key]
    (tmp_path / "cdk.context.json").write_text(json.dumps({**context, "identity.provider": "cognito"}))
    result = run(BLUEPRINT, "summary", "-o", str(assembly), cwd=tmp_path)
    told = " ".join(result.stdout.split())
    assert "/hub/oauth_callback (the user pool knows it)" in told
    assert "register it" not in told


def test_summary_tells_faults_without_a_traceback(run: Run, assembly: Path) -> None:
    result = run(BLUEPRINT, "summary", "-o", str(assembly), "-c", "kubernetes.version=2")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("1 fault in the context:")


def test_summary_without_a_synthesized_app_says_what_to_do(run: Run, tmp_path: Path) -> None:
    result = run(BLUEPRINT, "summary", "-o", str(tmp_path / "none"))
    assert result.returncode == 1
    assert "make synth" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "{}", '{"artifacts": []}', '{"artifacts": {"Hub": 1}}', "[" * 10**5, '{"a": "\xff"}'],
)
def test_folder_that_no_synthesis_left_is_told(run: Run, tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content, encoding="latin-1")
    result = run(BLUEPRINT, "summary", "-o", str(tmp_path))
    told = f"{tmp_path / 'manifest.json'} is not as a synthesis leaves it: remove the folder, run make synth.\n"
    assert (result.returncode, result.stdout, result.stderr) == (1, "", told)


@pytest.mark.parametrize("left", [None, "{"], ids=["gone", "cut off"])
def test_template_that_no_synthesis_left_is_told(run: Run, assembly: Path, tmp_path: Path, left: str | None) -> None:
    folder = tmp_path / "left"
    shutil.copytree(assembly, folder)
    template = folder / "Hub.template.json"
    template.unlink()
    if left is not None:
        template.write_text(left)
    result = run(BLUEPRINT, "summary", "-o", str(folder))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{template} is not as a synthesis leaves it")


def test_folder_may_have_any_name(run: Run, assembly: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a [" / "b] folder"
    folder.parent.mkdir()
    folder.symlink_to(assembly)
    result = run(BLUEPRINT, "summary", "-o", str(folder))
    assert result.returncode == 0, result.stderr
