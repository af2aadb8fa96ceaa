"""The whole command: in the sound world, as a process, and in worlds where nothing answers."""

import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from blueprint.cli.checks.examination import Check, examine
from blueprint.cli.checks.findings import Finding, fault, ok, unknown, warning
from blueprint.cli.checks.report import as_json, failed, show
from blueprint.cli.checks.session import look
from blueprint.cli.checks.world import World
from blueprint.cli.doctor.diagnosis import CHECKS
from tests.cli.aws import CREDENTIALS
from tests.cli.conftest import BLUEPRINT, Run, run
from tests.cli.doctor import rights
from tests.cli.doctor.staging import REGION, VALUE, WORKLOAD, Stage

__all__ = ["run"]


def test_sound_world_passes(stage: Stage) -> None:
    found = look(stage.world(), CHECKS, 60)
    assert [each for each in found if each.level != "ok"] == []
    assert {each.subject for each in found} >= {check.subject for check in CHECKS} - {
        "network",
        "buckets",
        "rights of servers",
    }


def test_it_reads_only_and_needs_the_rights_that_are_documented(stage: Stage, tmp_path: Path) -> None:
    files = {"aws.access": str(tmp_path / "access.yaml"), "groups.claim": "groups"}
    (tmp_path / "access.yaml").write_text(
        f"a: {{groups: [a], role: 'arn:aws:iam::{WORKLOAD}:role/Platform'}}\nb: {{data: {{d: {{bucket: data}}}}}}"
    )
    stage.workload.client("s3").create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
    role, subnets = f"arn:aws:iam::{WORKLOAD}:role/eks", {"subnetIds": ["subnet-1", "subnet-2"]}
    stage.workload.client("eks").create_cluster(name="jupyterhub", roleArn=role, resourcesVpcConfig=subnets)
    stage.make_zone(stage.workload, "dev.example.com")
    efs = stage.workload.client("efs")
    efs.create_file_system(CreationToken="homes", Tags=[{"Key": "Name", "Value": "jupyterhub"}])
    arn = f"arn:aws:acm:{REGION}:{WORKLOAD}:certificate/12345678-1234-1234-1234-123456789012"
    own = f"{WORKLOAD}.dkr.ecr.{REGION}.amazonaws.com/notebook:1.0"
    vpc = stage.workload.client("ec2").create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnets_of = {"network.subnets.private": ["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"]}
    zones = {"network.zone.names": ["eu-central-1a", "eu-central-1b"]}
    more = {**files, "certificateArn": arn, "singleuser.image": own, "network.vpc.id": vpc, **subnets_of, **zones}
    stage.write(stage.dns, stage.zone, "dev.example.com", "NS", "ns1.other.example")
    look(stage.world(**more), CHECKS, 60)  # makes the clients
    of_workload, of_dns = rights.noted(stage.workload), rights.noted(stage.dns)
    look(stage.world(**more), CHECKS, 60)
    del stage.context["parent.hostedzone.id"]
    look(stage.world(), CHECKS, 60)
    assert [rights.needed(of_workload), rights.needed(of_dns)] == rights.documented("doctor.md")


def test_no_finding_holds_the_secret(stage: Stage) -> None:
    stage.workload.client("secretsmanager").put_secret_value(
        SecretId="jupyterhub/oauth-client-secret", SecretString=VALUE
    )
    assert VALUE not in as_json(look(stage.world(), CHECKS, 60))


def test_without_the_dns_account_one_line_says_what_was_not_looked_at(stage: Stage) -> None:
    stage.with_dns = False
    found = [each for each in look(stage.world(), CHECKS, 60) if each.level != "ok"]
    assert [each.level for each in found] == ["unknown"]
    assert "not all was looked at: DNS role, bootstrap, parent zone, stacks, subzone" in found[0].text
    assert "--dns-profile" in found[0].fix


