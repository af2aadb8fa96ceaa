"""The CDK CLI, as it is, against the stand-in."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws import Server
from rehearsal.life.cdk import newer_app
from tests.templates.assembly import Assembly, made
from tests.templates.variants import FLAGS, REGION, ROOT, SHIPPED

ACCOUNT = "555555555555"
CLI = ROOT / "node_modules" / ".bin" / "cdk"


@pytest.fixture(scope="module")
def assembly() -> Assembly:
    context = {**SHIPPED, "parent.dns.account": ACCOUNT}
    return made(context)


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
        timeout=300,
    )
    assert run.returncode == 0, run.stdout
    return run.stdout


def test_it_bootstraps_an_account_and_deploys_to_it(server: Server, assembly: Assembly, tmp_path: Path) -> None:
    cdk(server, tmp_path, "bootstrap", f"aws://{ACCOUNT}/{REGION}")
    cdk(server, tmp_path, "deploy", "ParentDns", "--app", str(assembly.folder), "--require-approval=never")
    role = server.cloud(ACCOUNT, REGION).client("iam").get_role(RoleName="DomainOperatorRole")["Role"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/DomainOperatorRole"


def vpc_with_a_way_out(ec2: Any) -> tuple[str, list[str]]:
    """A VPC as its owner has made it, and its private subnets."""
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    public, private = ([subnet(ec2, vpc, f"10.1.{number}.0/24", zone) for number, zone in each] for each in ZONES)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=public[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    for subnets, way in ((public, {"GatewayId": gateway}), (private, {"NatGatewayId": nat})):
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **way)
        for each in subnets:
            ec2.associate_route_table(SubnetId=each, RouteTableId=table)
    return vpc, private


ZONES = [[(0, "a"), (1, "b")], [(2, "a"), (3, "b")]]


def subnet(ec2: Any, vpc: str, cidr: str, zone: str) -> str:
    made = ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=f"{REGION}{zone}")
    return str(made["Subnet"]["SubnetId"])


def test_it_looks_a_vpc_up(server: Server, tmp_path: Path) -> None:
    vpc, private = vpc_with_a_way_out(server.cloud(ACCOUNT, REGION).client("ec2"))
    context = {**SHIPPED, "workload.account": ACCOUNT, "admin.roles": [], "network.vpc.id": vpc}
    (tmp_path / "cdk.json").write_text(json.dumps({"context": {**FLAGS, **context}}))
    # With something behind the path: the CLI takes quotes off that stand at both ends.
    app = shlex.join([sys.executable, str(ROOT / "app.py"), "."])
    cdk(server, tmp_path, "synth", "Data", "--quiet", "--app", app)
    (found,) = json.loads((tmp_path / "cdk.context.json").read_text()).values()
    groups = {group["type"]: {each["subnetId"] for each in group["subnets"]} for group in found["subnetGroups"]}
    assert (found["vpcId"], groups["Private"]) == (vpc, set(private))


def test_newer_app_is_found_in_a_folder_with_a_blank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "My Drive" / "python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\necho $#")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    assert subprocess.run(["/bin/sh", "-c", newer_app()], capture_output=True, check=True).stdout == b"2\n"
