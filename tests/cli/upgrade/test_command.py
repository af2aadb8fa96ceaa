"""`blueprint upgrade plan` from the command line to its end."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from blueprint.cli.checks.session import Options
from blueprint.cli.upgrade import command
from blueprint.cli.upgrade.templates import NoTemplatesError, _parsed
from tests.cli.aws import CREDENTIALS
from tests.cli.conftest import BLUEPRINT, ROOT, Run
from tests.cli.doctor.staging import CONTEXT
from tests.cli.verify.hub import DeployedHub
from tests.templates.assembly import made, once
from tests.templates.variants import SHIPPED

PLAN = Options(None, None, "", 60, True, False)
Tell = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def tell(hub: DeployedHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tell:
    """Run the command in the staged world: from one set of changed settings to another one."""

    def tell(old: dict[str, Any], new: dict[str, Any], options: Options = PLAN) -> tuple[int, dict[str, Any]]:
        before = {f"jupyterhub-{id}": each.body for id, each in made({**SHIPPED, **old}).stacks.items()}
        after = {id: each.body for id, each in made({**SHIPPED, **new}).stacks.items()}
        border = hub.stage.border
        border.answers["cloudformation", "GetTemplate"] = lambda _, asked: (
            {"TemplateBody": json.dumps(before[asked["StackName"]])}
            if asked["StackName"] in before
            else "ValidationError"
        )
        border.answers.setdefault(
            ("cloudformation", "DescribeType"), lambda _, asked: {"Schema": json.dumps(_schema(asked["TypeName"]))}
        )
        monkeypatch.setattr(command, "world", lambda *_: hub.stage.world())
        monkeypatch.setattr(command, "synthesized", lambda *_: after)
        try:
            command.show_plan(None, options)
            status = 0
        except typer.Exit as end:
            status = end.exit_code
        text = capsys.readouterr().out
        return status, json.loads(text) if options.as_json else {"text": text}

    return tell


def _schema(kind: str) -> Any:
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

    return PROVIDER_SCHEMA_MANAGER.get_resource_schema("eu-central-1", kind).schema


def test_a_sound_upgrade_ends_well(tell: Tell) -> None:
    status, found = tell({}, {"users.admins": ["auth0|other"]})
    assert (status, found["weights"]["pauses"], found["weights"]["loss"]) == (0, 1, 0)
    assert found["counts"]["fault"] == 0
    assert {each["stack"] for each in found["changes"]} == {"Hub"}


def test_what_would_be_lost_ends_it_with_one(tell: Tell) -> None:
    status, found = tell({}, {"network.cidr": "10.4.0.0/16"})
    assert (status, found["counts"]["fault"]) == (1, 0)
    assert "loss" in {each["weight"] for each in found["changes"]}


def test_nothing_to_do_is_told(tell: Tell) -> None:
    status, found = tell({}, {}, Options(None, None, "", 60, False, False))
    assert (status, "Nothing changes: what is deployed is what" in found["text"]) == (0, True)


def test_lines_begin_with_what_weighs_most(tell: Tell) -> None:
    settings = {"kubernetes.version": "1.34"}, {"kubernetes.version": "1.35"}
    _, found = tell(*settings, Options(None, None, "", 60, False, False))
    titles = [
        "Cannot be undone",
        "Somebody is interrupted",
        "Something waits for a moment",
        "Nobody notices",
        "Before it",
    ]
    assert [found["text"].index(f"{title}\n") for title in titles] == sorted(
        found["text"].index(f"{title}\n") for title in titles
    )
    assert "Hub: JupyterHub/Cluster/ControlPlane" in found["text"]


def test_another_way_of_dns_brings_and_leaves_stacks(tell: Tell) -> None:
    _, found = tell({}, {"dns.subzone.account": "parent"})
    assert (found["new_stacks"], found["stacks_that_go"]) == ([], ["Dns"])


def test_types_that_aws_does_not_tell_of_are_named(tell: Tell, hub: DeployedHub) -> None:
    hub.stage.border.refuse("cloudformation", "DescribeType", "TypeNotFoundException")
    _, found = tell({}, {"nodes.disk.size": 150})
    assert "AWS::EC2::LaunchTemplate" in found["types_not_told"]


def test_no_right_to_read_templates_is_told(tell: Tell, hub: DeployedHub) -> None:
    hub.stage.border.refuse("cloudformation", "DescribeType", "AccessDenied")
    status, found = tell({}, {"nodes.disk.size": 150})
    assert (status, found["faults"][0]["text"]) == (1, "These credentials may not call DescribeType.")


def test_a_world_without_a_deployment_is_told(tell: Tell, hub: DeployedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "deployed", lambda *_: None)
    status, found = tell({}, {})
    assert (status, found["faults"][0]["text"]) == (1, "Nothing of jupyterhub is deployed here.")


@pytest.mark.parametrize("body", ["", "[]", "Resources: 1", {"Outputs": {}}])
def test_templates_of_another_form_are_refused(body: Any) -> None:
    with pytest.raises(NoTemplatesError, match="is of another form"):
        _parsed(body)


def test_templates_in_yaml_are_read_with_their_short_forms() -> None:
    text = """
    Resources:
      It: {Type: X, Properties: {A: !Ref B, C: !GetAtt D.E.F, G: !Sub "${B}", H: !Join [",", [!Ref B]]}}
    """
    assert _parsed(text)["Resources"]["It"]["Properties"] == {
        "A": {"Ref": "B"},
        "C": {"Fn::GetAtt": ["D", "E.F"]},
        "G": {"Fn::Sub": "${B}"},
        "H": {"Fn::Join": [",", [{"Ref": "B"}]]},
    }


def test_the_cdk_s_own_synthesis_is_what_is_compared(run: Run, aws: str) -> None:
    """With the real CDK CLI, beside cdk.out; nothing is deployed in this AWS. Once from the same sources."""

    def ask(folder: Path) -> None:
        ours = ("-c", "workload.account=123456789012", "-c", "workload.region=us-east-1")
        done = run(BLUEPRINT, "upgrade", "plan", *ours, "--json", **CREDENTIALS, AWS_ENDPOINT_URL=aws)
        folder.mkdir()
        (folder / "run.json").write_text(json.dumps([done.returncode, done.stdout, done.stderr]))

    with_cli = (ROOT / "package-lock.json").read_text()
    code, stdout, stderr = json.loads((once(["upgrade plan", with_cli], ask) / "run.json").read_text())
    assert json.loads(stdout)["faults"][0]["text"] == "Nothing of jupyterhub is deployed here."
    assert (code, "Traceback" in stderr) == (1, False)


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        ((), {}, "There are no credentials."),
        (("--profile", "nobody"), {}, "There is no profile nobody."),
        (("-c", "network.zones=9"), {}, "network.zones"),
    ],
    ids=["no credentials", "no profile", "no valid settings"],
)
def test_why_there_is_no_plan_is_told(
    run: Run, arguments: tuple[str, ...], environment: dict[str, str], says: str
) -> None:
    apart = {"AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"}
    result = run(BLUEPRINT, "upgrade", "plan", *arguments, **{**apart, **environment})
    assert (result.returncode, says in result.stderr, "Traceback" in result.stderr) == (1, True, False)


def test_a_folder_without_the_app_is_told(run: Run, aws: str, tmp_path: Path) -> None:
    (tmp_path / "cdk.context.json").write_text(json.dumps({**CONTEXT, "workload.account": "123456789012"}))
    result = run(BLUEPRINT, "upgrade", "plan", cwd=tmp_path, **CREDENTIALS, AWS_ENDPOINT_URL=aws)
    assert (result.returncode, "This folder has no CDK app that is set up." in result.stderr) == (1, True)
