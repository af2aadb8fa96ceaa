"""Our own custom resources: their Lambda code as it is packed, and handlers that understand what templates send."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_cdk import App, Stack
from moto import mock_aws

from blueprint.config import Config
from blueprint.constructs.custom_resource import Handler
from blueprint.handlers import leftovers, records
from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.assembly import made
from tests.templates.template import plain
from tests.templates.variants import ACCOUNT, DNS_ACCOUNT, HUBS, REGION, SHIPPED

HANDLERS = {
    f"handlers.{name}.answer"
    for name in ("backups", "certificate", "delegation", "leftovers", "prerequisites", "records", "subzone", "zones")
}


class OneRound:
    """Lambda's context of an invocation whose time is over after one look."""

    def get_remaining_time_in_millis(self) -> int:
        return 0


@pytest.fixture(scope="module")
def packed(synthesized: Synthesized) -> Path:
    """The folder that the CDK CLI uploads for our functions."""
    synthesized("shipped")  # has the process ready

    def build(app: App, config: Config) -> None:
        Handler(Stack(app, "Alone"), "Handler", entry="leftovers").allow(["ec2:DescribeVolumes"], ["*"])

    assembly = made(SHIPPED, build, stage=True)
    (folder,) = assembly.folder.glob("asset.*/handlers")
    return folder.parent


def test_pack_holds_the_handlers_and_nothing_else(packed: Path) -> None:
    files = [path.relative_to(packed).as_posix() for path in packed.rglob("*") if path.is_file()]
    modules = {path.name for path in Path(leftovers.__file__).parent.glob("*.py")}
    assert sorted(files) == sorted(f"handlers/{name}" for name in modules)


@pytest.mark.parametrize("handler", sorted(HANDLERS))
def test_lambda_finds_the_handler(packed: Path, handler: str) -> None:
    module, _, function = handler.rpartition(".")
    code = f"import sys; sys.path.insert(0, {str(packed)!r}); import {module} as module; assert module.{function}"
    # -I: neither this folder nor the environment helps to find it.
    done = subprocess.run([sys.executable, "-IB", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_our_functions_name_these_handlers(synthesized: Synthesized) -> None:
    found = {
        function["Properties"]["Handler"]
        for variant in ("shipped", "parent", "thrown away", "a zone without EKS")
        for stack in synthesized(variant).stacks.values()
        for function in stack.all(kinds.FUNCTION)
    }
    assert {each for each in found if each.startswith("handlers.")} == HANDLERS


@pytest.mark.parametrize("variant", [*HUBS, "Cognito"])
def test_every_function_has_a_log_group_that_goes_with_its_stack(synthesized: Synthesized, variant: str) -> None:
    """Where it has none, Lambda makes one: without tags, for ever."""
    for stack in synthesized(variant).stacks.values():
        own = {plain(each["Properties"].get("LogGroupName", "")) for each in stack.all(kinds.LOG_GROUP)}
        for id in stack.ids(kinds.FUNCTION):
            configured = stack.resources[id]["Properties"].get("LoggingConfig")
            assert configured or f"/aws/lambda/${{{id}}}" in own, id


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("MOTO_ACCOUNT_ID", ACCOUNT)
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with mock_aws():
        yield


def _event(request: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"RequestType": request, "ResourceProperties": properties}


def _checkpoint(
    synthesized: Synthesized, variant: str, asks_for: str, zone: str = "Z1", files: str = "fs-1"
) -> dict[str, Any]:
    """The properties of a checkpoint as its handler gets them, all texts; references with something in their place."""
    hub = synthesized(variant)["Hub"]
    properties = plain(hub.resources[hub.checkpoint(asks_for)]["Properties"])
    stand_ins = {"HostedZoneId": zone, "FileSystemId": files}
    return {key: stand_ins.get(key, value) for key, value in properties.items()}


def _balancer() -> None:
    ec2, elbv2 = boto3.client("ec2"), boto3.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{letter}")
        for number, letter in enumerate("ab")
    ]
    elbv2.create_load_balancer(
        Name="hub",
        Subnets=[each["Subnet"]["SubnetId"] for each in subnets],
        Tags=[{"Key": "elbv2.k8s.aws/cluster", "Value": "jupyterhub"}],
    )


@pytest.mark.parametrize("variant", ["shipped", "parent, guarded", "thrown away, EBS homes"])
@pytest.mark.parametrize("asks_for", ["LoadBalancing", "Volumes"])
def test_checkpoint_lets_pass_where_nothing_is_left(
    synthesized: Synthesized, aws: None, variant: str, asks_for: str
) -> None:
    files = boto3.client("efs").create_file_system(CreationToken="homes")["FileSystemId"]
    properties = _checkpoint(synthesized, variant, asks_for, files=files)
    assert leftovers.handler(_event("Delete", properties), OneRound()) == {"PhysicalResourceId": "jupyterhub"}


def test_checkpoint_of_the_ingress_stops_at_a_load_balancer(synthesized: Synthesized, aws: None) -> None:
    _balancer()
    with pytest.raises(RuntimeError, match="load balancer arn:aws"):
        leftovers.handler(_event("Delete", _checkpoint(synthesized, "shipped", "LoadBalancing")), OneRound())


def test_checkpoint_of_the_claims_does_not_ask_for_load_balancers(synthesized: Synthesized, aws: None) -> None:
    _balancer()
    files = boto3.client("efs").create_file_system(CreationToken="homes")["FileSystemId"]
    properties = _checkpoint(synthesized, "shipped", "Volumes", files=files)
    assert leftovers.handler(_event("Delete", properties), OneRound())


def test_checkpoint_of_the_ingress_stops_at_records_that_external_dns_owns(synthesized: Synthesized, aws: None) -> None:
    route53 = boto3.client("route53")
    zone = route53.create_hosted_zone(Name="dev.example.com", CallerReference="1")["HostedZone"]["Id"]
    values = synthesized("shipped")["Hub"].values("external-dns")
    mark = (
        f"heritage=external-dns,external-dns/owner={values['txtOwnerId']},external-dns/resource=ingress/jupyterhub/hub"
    )
    host = "jupyter.dev.example.com"
    owned = [
        (host, "A", "192.0.2.1"),
        (values["txtPrefix"].replace("%{record_type}", "cname") + host, "TXT", f'"{mark}"'),
    ]
    for name, kind, value in owned:
        record = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}
        changes: Any = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=changes)
    properties = _checkpoint(synthesized, "shipped", "LoadBalancing", zone=zone.removeprefix("/hostedzone/"))
    with pytest.raises(RuntimeError, match=rf"DNS record {host}\. A"):
        leftovers.handler(_event("Delete", properties), OneRound())


