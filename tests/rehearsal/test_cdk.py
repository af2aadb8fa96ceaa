"""The CDK CLI, as it is, against the stand-in."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path

import pytest
from templates.assembly import Assembly, synthesize
from templates.variants import REGION, ROOT, SHIPPED

from blueprint.rehearsal.aws import Server

ACCOUNT = "555555555555"
CLI = ROOT / "node_modules" / ".bin" / "cdk"


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    context = {**SHIPPED, "parent.dns.account": ACCOUNT}
    return synthesize(context, tmp_path_factory.mktemp("assembly"))


def cdk(server: Server, home: Path, *arguments: str) -> str:
    """What the CLI prints, in the account."""
    if not CLI.exists():
        pytest.skip("the CDK CLI is not installed: make synth")
    path = [sysconfig.get_path("scripts"), *os.defpath.split(os.pathsep)]
    environment = {
        **server.credentials(ACCOUNT).environment(),
        "PATH": os.pathsep.join(path),
        "HOME": str(home),
        "CDK_HOME": str(home),
        "AWS_ENDPOINT_URL": server.url,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "NO_PROXY": "127.0.0.1",
        "CI": "true",
    }
    run = subprocess.run(
        [str(CLI), *arguments, "--no-notices"],
        cwd=home,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 0, run.stdout
    return run.stdout


def test_it_bootstraps_an_account_and_deploys_to_it(server: Server, assembly: Assembly, tmp_path: Path) -> None:
    cdk(server, tmp_path, "bootstrap", f"aws://{ACCOUNT}/{REGION}")
    cdk(server, tmp_path, "deploy", "ParentDns", "--app", str(assembly.folder), "--require-approval=never")
    role = server.cloud(ACCOUNT, REGION).client("iam").get_role(RoleName="DomainOperatorRole")["Role"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/DomainOperatorRole"