def test_with_wrong_credentials_what_needs_none_is_looked_at(stage: Stage) -> None:
    stage.border.refuse("sts", "GetCallerIdentity", "ExpiredToken")
    found = look(stage.world(), CHECKS, 60)
    assert [each.level for each in found[:2]] == ["fault", "fault"]
    assert {each.subject for each in found[3:]} == {
        "parent zone",
        "certificate",
        "identity provider",
        "image",
        "versions",
    }


def test_a_check_that_hangs_is_told_and_does_not_keep_the_others(stage: Stage) -> None:
    never = threading.Event()

    def hang(_: World) -> Iterator[Finding]:
        yield ok("so far")
        never.wait()

    def run(_: World) -> Iterator[Finding]:
        yield ok("well")

    found = examine(stage.world(), [Check("slow", hang), Check("quick", run)], 0.2)
    never.set()
    assert [(each.subject, each.level) for each in found[-2:]] == [("slow", "unknown"), ("quick", "ok")]
    assert found[-2].text == "There was no answer within 0.2 seconds."


def test_what_was_found_before_something_stopped_is_told(stage: Stage) -> None:
    def stop(_: World) -> Iterator[Finding]:
        yield ok("so far")
        raise LookupError("s3cr3t")

    found = examine(stage.world(), [Check("half", stop)], 5)
    assert [each.level for each in found] == ["ok", "unknown"]
    assert "s3cr3t" not in found[1].text


@pytest.mark.parametrize(
    ("finding", "usual", "strict"),
    [
        (ok(""), False, False),
        (warning("", ""), False, True),
        (unknown(""), False, True),
        (fault("", ""), True, True),
    ],
    ids=["ok", "warning", "unknown", "fault"],
)
def test_exit_code_is_for_scripts(finding: Finding, usual: bool, strict: bool) -> None:
    assert (failed([finding], strict=False), failed([finding], strict=True)) == (usual, strict)


def test_each_line_has_its_fix_below_on_one_line() -> None:
    shown = io.StringIO()
    fix = "aws service-quotas request-service-quota-increase " + "x" * 100
    show([fault("Too few.", fix).about("quotas")], Console(file=shown, width=40))
    assert shown.getvalue().splitlines() == [
        "quotas",
        "  fault    Too few.",
        f"           → {fix}",
        "1 fault, 0 warnings, 0 not looked at, 0 sound",
    ]


def test_command_tells_json_and_ends_with_one_for_a_fault(run: Run, stage: Stage, server: str, tmp_path: Path) -> None:
    (tmp_path / "cdk.context.json").write_text(json.dumps(stage.context))
    environment = {**CREDENTIALS, **stage.internet.environment, "AWS_ENDPOINT_URL": server}
    result = run(BLUEPRINT, "doctor", "--json", cwd=tmp_path, **environment)
    told = json.loads(result.stdout)
    assert (result.returncode, result.stderr) == (1, "")
    assert "are of 123456789012, not of 111122223333" in told["findings"][0]["text"]  # moto's own account
    assert told["counts"]["fault"] == 1
    assert {"subject": "image", "level": "ok"}.items() <= told["findings"][-3].items()


def test_command_shows_what_it_found_without_credentials(run: Run, stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "cdk.context.json").write_text(json.dumps(stage.context))
    environment = {**stage.internet.environment, "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)}
    result = run(BLUEPRINT, "doctor", cwd=tmp_path, **environment)
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.startswith("credentials\n  fault    workload account: There are no credentials.\n")


def test_command_without_any_network_has_a_clear_line_for_each(run: Run, stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "cdk.context.json").write_text(json.dumps(stage.context))
    dead = dict.fromkeys(("https_proxy", "http_proxy"), "http://127.0.0.1:9")
    result = run(BLUEPRINT, "doctor", cwd=tmp_path, **CREDENTIALS, **dead)
    assert (result.returncode, result.stderr) == (1, "")
    assert "AWS is not reached" in result.stdout
    assert "dns.google: nothing answers there" in result.stdout
