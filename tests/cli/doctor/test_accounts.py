"""Broken worlds: credentials, regions, bootstrap, stacks."""

from typing import Any

import pytest

from blueprint.cli.checks.aws import Account
from blueprint.cli.checks.findings import Level
from blueprint.cli.checks.session import identity
from blueprint.cli.doctor import accounts, stacks
from tests.cli.doctor.staging import DNS, REGION, WORKLOAD, Stage
from tests.cli.doctor.worlds import Broken, look

VERSION = "/cdk-bootstrap/hnb659fds/version"


def bootstrap(stage: Stage, account: Account, version: str | None) -> None:
    ssm = account.client("ssm")
    if version is None:
        ssm.delete_parameter(Name=VERSION)
    else:
        ssm.put_parameter(Name=VERSION, Value=version, Type="String", Overwrite=True)


def stuck(stage: Stage, account: Account, name: str, status: str) -> None:
    """A stack halfway, which moto cannot make: its own answer, with another status."""

    def answer(_: Any, asked: Any) -> Any:
        if asked["StackName"] != name:
            return "ValidationError"
        return {"Stacks": [{"StackName": name, "StackStatus": status, "CreationTime": "2026-11-01T00:00:00Z"}]}

    stage.border.answers["cloudformation", "DescribeStacks"] = answer


