"""What is left in an account, in words."""

from __future__ import annotations

from typing import Any

import pytest

from blueprint.rehearsal.aws import Cloud, Server
from blueprint.rehearsal.leftovers import inventory, leftovers

from .functions import role
from .stacks import REGION, Stacks, vpc

ACCOUNTS = iter(f"{number:012}" for number in range(500000000001, 500000000099))


@pytest.fixture
def cloud(server: Server) -> Cloud:
    """An account that no other test has."""
    return server.cloud(next(ACCOUNTS), REGION)


def test_a_new_account_has_nothing(server: Server, cloud: Cloud) -> None:
    cloud.client("ec2").describe_vpcs()
    cloud.client("sts").get_caller_identity()
    assert leftovers(server, cloud.account) == []


def test_what_there_is_is_named(server: Server, cloud: Cloud) -> None:
    vpc = cloud.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    secret = cloud.client("secretsmanager").create_secret(Name="hub", SecretString="x")["ARN"]
    made = cloud.client("logs").create_log_group(logGroupName="hub") and role(cloud, "hub")
    found = leftovers(server, cloud.account)
    assert {f"ec2 VPC {vpc}", f"secretsmanager Secret {secret}", f"iam Role {made}"} <= set(found)
    assert f"logs LogGroup arn:aws:logs:{REGION}:{cloud.account}:log-group:hub" in found


def test_what_was_there_before_is_not_left(server: Server, cloud: Cloud) -> None:
    role(cloud, "older")
    before = inventory(server, cloud.account)
    newer = role(cloud, "newer")
    assert leftovers(server, cloud.account, before) == [f"iam Role {newer}"]


def test_a_record_in_a_zone_that_was_there_is_left(server: Server, cloud: Cloud) -> None:
    route53: Any = cloud.client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    before = inventory(server, cloud.account)
    record = {"Name": "dev.example.com", "Type": "NS", "TTL": 60, "ResourceRecords": [{"Value": "ns.example."}]}
    changes = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=changes)
    assert leftovers(server, cloud.account, before) == [f"route53 Zone {zone} > RecordSet dev.example.com. NS"]


def test_a_stack_and_what_it_keeps_are_left(server: Server, cloud: Cloud) -> None:
    stacks = Stacks(cloud, "keeping", server.wait)
    key = {"Type": "AWS::KMS::Key"}
    stacks.create({"Vpc": vpc(), "Kept": {**key, "DeletionPolicy": "Retain"}, "Deleted": key})
    kept, id = stacks.refs()["Kept"], stacks.described()["StackId"]
    with_stack = leftovers(server, cloud.account)
    stacks.delete()
    assert f"cloudformation Stack {id}" in with_stack
    assert leftovers(server, cloud.account) == [f"kms Key arn:aws:kms:{REGION}:{cloud.account}:key/{kept}"]


def test_a_cluster_and_what_is_backed_up_are_left(server: Server, cloud: Cloud) -> None:
    ec2, backup, eks = cloud.client("ec2"), cloud.client("backup"), cloud.client("eks")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    arn = f"arn:aws:iam::{cloud.account}:role/control-plane"
    made = eks.create_cluster(name="hub", version="1.35", roleArn=arn, resourcesVpcConfig={"subnetIds": [subnet]})
    rule = {"RuleName": "daily", "TargetBackupVaultName": "vault"}
    plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": "plan", "Rules": [rule]})
    found = leftovers(server, cloud.account)
    assert {f"eks Cluster {made['cluster']['arn']}", f"backup Plan {plan['BackupPlanArn']}"} <= set(found)
    eks.delete_cluster(name="hub")
    backup.delete_backup_plan(BackupPlanId=plan["BackupPlanId"])
    assert leftovers(server, cloud.account) == []
