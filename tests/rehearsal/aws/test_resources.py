"""Resources as AWS's APIs show them, when they are made and after a change in place."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from rehearsal.aws import Cloud, Server
from rehearsal.aws.cloud import MisfitError, fit
from rehearsal.aws.resources.given import Given
from rehearsal.leftovers import inventory
from tests.rehearsal.functions import TRUST
from tests.rehearsal.stacks import ACCOUNT, Stacks, vpc

Look = Callable[[Cloud, str], Any]

ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}]}


def role_policies(cloud: Cloud, ref: str) -> Any:
    iam = cloud.client("iam")
    names = iam.list_role_policies(RoleName=ref)["PolicyNames"]
    inline = {name: iam.get_role_policy(RoleName=ref, PolicyName=name)["PolicyDocument"] for name in names}
    attached = iam.list_attached_role_policies(RoleName=ref)["AttachedPolicies"]
    return inline, [each["PolicyName"] for each in attached]


def rules(cloud: Cloud, ref: str) -> Any:
    (group,) = cloud.client("ec2").describe_security_groups(GroupIds=[ref])["SecurityGroups"]
    return [
        {
            (rule["IpProtocol"], rule.get("FromPort"), each["CidrIp"])
            for rule in group[side]
            for each in rule["IpRanges"]
        }
        for side in ("IpPermissions", "IpPermissionsEgress")
    ]


def retention(cloud: Cloud, ref: str) -> Any:
    return cloud.client("logs").describe_log_groups(logGroupNamePrefix=ref)["logGroups"][0].get("retentionInDays")


def key(cloud: Cloud, ref: str) -> Any:
    kms = cloud.client("kms")
    described = kms.describe_key(KeyId=ref)["KeyMetadata"]["Description"]
    return described, kms.get_key_rotation_status(KeyId=ref)["KeyRotationEnabled"]


def file_system(cloud: Cloud, ref: str) -> Any:
    return cloud.client("efs").describe_lifecycle_configuration(FileSystemId=ref)["LifecyclePolicies"]


def template_versions(cloud: Cloud, ref: str) -> Any:
    found = cloud.client("ec2").describe_launch_template_versions(LaunchTemplateId=ref)["LaunchTemplateVersions"]
    return [each["LaunchTemplateData"]["InstanceType"] for each in found]


def secret(cloud: Cloud, ref: str) -> Any:
    return cloud.client("secretsmanager").get_secret_value(SecretId=ref)["SecretString"]


def function(cloud: Cloud, ref: str) -> Any:
    found = cloud.client("lambda").get_function_configuration(FunctionName=ref)
    return found["MemorySize"], found.get("Environment", {}).get("Variables")


def subnet(cloud: Cloud, ref: str) -> Any:
    (found,) = cloud.client("ec2").describe_subnets(SubnetIds=[ref])["Subnets"]
    return found["MapPublicIpOnLaunch"], {each["Key"]: each["Value"] for each in found["Tags"]}


def bucket(cloud: Cloud, ref: str) -> Any:
    return cloud.client("s3").get_bucket_versioning(Bucket=ref).get("Status")


SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": "22", "CidrIp": "10.0.0.0/8"}
HTTPS = {**SSH, "FromPort": "443", "ToPort": 443, "CidrIp": "0.0.0.0/0"}
LAMBDA = {"Runtime": "python3.13", "Handler": "index.handler", "Code": {"ZipFile": "x"}}


@pytest.mark.parametrize(
    ("kind", "properties", "before", "change", "after", "look"),
    [
        pytest.param(
            "AWS::IAM::Role",
            {
                "AssumeRolePolicyDocument": TRUST,
                "Policies": [
                    {"PolicyName": "a", "PolicyDocument": ALLOW},
                    {"PolicyName": "b", "PolicyDocument": ALLOW},
                ],
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            },
            ({"a": ALLOW, "b": ALLOW}, ["ReadOnlyAccess"]),
            {
                "Policies": [{"PolicyName": "a", "PolicyDocument": DENY}],
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"],
            },
            ({"a": DENY}, ["AmazonEKSClusterPolicy"]),
            role_policies,
            id="a role's policies",
        ),
        pytest.param(
            "AWS::EC2::SecurityGroup",
            {
                "GroupDescription": "test",
                "VpcId": {"Ref": "Vpc"},
                "SecurityGroupIngress": [SSH],
                "SecurityGroupEgress": [HTTPS],
            },
            [{("tcp", 22, "10.0.0.0/8")}, {("tcp", 443, "0.0.0.0/0")}],
            {"SecurityGroupIngress": [HTTPS]},
            [{("tcp", 443, "0.0.0.0/0")}, {("tcp", 443, "0.0.0.0/0")}],
            rules,
            id="a security group's rules",
        ),
        pytest.param(
            "AWS::EC2::Subnet",
            {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.1.0/24", "Tags": [{"Key": "old", "Value": "1"}]},
            (False, {"old": "1"}),
            {"MapPublicIpOnLaunch": "true", "Tags": [{"Key": "new", "Value": "2"}]},
            (True, {"new": "2"}),
            subnet,
            id="a subnet's tags and addresses",
        ),
        pytest.param(
            "AWS::Logs::LogGroup", {"RetentionInDays": 30}, 30, {"RetentionInDays": "7"}, 7, retention, id="logs"
        ),
        pytest.param(
            "AWS::KMS::Key",
            {"Description": "old", "KeyPolicy": ALLOW, "EnableKeyRotation": True},
            ("old", True),
            {"Description": "new", "EnableKeyRotation": False},
            ("new", False),
            key,
            id="a key",
        ),
        pytest.param(
            "AWS::EFS::FileSystem",
            {"LifecyclePolicies": [{"TransitionToIA": "AFTER_30_DAYS"}]},
            [{"TransitionToIA": "AFTER_30_DAYS"}],
            {"LifecyclePolicies": [{"TransitionToIA": "AFTER_7_DAYS"}]},
            [{"TransitionToIA": "AFTER_7_DAYS"}],
            file_system,
            id="a file system",
        ),
        pytest.param(
            "AWS::EC2::LaunchTemplate",
            {"LaunchTemplateData": {"InstanceType": "t3.large"}},
            ["t3.large"],
            {"LaunchTemplateData": {"InstanceType": "t3.xlarge"}},
            ["t3.large", "t3.xlarge"],
            template_versions,
            id="a launch template",
        ),
        pytest.param(
            "AWS::SecretsManager::Secret",
            {"SecretString": "old"},
            "old",
            {"SecretString": "new"},
            "new",
            secret,
            id="a secret",
        ),
        pytest.param(
            "AWS::Lambda::Function",
            {**LAMBDA, "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Environment": {"Variables": {"A": "1"}}},
            (128, {"A": "1"}),
            {"MemorySize": "256", "Environment": {"Variables": {"B": "2"}}},
            (256, {"B": "2"}),
            function,
            id="a function",
        ),
        pytest.param(
            "AWS::S3::Bucket",
            {"AccessControl": "Private"},
            None,
            {"VersioningConfiguration": {"Status": "Enabled"}},
            "Enabled",
            bucket,
            id="a bucket",
        ),
    ],
)
def test_a_resource_is_as_its_template_says(
    stacks: Stacks, cloud: Cloud, kind: str, properties: Any, before: Any, change: Any, after: Any, look: Look
) -> None:
    others = {
        "Vpc": vpc(),
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}},
    }
    stacks.create({**others, "It": {"Type": kind, "Properties": properties}})
    ref = stacks.refs()["It"]
    first = look(cloud, ref)
    stacks.update({**others, "It": {"Type": kind, "Properties": {**properties, **change}}})
    assert (stacks.refs()["It"], first, look(cloud, ref)) == (ref, before, after)


def test_a_generated_secret_has_the_asked_form(stacks: Stacks, cloud: Cloud) -> None:
    wanted = {
        "SecretStringTemplate": '{"user": "hub"}',
        "GenerateStringKey": "password",
        "PasswordLength": 64,
        "ExcludePunctuation": True,
    }
    stacks.create({"It": {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": wanted}}})
    value = json.loads(secret(cloud, stacks.refs()["It"]))
    assert (value["user"], len(value["password"]), value["password"].isalnum()) == ("hub", 64, True)


def test_a_certificate_s_proof_is_written_to_its_zone_and_stays_there(stacks: Stacks, cloud: Cloud) -> None:
    name = f"{stacks.name}.example"
    stacks.create({"Zone": {"Type": "AWS::Route53::HostedZone", "Properties": {"Name": name}}}, "zone")
    zone = stacks.refs("zone")["Zone"]
    certificate = {
        "DomainName": name,
        "ValidationMethod": "DNS",
        "DomainValidationOptions": [{"DomainName": name, "HostedZoneId": zone}],
    }
    stacks.create({"It": {"Type": "AWS::CertificateManager::Certificate", "Properties": certificate}})

    def proofs() -> list[str]:
        found = cloud.client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        return [record["Type"] for record in found if record["Name"].startswith("_")]

    written = proofs()
    stacks.delete()
    assert (written, proofs()) == (["CNAME"], ["CNAME"])


def test_a_record_finds_its_zone_by_name(stacks: Stacks, cloud: Cloud) -> None:
    name = f"{stacks.name}.example."
    route53 = cloud.client("route53")
    zone = route53.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"]
    record = {
        "Name": f"a.{name}",
        "Type": "NS",
        "TTL": "300",
        "ResourceRecords": ["ns.example."],
        "HostedZoneName": name,
    }
    stacks.create({"It": {"Type": "AWS::Route53::RecordSet", "Properties": record}})
    found = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert [each["TTL"] for each in found if each["Name"] == f"a.{name}"] == [300]


@pytest.mark.parametrize(
    ("kind", "properties", "names"),
    [
        pytest.param(
            "AWS::S3::Bucket",
            {"LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "NoncurrentVersionExpirationInDays": 3}]}},
            "LifecycleConfiguration.Rules.NoncurrentVersionExpirationInDays",
            id="of a rule in a list",
        ),
        pytest.param(
            "AWS::S3::Bucket",
            {
                "LifecycleConfiguration": {
                    "Rules": [{"Status": "Enabled", "ExpirationInDays": 3}, {"Status": "Enabled", "TagFilters": []}]
                }
            },
            "LifecycleConfiguration.Rules.TagFilters",
            id="of one rule among several",
        ),
        pytest.param(
            "AWS::Route53::HostedZone",
            {"Name": "private.example", "VPCs": [{"VPCId": "vpc-1", "VPCRegion": "eu-central-1"}]},
            "VPCs",
            id="a zone",
        ),
        pytest.param(
            "AWS::IAM::ManagedPolicy",
            {"PolicyDocument": ALLOW, "Users": ["ada"], "Groups": []},
            "Groups, Users",
            id="a policy",
        ),
    ],
)
def test_what_nothing_is_done_with_is_an_error(
    stacks: Stacks, server: Server, kind: str, properties: Any, names: str
) -> None:
    before = inventory(server, ACCOUNT)
    status = stacks.create({"It": {"Type": kind, "Properties": properties}})
    left = [each for each in inventory(server, ACCOUNT) - before if " Stack " not in each]
    reasons = stacks.reasons("CREATE_FAILED")
    assert (status, reasons, left) == ("ROLLBACK_COMPLETE", [f"The stand-in does nothing with {names} of {kind}."], [])


def test_what_nothing_is_done_with_in_a_change_is_an_error(stacks: Stacks, cloud: Cloud) -> None:
    def bucket(**rule: Any) -> Any:
        rules = [{"Id": "rule", "Status": "Enabled", "ExpirationInDays": 3, **rule}]
        return {"It": {"Type": "AWS::S3::Bucket", "Properties": {"LifecycleConfiguration": {"Rules": rules}}}}

    stacks.create(bucket())
    status = stacks.update(bucket(ExpirationInDays=7, TagFilters=[{"Key": "a", "Value": "b"}]))
    found = cloud.client("s3").get_bucket_lifecycle_configuration(Bucket=stacks.refs()["It"])["Rules"]
    assert (status, [each["Expiration"]["Days"] for each in found]) == ("UPDATE_ROLLBACK_COMPLETE", [3])


def test_properties_remember_what_was_read() -> None:
    given = Given({"a": {"b": 1, "c": [{"d": 2}, {"d": 3}]}, "e": 4, "f": {"g": 5}})
    assert "e" in given
    assert list(given.unread()) == ["a", "e", "f"]
    assert given["a"]["c"][0].get("d") == 2
    assert list(given.unread()) == ["a.b", "a.c.d", "e", "f"]
    assert json.loads(json.dumps({**given})) == given.plain
    assert list(given.unread()) == []


def test_a_record_that_is_there_is_not_written_over(stacks: Stacks, cloud: Cloud) -> None:
    name = f"{stacks.name}.example."
    zone = cloud.client("route53").create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"]
    record = {"Type": "A", "TTL": "300", "ResourceRecords": ["192.0.2.1"], "HostedZoneId": zone, "Name": f"a.{name}"}
    resource = {"Type": "AWS::Route53::RecordSet", "Properties": record}
    assert stacks.create({"It": resource}) == "CREATE_COMPLETE"
    assert stacks.create({"Other": resource}, "other") == "ROLLBACK_COMPLETE"
    assert stacks.update({"It": {**resource, "Properties": {**record, "TTL": "60"}}}) == "UPDATE_COMPLETE"
    found = cloud.client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert [each["TTL"] for each in found if each["Name"] == f"a.{name}"] == [60]


@pytest.mark.parametrize(
    ("properties", "fitted"),
    [
        pytest.param({"Size": "3"}, {"Size": 3}, id="a number"),
        pytest.param({"Encrypted": "true"}, {"Encrypted": True}, id="a switch"),
        pytest.param({"volumeType": "gp3"}, {"VolumeType": "gp3"}, id="another case"),
        pytest.param(
            {"TagSpecifications": [{"resourceType": "volume"}]},
            {"TagSpecifications": [{"ResourceType": "volume"}]},
            id="deep",
        ),
    ],
)
def test_properties_are_fitted_to_an_operation(cloud: Cloud, properties: Any, fitted: Any) -> None:
    shape = cloud.client("ec2").meta.service_model.operation_model("CreateVolume").input_shape
    assert fit(shape, properties) == fitted


def test_a_property_that_an_operation_does_not_have_is_not_left_out(cloud: Cloud) -> None:
    shape = cloud.client("ec2").meta.service_model.operation_model("CreateVolume").input_shape
    with pytest.raises(MisfitError, match="CreateVolumeRequest has no Colour"):
        fit(shape, {"Colour": "red"})


def test_a_budget_is_made_changed_and_unmade(stacks: Stacks, cloud: Cloud) -> None:
    def wanted(dollars: float, *people: str) -> dict[str, Any]:
        told = {
            "Notification": {
                "NotificationType": "ACTUAL",
                "ComparisonOperator": "GREATER_THAN",
                "Threshold": 80,
                "ThresholdType": "PERCENTAGE",
            },
            "Subscribers": [{"SubscriptionType": "EMAIL", "Address": each} for each in people],
        }
        budget = {
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": dollars, "Unit": "USD"},
            "CostFilters": {"TagKeyValue": [f"user:name${stacks.name}"]},
        }
        properties = {"Budget": budget, "NotificationsWithSubscribers": [told]}
        return {"It": {"Type": "AWS::Budgets::Budget", "Properties": properties}}

    def limits() -> list[str]:
        found = cloud.client("budgets").describe_budgets(AccountId=ACCOUNT).get("Budgets", [])
        return [each["BudgetLimit"]["Amount"] for each in found if each["BudgetName"].startswith(f"{stacks.name}-It-")]

    stacks.create(wanted(500, "ada@example.com"))
    made, ref = limits(), stacks.refs()["It"]
    stacks.update(wanted(750.5, "ada@example.com"))
    changed = limits(), stacks.refs()["It"] == ref
    stacks.update(wanted(750.5, "ada@example.com", "grace@example.com"))
    replaced = limits(), stacks.refs()["It"] == ref
    stacks.delete()
    assert (made, changed, replaced, limits()) == (["500"], (["750.5"], True), (["750.5"], False), [])