BROKEN = {
    "workload not bootstrapped": Broken(
        lambda stage: bootstrap(stage, stage.workload, None),
        "fault",
        f"not bootstrapped in aws://{WORKLOAD}/{REGION}",
        f"cdk bootstrap aws://{WORKLOAD}/{REGION}",
    ),
    "DNS account not bootstrapped": Broken(
        lambda stage: bootstrap(stage, stage.dns, None), "fault", f"not bootstrapped in aws://{DNS}/{REGION}"
    ),
    "old bootstrap": Broken(
        lambda stage: bootstrap(stage, stage.workload, "5"), "fault", "has version 5: 6 is the least"
    ),
    "bucket of the bootstrap gone": Broken(
        lambda stage: stage.workload.client("s3").delete_bucket(Bucket=f"cdk-hnb659fds-assets-{WORKLOAD}-{REGION}"),
        "fault",
        "its bucket cdk-hnb659fds-assets-111122223333-eu-central-1 is gone",
        "Delete the stack CDKToolkit",
    ),
    "bucket that may not be looked at": Broken(
        lambda stage: stage.border.answers.update(
            {("s3", "HeadBucket"): lambda _, asked: "403" if WORKLOAD in asked["Bucket"] else {}}
        ),
        "unknown",
        "may not be looked at",
    ),
    "version that is no number": Broken(
        lambda stage: bootstrap(stage, stage.dns, "six"), "unknown", "An answer was not understood (ValueError)"
    ),
    "region not opted in to": Broken(
        lambda stage: stage.border.answer(
            "ec2", "DescribeRegions", {"Regions": [{"RegionName": REGION, "OptInStatus": "not-opted-in"}]}
        ),
        "fault",
        f"has not opted in to {REGION}",
        f"aws account enable-region --region-name {REGION}",
    ),
    "no right to look": Broken(
        lambda stage: stage.border.refuse("ec2", "DescribeRegions", "UnauthorizedOperation"),
        "unknown",
        "may not call DescribeRegions",
        "docs/doctor.md",
    ),
    "throttled": Broken(
        lambda stage: stage.border.refuse("ec2", "DescribeRegions", "RequestLimitExceeded"),
        "unknown",
        "too many calls",
        "Try again",
    ),
    "token ended meanwhile": Broken(
        lambda stage: stage.border.refuse("ec2", "DescribeRegions", "RequestExpired"),
        "unknown",
        "The credentials have ended",
        "aws sso login",
    ),
    "AWS has a fault": Broken(
        lambda stage: stage.border.refuse("ec2", "DescribeRegions", "InternalError"),
        "unknown",
        "AWS does not answer DescribeRegions: InternalError (of the test).",
    ),
    "answer of another form": Broken(
        lambda stage: stage.border.answer("ec2", "DescribeRegions", {}), "unknown", "not understood (KeyError)"
    ),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_account_is_found_wanting(stage: Stage, broken: Broken) -> None:
    look(stage, accounts.CHECKS, broken)


STUCK: dict[str, tuple[Level, str, str]] = {
    "ROLLBACK_FAILED": ("fault", "jupyterhub-Hub is stuck (ROLLBACK_FAILED)", "retain"),
    "DELETE_FAILED": ("fault", "jupyterhub-Hub is stuck (DELETE_FAILED)", "destroy it again"),
    "UPDATE_ROLLBACK_FAILED": ("fault", "is stuck", "continue-update-rollback --stack-name jupyterhub-Hub"),
    "UPDATE_IN_PROGRESS": ("warning", "is being changed just now", "Wait"),
    "REVIEW_IN_PROGRESS": ("fault", "is stuck", "change set"),
}


@pytest.mark.parametrize("status", STUCK)
def test_half_deployed_stack_is_told(stage: Stage, status: str) -> None:
    broken = Broken(lambda stage: stuck(stage, stage.workload, "jupyterhub-Hub", status), *STUCK[status])
    look(stage, stacks.CHECKS, broken)


def test_cluster_of_the_name_that_is_another_s_is_told(stage: Stage) -> None:
    role, subnets = f"arn:aws:iam::{WORKLOAD}:role/eks", {"subnetIds": ["subnet-1", "subnet-2"]}
    stage.workload.client("eks").create_cluster(name="jupyterhub", roleArn=role, resourcesVpcConfig=subnets)
    broken = Broken(lambda stage: None, "fault", "There is a cluster jupyterhub already", "another name")
    look(stage, stacks.CHECKS, broken)
    stage.deploy(stage.workload, "jupyterhub-Hub")
    assert stage.find(stacks.CHECKS) == []


def profiles(folder: Any, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (folder / "config").write_text(text)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)


def test_no_credentials_are_told(stage: Stage, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    profiles(tmp_path, monkeypatch, "")
    found = identity(Account("workload account", WORKLOAD, REGION), "workload.account")
    assert (found.level, found.text) == ("fault", "workload account: There are no credentials.")
    assert "aws sso login" in found.fix


def test_profile_that_is_not_there_is_told(stage: Stage, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    profiles(tmp_path, monkeypatch, "")
    found = identity(Account("DNS account", DNS, REGION, "typo"), "parent.dns.account")
    assert (found.level, found.text) == ("fault", "DNS account: There is no profile typo.")


def test_sign_in_that_has_ended_is_told(stage: Stage, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    session = "[sso-session it]\nsso_start_url = https://it.example.com/start\nsso_region = eu-central-1\n"
    profile = f"[profile w]\nsso_session = it\nsso_account_id = {WORKLOAD}\nsso_role_name = Admin\n"
    profiles(tmp_path, monkeypatch, session + profile)
    monkeypatch.setenv("HOME", str(tmp_path))
    found = identity(Account("workload account", WORKLOAD, REGION, "w"), "workload.account")
    assert (found.level, found.text) == ("fault", "workload account: The sign-in at AWS has ended.")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("ExpiredToken", "The credentials have ended"),
        ("InvalidClientTokenId", "does not know these credentials"),
        ("SignatureDoesNotMatch", "does not know these credentials"),
    ],
)
def test_credentials_that_will_not_do_are_told(stage: Stage, code: str, says: str) -> None:
    stage.border.refuse("sts", "GetCallerIdentity", code)
    found = identity(stage.workload, "workload.account")
    assert found.level == "fault"
    assert says in found.text


def test_credentials_of_another_account_are_told(stage: Stage) -> None:
    told = {"Account": "999999999999", "Arn": "arn:aws:iam::999999999999:user/ada", "UserId": "x"}
    stage.border.answer("sts", "GetCallerIdentity", told)
    found = identity(stage.workload, "workload.account")
    assert found.text == f"workload account: the credentials are of 999999999999, not of {WORKLOAD}."


def test_variable_for_aws_that_means_nothing_is_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nowhere")
    found = identity(Account("workload account", WORKLOAD, REGION), "workload.account")
    assert found.level == "fault"
    assert "one of the variables AWS_…" in found.text


def test_network_that_is_not_there_is_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    found = identity(Account("workload account", WORKLOAD, REGION), "workload.account")
    assert found.level == "fault"
    assert "AWS is not reached" in found.text
