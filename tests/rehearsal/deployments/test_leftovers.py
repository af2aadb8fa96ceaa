"""What is left in an account, in words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from rehearsal.aws import Cloud, Server
from rehearsal.leftovers import inventory, leftovers
from rehearsal.life.journal import CheckError
from rehearsal.life.kept import only_this_is_left, to_be_kept
from tests.rehearsal.functions import role
from tests.rehearsal.stacks import REGION, Stacks, vpc

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


def test_what_was_to_be_kept_and_is_gone_is_noticed(server: Server, cloud: Cloud) -> None:
    before = inventory(server, cloud.account)
    secrets, kms = cloud.client("secretsmanager"), cloud.client("kms")
    arn = secrets.create_secret(Name="of the hub", SecretString="x")["ARN"]
    stacks = Stacks(cloud, "losing", server.wait)
    stacks.create({"Kept": {"Type": "AWS::KMS::Key", "DeletionPolicy": "Retain"}, "Deleted": {"Type": "AWS::KMS::Key"}})
    key = stacks.refs()["Kept"]
    config = SimpleNamespace(client_secret_arn="of the hub")
    world: Any = SimpleNamespace(
        server=server,
        config=config,
        workload_account=cloud.account,
        cloud=lambda account: server.cloud(account, REGION),
    )
    kept = to_be_kept(world, cloud.account)
    stacks.delete()
    assert kept == {arn, key}
    found = only_this_is_left(server, cloud.account, kept, before)
    assert found.endswith(f"but kms Key arn:aws:kms:{REGION}:{cloud.account}:key/{key}; secretsmanager Secret {arn}")
    kms.schedule_key_deletion(KeyId=key)
    with pytest.raises(CheckError, match=f"should still have:\n{key}"):
        only_this_is_left(server, cloud.account, kept, before)


def test_a_name_that_only_begins_like_what_is_to_be_kept_is_not_to_be_left(server: Server, cloud: Cloud) -> None:
    for name in ("hub", "hub-of-others"):
        role(cloud, name)
    with pytest.raises(CheckError, match="nothing else should be left"):
        only_this_is_left(server, cloud.account, {"hub"}, ())


def test_of_queues_and_rules_nothing_is_left_once_they_are_gone(server: Server, cloud: Cloud) -> None:
    stacks = Stacks(cloud, "telling", server.wait)
    target = {"Id": "queue", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}
    rule = {"EventPattern": {"source": ["aws.ec2"]}, "Targets": [target]}
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}}
    made = {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"Tags": [{"Key": "team", "Value": "science"}]}},
        "Rule": {"Type": "AWS::Events::Rule", "Properties": rule},
        "Role": role,
        "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": "Role"}]}},
    }
    status = stacks.create(made)
    found = leftovers(server, cloud.account)
    names = {each.split()[1] for each in found}
    assert (status, names) == ("CREATE_COMPLETE", {"Queue", "Rule", "InstanceProfile", "Stack"})
    assert (stacks.delete(), leftovers(server, cloud.account)) == ("DELETE_COMPLETE", [])


def test_a_machine_that_nobody_ended_is_left(server: Server, cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    machine = {"ImageId": "ami-00000000000000000", "SubnetId": subnet, "MinCount": 1, "MaxCount": 1}
    id = ec2.run_instances(**machine)["Instances"][0]["InstanceId"]
    assert f"ec2 Instance {id}" in leftovers(server, cloud.account)
    ec2.terminate_instances(InstanceIds=[id])
    assert f"ec2 Instance {id}" not in leftovers(server, cloud.account)
