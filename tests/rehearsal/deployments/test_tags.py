"""The tags of the configuration: on all that costs something, as its own service tells them, and changed with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.aws import Cloud
from tests.rehearsal.lives import Life
from tests.templates.variants import SHIPPED

AT_FIRST = {"CostCenter": "4711", "Owner": "research team"}
LATER = {"CostCenter": "4712"}
OURS = {"jupyterhub-eks:deployment": "jupyterhub"}


def test_everything_that_costs_something_carries_the_tags(life: Life) -> None:
    life.deploy({**SHIPPED, "tags": AT_FIRST})
    assert (life.failures, _lacking(life.workload, {**AT_FIRST, **OURS})) == ([], [])


def test_changed_tags_reach_everything(life: Life) -> None:
    life.deploy({**SHIPPED, "tags": AT_FIRST})
    life.deploy({**SHIPPED, "tags": LATER})
    assert (life.failures, _lacking(life.workload, {**LATER, **OURS})) == ([], [])
    assert [thing for thing, tags in _tags(life.workload) if "Owner" in tags] == []


def test_tags_come_later_and_can_be_taken_away(life: Life) -> None:
    life.deploy(SHIPPED)
    life.deploy({**SHIPPED, "tags": AT_FIRST})
    assert (life.failures, _lacking(life.workload, {**AT_FIRST, **OURS})) == ([], [])
    life.deploy(SHIPPED)
    assert (life.failures, [thing for thing, tags in _tags(life.workload) if "CostCenter" in tags]) == ([], [])


def _lacking(cloud: Cloud, wanted: Mapping[str, str]) -> list[str]:
    things = dict(_tags(cloud))
    kinds = {thing.split()[0] for thing in things}
    assert kinds >= {"natgateway", "elastic-ip", "volume", "EFS", "KMS", "secret", "zone", "cluster", "nodes", "vault"}
    return [thing for thing, tags in things.items() if not wanted.items() <= tags.items()]


def _tags(cloud: Cloud) -> Iterator[tuple[str, Mapping[str, str]]]:
    """What there is, with its tags."""
    yield from _of_ec2(cloud)
    kms: Any = cloud.client("kms")
    for key in kms.list_keys()["Keys"]:
        if kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyManager"] == "CUSTOMER":
            found = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
            yield f"KMS key {key['KeyId']}", {each["TagKey"]: each["TagValue"] for each in found}
    for secret in cloud.client("secretsmanager").list_secrets()["SecretList"]:
        if secret["Name"] != SHIPPED["clientSecretArn"]:
            yield f"secret {secret['Name']}", _pairs(secret.get("Tags", []))
    for system in cloud.client("efs").describe_file_systems()["FileSystems"]:
        yield f"EFS {system['FileSystemId']}", _pairs(system["Tags"])
    route53 = cloud.client("route53")
    for zone in route53.list_hosted_zones()["HostedZones"]:
        id = zone["Id"].rpartition("/")[2]
        tagged = route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=id)["ResourceTagSet"]
        yield f"zone {id}", _pairs(tagged["Tags"])
    backup = cloud.client("backup")
    for vault in backup.list_backup_vaults()["BackupVaultList"]:
        yield f"vault {vault['BackupVaultName']}", backup.list_tags(ResourceArn=vault["BackupVaultArn"])["Tags"]
    eks = cloud.client("eks")
    (name,) = eks.list_clusters()["clusters"]
    yield f"cluster {name}", eks.describe_cluster(name=name)["cluster"].get("tags", {})
    for group in eks.list_nodegroups(clusterName=name)["nodegroups"]:
        described = eks.describe_nodegroup(clusterName=name, nodegroupName=group)["nodegroup"]
        yield f"nodes {group}", described.get("tags", {})
        template = described["launchTemplate"]
        versions = cloud.client("ec2").describe_launch_template_versions(
            LaunchTemplateId=template["id"], Versions=[template["version"]]
        )["LaunchTemplateVersions"]
        specified = {
            each["ResourceType"]: _pairs(each["Tags"])
            for each in versions[0]["LaunchTemplateData"].get("TagSpecifications", [])
        }
        for kind in ("instance", "volume", "network-interface"):
            yield f"{kind} of {group}", specified.get(kind, {})


def _of_ec2(cloud: Cloud) -> Iterator[tuple[str, Mapping[str, str]]]:
    ec2 = cloud.client("ec2")
    for gateway in ec2.describe_nat_gateways()["NatGateways"]:
        if gateway["State"] == "available":
            yield f"natgateway {gateway['NatGatewayId']}", _pairs(gateway.get("Tags", []))
    for address in ec2.describe_addresses()["Addresses"]:
        yield f"elastic-ip {address['AllocationId']}", _pairs(address.get("Tags", []))
    for volume in ec2.describe_volumes()["Volumes"]:
        yield f"volume {volume['VolumeId']}", _pairs(volume.get("Tags", []))


def _pairs(tags: Any) -> Mapping[str, str]:
    return {each["Key"]: each["Value"] for each in tags}