@pytest.mark.parametrize(("variant", "volumes"), [("shipped", "false"), ("thrown away, EBS homes", "true")])
def test_volumes_are_leftovers_unless_they_are_kept(synthesized: Synthesized, variant: str, volumes: str) -> None:
    assert _checkpoint(synthesized, variant, "Volumes")["Volumes"] == volumes


def test_zone_is_emptied_by_the_properties_of_the_template(synthesized: Synthesized, aws: None) -> None:
    route53 = boto3.client("route53")
    zone = route53.create_hosted_zone(Name="dev.example.com", CallerReference="1")["HostedZone"]["Id"]
    record: Any = {
        "Name": "_abc.jupyter.dev.example.com",
        "Type": "CNAME",
        "TTL": 300,
        "ResourceRecords": [{"Value": "_def.acm-validations.aws."}],
    }
    changes: Any = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=changes)
    properties = {
        **plain(synthesized("shipped")["Dns"].properties(kinds.EMPTYING)),
        "HostedZoneId": zone.split("/")[-1],
    }
    records.handler(_event("Delete", properties), OneRound())
    left = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert {each["Type"] for each in left} == {"NS", "SOA"}


def test_handlers_get_texts_alone(synthesized: Synthesized) -> None:
    """CloudFormation makes texts of numbers and booleans: what a template sends must be one already."""
    for variant in HUBS:
        hub = synthesized(variant)["Hub"]
        for id in hub.ids(kinds.CHECKPOINT):
            properties = hub.resources[id]["Properties"]
            assert {type(value) for value in plain(properties).values()} == {str}, json.dumps(properties)


def test_role_in_the_dns_account_is_the_one_that_handlers_assume(synthesized: Synthesized) -> None:
    role = _checkpoint(synthesized, "parent", "LoadBalancing")["RoleArn"]
    assert role == f"arn:aws:iam::{DNS_ACCOUNT}:role/DomainOperatorRole"
