"""What the stand-in adds to moto's services."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from blueprint.cli.doctor import quotas
from blueprint.config.facts.kubernetes import MINORS
from rehearsal.aws import Cloud, Server
from tests.rehearsal.functions import role
from tests.rehearsal.stacks import ACCOUNT

SELECTION = {"SelectionName": "homes", "IamRoleArn": f"arn:aws:iam::{ACCOUNT}:role/backup", "Resources": ["*"]}


@pytest.fixture
def plan(cloud: Cloud) -> str:
    rule = {"RuleName": "daily", "TargetBackupVaultName": "vault"}
    plan = {"BackupPlanName": "plan", "Rules": [rule]}
    return str(cloud.client("backup").create_backup_plan(BackupPlan=plan)["BackupPlanId"])


def selections(cloud: Cloud, plan: str) -> list[str]:
    found = cloud.client("backup").list_backup_selections(BackupPlanId=plan)["BackupSelectionsList"]
    return [each["SelectionName"] for each in found]


def test_a_backup_selection_is_there_until_it_is_deleted(cloud: Cloud, plan: str) -> None:
    backup = cloud.client("backup")
    made = backup.create_backup_selection(BackupPlanId=plan, BackupSelection=SELECTION)
    before = selections(cloud, plan)
    backup.delete_backup_selection(BackupPlanId=plan, SelectionId=made["SelectionId"])
    assert (before, selections(cloud, plan)) == (["homes"], [])


def test_a_vault_that_is_not_there_has_no_list_of_backups(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="Backup Vault none does not exist"):
        cloud.client("backup").list_recovery_points_by_backup_vault(BackupVaultName="none")


def test_a_role_that_is_there_can_be_assumed(cloud: Cloud) -> None:
    arn = role(cloud, "assumable")
    assumed = cloud.assume(arn, "me").client("sts").get_caller_identity()
    assert assumed["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/assumable/me"


def test_a_role_that_is_not_there_cannot_be_assumed(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        cloud.assume(f"arn:aws:iam::{ACCOUNT}:role/missing", "me")


def test_a_role_is_assumed_in_no_region_that_its_account_has_not_opted_in_to(server: Server, cloud: Cloud) -> None:
    arn, optional = role(cloud, "far"), "me-central-1"
    sts = server.cloud(ACCOUNT, optional).client("sts")
    with pytest.raises(ClientError, match=rf"RegionDisabledException.*STS is not activated .* account:{ACCOUNT}"):
        sts.assume_role(RoleArn=arn, RoleSessionName="me")
    server.opted.add((ACCOUNT, optional))
    assert sts.assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    server.opted.clear()


def test_the_policy_of_a_bucket_does_not_shut_out_those_who_come_without_tls(cloud: Cloud) -> None:
    s3: Any = cloud.client("s3")
    s3.create_bucket(Bucket="guarded", CreateBucketConfiguration={"LocationConstraint": cloud.region})
    s3.put_bucket_policy(
        Bucket="guarded",
        Policy='{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*",'
        ' "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}',
    )
    s3.put_object(Bucket="guarded", Key="key", Body=b"content")
    assert s3.get_object(Bucket="guarded", Key="key")["Body"].read() == b"content"


def test_a_web_acl_takes_the_place_of_another(cloud: Cloud) -> None:
    waf = cloud.client("wafv2")
    balancer = f"arn:aws:elasticloadbalancing:eu-central-1:{ACCOUNT}:loadbalancer/app/hub/50dc6c495c0c9188"
    visibility = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "hub"}
    first, second = (
        waf.create_web_acl(
            Name=name, Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=visibility
        )["Summary"]["ARN"]
        for name in ("first", "second")
    )  # fmt: skip
    waf.associate_web_acl(WebACLArn=first, ResourceArn=balancer)
    with pytest.raises(ClientError):
        waf.associate_web_acl(WebACLArn=f"{second}-gone", ResourceArn=balancer)
    assert waf.get_web_acl_for_resource(ResourceArn=balancer)["WebACL"]["ARN"] == first
    waf.associate_web_acl(WebACLArn=second, ResourceArn=balancer)
    assert waf.get_web_acl_for_resource(ResourceArn=balancer)["WebACL"]["ARN"] == second
    waf.disassociate_web_acl(ResourceArn=balancer)
    assert "WebACL" not in waf.get_web_acl_for_resource(ResourceArn=balancer)


def test_an_access_point_is_made_once_for_a_token(cloud: Cloud) -> None:
    efs = cloud.client("efs")
    system = efs.create_file_system(CreationToken="with points")["FileSystemId"]
    made = efs.create_access_point(ClientToken="claim-ada", FileSystemId=system)["AccessPointId"]
    with pytest.raises(efs.exceptions.AccessPointAlreadyExists, match=made):
        efs.create_access_point(ClientToken="claim-ada", FileSystemId=system)
    efs.create_access_point(ClientToken="claim-grace", FileSystemId=system)
    assert len(efs.describe_access_points(FileSystemId=system)["AccessPoints"]) == 2


def test_all_quotas_that_doctor_asks_for_are_told(cloud: Cloud) -> None:
    client = cloud.client("service-quotas")
    asked = [*quotas.VCPUS.values(), quotas.FARGATE, quotas.ADDRESSES, quotas.VPCS, quotas.CLUSTERS]
    told = [client.get_service_quota(ServiceCode=each.service, QuotaCode=each.code)["Quota"] for each in asked]
    assert all(each["Value"] > 0 for each in told)
    with pytest.raises(ClientError, match="NoSuchResourceException"):
        client.get_service_quota(ServiceCode="ec2", QuotaCode="L-00000000")


def test_an_account_has_no_organisation_no_active_tag_and_room_for_functions(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="AWSOrganizationsNotInUseException"):
        cloud.client("organizations").describe_effective_policy(PolicyType="TAG_POLICY")
    assert cloud.client("ce").list_cost_allocation_tags(Status="Active", TagKeys=["a"])["CostAllocationTags"] == []
    assert cloud.client("lambda").get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 1000


def test_minors_are_told_with_their_support(cloud: Cloud) -> None:
    told = cloud.client("eks").describe_cluster_versions(includeAll=True)["clusterVersions"]
    assert [each["clusterVersion"] for each in told] == list(MINORS)
    assert {each["clusterVersion"]: each["endOfStandardSupportDate"].date() for each in told} == {
        minor.version: minor.standard_ends for minor in MINORS.values()
    }
    assert told[0]["versionStatus"] == "UNSUPPORTED"
    offered = cloud.client("eks").describe_cluster_versions()["clusterVersions"]
    assert "UNSUPPORTED" not in {each["versionStatus"] for each in offered}
