"""The blueprint's own templates in the stand-in, with the CDK's own handlers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws import Server
from rehearsal.aws.resources import KINDS
from rehearsal.aws.resources.custom import is_custom
from tests.rehearsal.conftest import Synthesized
from tests.rehearsal.deploying import deploy, prepare
from tests.rehearsal.no_kubernetes import NoKubernetes
from tests.rehearsal.stacks import Stacks
from tests.templates import assembly as assemblies
from tests.templates.variants import ACCOUNT, DNS_ACCOUNT, REGION, SHIPPED, VARIANTS


@pytest.mark.parametrize("variant", ["shipped", "EBS homes", "own parts", "parent"])
def test_the_stand_in_knows_every_type(synthesized: Synthesized, variant: str) -> None:
    assert variant in VARIANTS
    types = {
        resource["Type"]
        for template in synthesized(variant).stacks.values()
        for resource in template.body["Resources"].values()
    }
    assert {kind for kind in types if kind not in KINDS and not is_custom(kind)} == set()


@pytest.fixture(scope="module")
def aws(node_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own: in it, DNS account and workload account have been bootstrapped."""
    folder = tmp_path_factory.mktemp("blueprint")
    with Server(folder, NoKubernetes(), modules=node_modules, charts=folder) as server:
        yield server


@pytest.fixture(scope="module")
def deployed(aws: Server) -> dict[str, Stacks]:
    """The stacks that need no cluster, deployed."""
    assembly = assemblies.made(SHIPPED, stage=True)
    aws.cloud(DNS_ACCOUNT, REGION).client("route53").create_hosted_zone(Name="example.com", CallerReference="parent")
    prepare(aws.cloud(ACCOUNT, REGION), SHIPPED)
    made = {}
    for id, account in (("ParentDns", DNS_ACCOUNT), ("Dns", ACCOUNT), ("Data", ACCOUNT)):
        made[id] = deploy(aws, account, assembly, id)
    return made


@pytest.mark.parametrize("stack", ["ParentDns", "Dns", "Data"])
def test_a_stack_deploys(deployed: dict[str, Stacks], stack: str) -> None:
    assert deployed[stack].described()["StackStatus"] == "CREATE_COMPLETE"


def test_the_subzone_is_delegated_in_the_dns_account(aws: Server, deployed: dict[str, Stacks]) -> None:
    records = records_of(aws.cloud(DNS_ACCOUNT, REGION).client("route53"), "example.com.")
    servers = records_of(aws.cloud(ACCOUNT, REGION).client("route53"), "dev.example.com.")
    name = ("dev.example.com.", "NS")
    assert records[name] == {server.rstrip(".") for server in servers[name]}


def records_of(route53: Any, zone: str) -> dict[tuple[str, str], set[str]]:
    """The records of a zone."""
    (id,) = [each["Id"] for each in route53.list_hosted_zones()["HostedZones"] if each["Name"] == zone]
    return {
        (record["Name"], record["Type"]): {each["Value"] for each in record["ResourceRecords"]}
        for record in route53.list_resource_record_sets(HostedZoneId=id)["ResourceRecordSets"]
    }


def test_the_default_security_group_lets_nothing_through(aws: Server, deployed: dict[str, Stacks]) -> None:
    vpc = deployed["Data"].refs()["NetworkVpc7FB7348F"]
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    (group,) = aws.cloud(ACCOUNT, REGION).client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    assert (group["IpPermissions"], group["IpPermissionsEgress"]) == ([], [])


def test_destroyed_stacks_leave_what_is_to_be_kept(aws: Server, deployed: dict[str, Stacks]) -> None:
    statuses = [deployed[stack].delete() for stack in ("Dns", "Data", "ParentDns")]
    cloud = aws.cloud(ACCOUNT, REGION)
    left = {
        "zones": cloud.client("route53").list_hosted_zones()["HostedZones"],
        "functions": cloud.client("lambda").list_functions()["Functions"],
        "file systems": len(cloud.client("efs").describe_file_systems()["FileSystems"]),
        "volumes": len(cloud.client("ec2").describe_volumes()["Volumes"]),
        "vaults": len(cloud.client("backup").list_backup_vaults()["BackupVaultList"]),
        "delegation": {
            kind for name, kind in records_of(aws.cloud(DNS_ACCOUNT, REGION).client("route53"), "example.com.")
        },
    }
    assert (statuses, left) == (
        ["DELETE_COMPLETE"] * 3,
        {"zones": [], "functions": [], "file systems": 1, "volumes": 1, "vaults": 1, "delegation": {"NS", "SOA"}},
    )
