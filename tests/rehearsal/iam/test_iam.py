"""What policies do not allow is refused, as by AWS: each test is one right, and its lack."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rehearsal.aws import Cloud, Credentials, Server
from tests.rehearsal.functions import archive
from tests.rehearsal.rights import allow, document, may, refusal, role, trust
from tests.rehearsal.stacks import ACCOUNT, REGION

OTHER = "432143214321"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


@pytest.fixture
def other(server: Server) -> Cloud:
    """The administrator of another account."""
    return server.cloud(OTHER, REGION)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name that no other test has."""
    return str(request.node.name)[:60].replace("[", "-").replace("]", "").replace(" ", "-")


def test_an_administrator_may_all(cloud: Cloud) -> None:
    assert cloud.client("ec2").describe_vpcs()["Vpcs"]


def test_who_a_caller_is_may_be_asked_by_everybody(cloud: Cloud, name: str) -> None:
    assert may(cloud, name).client("sts").get_caller_identity()["Account"] == ACCOUNT


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "answer"),
    [
        ("ec2", "describe_vpcs", {}, "UnauthorizedOperation"),
        ("elbv2", "describe_load_balancers", {}, "AccessDenied"),
        ("route53", "list_hosted_zones", {}, "AccessDenied"),
        ("secretsmanager", "get_secret_value", {"SecretId": "x"}, "AccessDeniedException"),
        ("lambda", "list_functions", {}, "AccessDeniedException"),
        ("eks", "list_clusters", {}, "AccessDeniedException"),
        ("s3", "list_buckets", {}, "AccessDenied"),
    ],
)
def test_a_refusal_has_the_form_of_the_service_s_protocol(
    cloud: Cloud, name: str, service: str, operation: str, parameters: dict[str, Any], answer: str
) -> None:
    client = may(cloud, name).client(service)
    said = refusal(lambda: getattr(client, operation)(**parameters))
    assert said.startswith(f"403 {answer}: User: arn:aws:sts::{ACCOUNT}:assumed-role/{name}/somebody is not authorized")


def test_a_right_is_for_its_action_alone(cloud: Cloud, name: str) -> None:
    somebody = may(cloud, name, allow("ec2:DescribeV*")).client("ec2")
    somebody.describe_vpcs()
    assert "ec2:DescribeSubnets on *: no policy of" in refusal(somebody.describe_subnets)


def test_a_right_is_for_its_resource_alone(cloud: Cloud, name: str) -> None:
    secrets = cloud.client("secretsmanager")
    mine, yours = (secrets.create_secret(Name=f"{name}/{each}", SecretString="s")["ARN"] for each in ("a", "b"))
    right = allow("secretsmanager:GetSecretValue", f"{mine[:-6]}??????")
    somebody = may(cloud, name, right).client("secretsmanager")
    assert somebody.get_secret_value(SecretId=f"{name}/a")["ARN"] == mine
    assert f"on {yours}" in refusal(lambda: somebody.get_secret_value(SecretId=f"{name}/b"))


def test_a_secret_under_a_customer_s_key_needs_the_key(cloud: Cloud, name: str) -> None:
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    arn = cloud.client("secretsmanager").create_secret(Name=name, SecretString="s", KmsKeyId=key)["ARN"]
    reading = allow("secretsmanager:GetSecretValue", arn)
    without = may(cloud, name, reading).client("secretsmanager")
    assert f"kms:Decrypt on {key}: no policy of" in refusal(lambda: without.get_secret_value(SecretId=name))
    via = {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}
    somebody = may(cloud, f"{name}-key", reading, allow("kms:Decrypt", key, StringEquals=via))
    assert somebody.client("secretsmanager").get_secret_value(SecretId=name)["ARN"] == arn


def test_a_key_whose_policy_names_nobody_is_nobody_s(cloud: Cloud, name: str) -> None:
    ours = document({**trust(f"arn:aws:iam::{ACCOUNT}:role/nobody", "kms:*"), "Resource": "*"})
    kms = cloud.client("kms")
    key = kms.create_key(Policy=ours)["KeyMetadata"]["KeyId"]
    assert "the resource has no key policy that allows it to" in refusal(lambda: kms.describe_key(KeyId=key))


def test_what_is_denied_no_right_allows(cloud: Cloud, name: str) -> None:
    denied = {**allow("ec2:DescribeVpcs"), "Effect": "Deny", "Sid": "NotThese"}
    somebody = may(cloud, name, allow("*"), denied).client("ec2")
    somebody.describe_subnets()
    assert "statement NotThese of Rights denies it" in refusal(somebody.describe_vpcs)


def test_what_a_boundary_does_not_allow_no_right_does(cloud: Cloud, name: str) -> None:
    iam = cloud.client("iam")
    arn = iam.create_policy(PolicyName=name, PolicyDocument=document(allow("ec2:*")))["Policy"]["Arn"]
    somebody = may(cloud, name, allow("*"), PermissionsBoundary=arn)
    somebody.client("ec2").describe_vpcs()
    assert f"permissions boundary {arn} does not allow it" in refusal(somebody.client("elbv2").describe_load_balancers)


def test_what_a_session_s_policy_does_not_allow_no_right_does(cloud: Cloud, name: str) -> None:
    arn = role(cloud, name, allow("*"))
    sts = cloud.client("sts")
    given = sts.assume_role(RoleArn=arn, RoleSessionName="somebody", Policy=document(allow("ec2:*")))["Credentials"]
    assert "the session policy does not allow it" in refusal(
        lambda: _with(cloud, given).client("elbv2").describe_load_balancers()
    )


def test_managed_policies_count(cloud: Cloud, name: str) -> None:
    somebody = may(cloud, name)
    policy = "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"
    cloud.client("iam").attach_role_policy(RoleName=name, PolicyArn=policy)
    somebody.client("ec2").describe_vpcs()


class TestTags:
    def test_a_thing_is_made_with_the_tags_of_the_right_alone(self, cloud: Cloud, name: str) -> None:
        groups = f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/*"
        ours = {"aws:RequestTag/of": "us"}
        somebody = may(
            cloud,
            name,
            allow("ec2:CreateSecurityGroup", f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/*"),
            allow("ec2:CreateSecurityGroup", groups, StringEquals=ours),
            allow("ec2:CreateTags", groups, StringEquals={"ec2:CreateAction": "CreateSecurityGroup"}),
        ).client("ec2")
        vpc = cloud.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]

        def make(group: str, of: str) -> Any:
            tags = [{"ResourceType": "security-group", "Tags": [{"Key": "of", "Value": of}]}]
            return somebody.create_security_group(GroupName=group, Description="d", VpcId=vpc, TagSpecifications=tags)

        id = make("a", "us")["GroupId"]
        assert f"ec2:CreateSecurityGroup on {groups}" in refusal(lambda: make("b", "others"))
        assert "ec2:CreateTags on" in refusal(
            lambda: somebody.create_tags(Resources=[id], Tags=[{"Key": "of", "Value": "us"}])
        )

    def test_a_right_on_what_has_a_tag_is_none_on_what_has_not(self, cloud: Cloud, name: str) -> None:
        elb = cloud.client("elbv2")
        vpc = cloud.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        kind = {"Protocol": "HTTP", "Port": 80, "VpcId": vpc, "TargetType": "ip"}
        mine, yours = (
            elb.create_target_group(Name=f"group-{of}", Tags=[{"Key": "of", "Value": of}], **kind)["TargetGroups"][0]
            for of in ("us", "them")
        )
        right = allow("elasticloadbalancing:DeleteTargetGroup", StringEquals={"aws:ResourceTag/of": "us"})
        somebody = may(cloud, name, right).client("elbv2")
        assert "DeleteTargetGroup" in refusal(
            lambda: somebody.delete_target_group(TargetGroupArn=yours["TargetGroupArn"])
        )
        somebody.delete_target_group(TargetGroupArn=mine["TargetGroupArn"])

    def test_a_group_of_the_vpc_may_be_changed(self, cloud: Cloud, name: str) -> None:
        ec2 = cloud.client("ec2")
        mine, yours = (ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"] for _ in range(2))
        groups = [
            ec2.create_security_group(GroupName=name[:40], Description="d", VpcId=vpc)["GroupId"]
            for vpc in (mine, yours)
        ]
        here = {"ec2:Vpc": f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/{mine}"}
        somebody = may(cloud, name, allow("ec2:AuthorizeSecurityGroupIngress", ArnEquals=here)).client("ec2")
        rules = [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": groups[1]}]}]
        somebody.authorize_security_group_ingress(GroupId=groups[0], IpPermissions=rules)
        assert groups[1] in refusal(
            lambda: somebody.authorize_security_group_ingress(GroupId=groups[1], IpPermissions=rules)
        )


class TestRecords:
    def change(self, somebody: Cloud, zone: str, action: str, kind: str, record: str) -> Any:
        record_set = {"Name": record, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": '"x"'}]}
        changes = {"Changes": [{"Action": action, "ResourceRecordSet": record_set}]}
        return somebody.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=changes)

    @pytest.mark.parametrize(
        ("action", "kind", "record"),
        [("CREATE", "TXT", "a.example.org"), ("UPSERT", "CNAME", "a.example.org"), ("UPSERT", "TXT", "b.example.org")],
    )
    def test_the_right_is_for_one_name_type_and_action(
        self, cloud: Cloud, name: str, action: str, kind: str, record: str
    ) -> None:
        zone = cloud.client("route53").create_hosted_zone(Name="example.org", CallerReference=name)["HostedZone"]["Id"]
        keys = {
            "route53:ChangeResourceRecordSetsRecordTypes": ["TXT"],
            "route53:ChangeResourceRecordSetsActions": ["UPSERT"],
            "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["a.example.org"],
        }
        arn = f"arn:aws:route53:::{zone.removeprefix('/')}"
        right = allow("route53:ChangeResourceRecordSets", arn, ForAllValues_StringEquals=keys)
        somebody = may(cloud, name, right)
        self.change(somebody, zone, "UPSERT", "TXT", "A.example.org.")
        assert f"on {arn}" in refusal(lambda: self.change(somebody, zone, action, kind, record))


class TestAssumingRoles:
    def test_a_role_of_another_account_needs_both_sides(self, cloud: Cloud, other: Cloud, name: str) -> None:
        trusting = role(other, f"{name}-1", trusts=[trust(ROOT)])
        closed = role(other, f"{name}-2")
        somebody = may(cloud, name, allow("sts:AssumeRole", closed))
        assert "no policy of" in refusal(lambda: somebody.assume(trusting, "somebody"))
        assert "the resource has no trust policy that allows it" in refusal(lambda: somebody.assume(closed, "somebody"))
        cloud.assume(trusting, "somebody")

    def test_the_external_id_has_to_be_told(self, cloud: Cloud, other: Cloud, name: str) -> None:
        arn = role(other, name, trusts=[trust(ROOT, StringEquals={"sts:ExternalId": "42"})])
        sts = cloud.client("sts")
        sts.assume_role(RoleArn=arn, RoleSessionName="somebody", ExternalId="42")
        assert "trust policy" in refusal(lambda: sts.assume_role(RoleArn=arn, RoleSessionName="somebody"))
        assert "trust policy" in refusal(
            lambda: sts.assume_role(RoleArn=arn, RoleSessionName="somebody", ExternalId="43")
        )

    def test_the_organization_counts(self, cloud: Cloud, other: Cloud, name: str) -> None:
        organization = cloud.client("organizations").create_organization(FeatureSet="ALL")["Organization"]["Id"]
        inside = role(other, f"{name}-1", trusts=[trust("*", StringEquals={"aws:PrincipalOrgID": organization})])
        outside = role(other, f"{name}-2", trusts=[trust("*", StringEquals={"aws:PrincipalOrgID": "o-others"})])
        cloud.assume(inside, "somebody")
        assert "trust policy" in refusal(lambda: cloud.assume(outside, "somebody"))

    def test_tags_of_a_session_need_a_right_of_their_own(self, cloud: Cloud, name: str) -> None:
        plain, tagged = role(cloud, f"{name}-1"), role(cloud, f"{name}-2", trusts=[trust(ROOT, "sts:*")])
        tags = {"RoleSessionName": "somebody", "Tags": [{"Key": "team", "Value": "a"}]}
        sts = cloud.client("sts")
        sts.assume_role(RoleArn=tagged, **tags)
        assert "sts:TagSession on" in refusal(lambda: sts.assume_role(RoleArn=plain, **tags))

    def test_tags_that_are_handed_on_need_it_too(self, cloud: Cloud, name: str) -> None:
        last = role(cloud, f"{name}-2")
        first = role(cloud, f"{name}-1", allow("sts:*"), trusts=[trust(ROOT, "sts:*")])
        given = cloud.client("sts").assume_role(
            RoleArn=first, RoleSessionName="somebody", Tags=[{"Key": "team", "Value": "a"}], TransitiveTagKeys=["team"]
        )
        somebody = _with(cloud, given["Credentials"])
        assert "sts:TagSession on" in refusal(lambda: somebody.assume(last, "somebody"))

    def test_the_tags_of_a_session_are_its_principal_s(self, cloud: Cloud, name: str) -> None:
        right = allow("ec2:DescribeVpcs", StringEquals={"aws:PrincipalTag/Team": "a"})
        arn = role(cloud, name, right, trusts=[trust(ROOT, "sts:*")])
        for team, refused in (("a", False), ("b", True)):
            given = cloud.client("sts").assume_role(
                RoleArn=arn, RoleSessionName="somebody", Tags=[{"Key": "Team", "Value": team}]
            )
            ec2 = _with(cloud, given["Credentials"]).client("ec2")
            assert "DescribeVpcs" in refusal(ec2.describe_vpcs) if refused else ec2.describe_vpcs()["Vpcs"]

    def test_a_function_s_role_has_to_trust_lambda(self, cloud: Cloud, name: str) -> None:
        made = cloud.client("lambda").create_function(
            FunctionName="distrusted",
            Runtime="python3.13",
            Role=role(cloud, name),
            Handler="index.handler",
            Code={"ZipFile": archive(index_py="handler = print")},
        )
        said = refusal(lambda: cloud.client("lambda").invoke(FunctionName=made["FunctionName"]))
        assert "User: lambda.amazonaws.com is not authorized to perform: sts:AssumeRole" in said


def test_a_bucket_s_policy_lets_another_account_in(cloud: Cloud, other: Cloud, name: str) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="shared-one", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="shared-one", Key="a/b", Body=b"x")
    theirs = other.client("s3")
    assert "s3:GetObject on arn:aws:s3:::shared-one/a/b" in refusal(
        lambda: theirs.get_object(Bucket="shared-one", Key="a/b")
    )
    policy = {**trust(f"arn:aws:iam::{OTHER}:root", "s3:GetObject"), "Resource": "arn:aws:s3:::shared-one/*"}
    s3.put_bucket_policy(Bucket="shared-one", Policy=document(policy))
    assert theirs.get_object(Bucket="shared-one", Key="a/b")["Body"].read() == b"x"


def test_a_role_that_is_handed_on_has_to_be_allowed(cloud: Cloud, name: str) -> None:
    handed = role(cloud, f"{name}-handed", trusts=[trust({"Service": "cloudformation.amazonaws.com"})])
    somebody = may(cloud, name, allow("cloudformation:*"))
    body = json.dumps(
        {"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "x"}}}}
    )
    said = refusal(
        lambda: somebody.client("cloudformation").create_stack(StackName="s", TemplateBody=body, RoleARN=handed)
    )
    assert f"iam:PassRole on {handed}" in said


def test_what_cannot_be_judged_is_refused_and_reported(server: Server, cloud: Cloud, name: str) -> None:
    odd = allow("ec2:DescribeVpcs", StringEquals={"aws:UserAgent": "me"})
    somebody = may(cloud, name, odd)
    said = refusal(somebody.client("ec2").describe_vpcs)
    assert "The rehearsal does not know the value of the condition key aws:useragent" in said
    assert [each.who for each in server.recorder.report().unknown] == [f"arn:aws:iam::{ACCOUNT}:role/{name}"]


def test_the_report_tells_what_was_refused_and_what_was_not_used(server: Server, cloud: Cloud, name: str) -> None:
    somebody = may(cloud, name, allow("ec2:DescribeVpcs"), allow("ec2:DescribeSubnets"))
    somebody.client("ec2").describe_vpcs()
    refusal(somebody.client("ec2").describe_images)
    report = server.recorder.report([ACCOUNT])
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    assert [(each.call, each.times) for each in report.refused if each.who == arn] == [("ec2:DescribeImages", 1)]
    unused = [(each.policy, each.label, each.actions) for each in report.unused if each.role == name]
    assert unused == [("Rights", "2", ("ec2:DescribeSubnets",))]


def test_a_role_that_is_gone_is_reported_still(server: Server, cloud: Cloud, name: str) -> None:
    role(cloud, name, allow("ec2:DescribeSubnets"))
    cloud.client("iam").delete_role_policy(RoleName=name, PolicyName="Rights")
    cloud.client("iam").delete_role(RoleName=name)
    labels = [each.policy for each in server.recorder.report().unused if each.role == name]
    assert labels == ["Rights", "trust policy"]


def test_a_role_that_was_made_anew_is_the_same_in_the_report(server: Server, cloud: Cloud, name: str) -> None:
    stem, rights = name[:50], [allow("ec2:DescribeVpcs"), allow(["ec2:DescribeSubnets", "ec2:DescribeImages"])]
    may(cloud, f"{stem}-0123abcd", *rights).client("ec2").describe_vpcs()
    may(cloud, f"{stem}-4567cdef", *rights).client("ec2").describe_subnets()
    found = [each for each in server.recorder.report().statements if each.role == stem]
    assert [(each.policy, each.label, each.unused_actions) for each in found] == [
        ("Rights", "1", []),
        ("Rights", "2", ["ec2:DescribeImages"]),
        ("trust policy", "1", []),
    ]


class TestDrivers:
    """The rights of the CSI drivers' controllers on what these call."""

    def test_volumes_of_its_own_cluster_come_and_go_with_the_policy_of_aws(self, cloud: Cloud, name: str) -> None:
        key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
        grants = allow("kms:CreateGrant", key, Bool={"kms:GrantIsForAWSResource": "true"})
        using = allow(["kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"], key)
        # Pod Identity says the cluster's name in the session's tags, which count as the role's own.
        tags = [{"Key": "eks-cluster-name", "Value": "hub"}]
        ec2 = may(cloud, name, grants, using, Tags=tags).client("ec2")
        policy = "arn:aws:iam::aws:policy/AmazonEBSCSIDriverEKSClusterScopedPolicy"
        cloud.client("iam").attach_role_policy(RoleName=name, PolicyArn=policy)

        def run(cluster: str) -> str:
            """An instance of a cluster's node group, as EKS tags it."""
            return str(
                cloud.client("ec2").run_instances(
                    ImageId="ami-00000000000000000",
                    MinCount=1,
                    MaxCount=1,
                    TagSpecifications=_tagged("instance", {"eks:cluster-name": cluster}),
                )["Instances"][0]["InstanceId"]
            )

        def make(by: Any, cluster: str) -> str:
            tags = _tagged("volume", {"ebs.csi.aws.com/cluster": "true", "ebs.csi.aws.com/cluster-name": cluster})
            wanted = {"AvailabilityZone": f"{REGION}a", "Size": 1, "Encrypted": True, "KmsKeyId": key}
            return str(by.create_volume(TagSpecifications=tags, **wanted)["VolumeId"])

        ours, theirs = run("hub"), run("other")
        assert "ec2:CreateVolume on" in refusal(lambda: make(ec2, "other"))
        id, other = make(ec2, "hub"), make(cloud.client("ec2"), "other")
        assert f"instance/{theirs}" in refusal(
            lambda: ec2.attach_volume(VolumeId=id, InstanceId=theirs, Device="/dev/xvdb")
        )
        assert f"volume/{other}" in refusal(
            lambda: ec2.attach_volume(VolumeId=other, InstanceId=ours, Device="/dev/xvdb")
        )
        ec2.attach_volume(VolumeId=id, InstanceId=ours, Device="/dev/xvdb")
        ec2.detach_volume(VolumeId=id, InstanceId=ours)
        ec2.delete_volume(VolumeId=id)
        assert f"volume/{other}" in refusal(lambda: ec2.delete_volume(VolumeId=other))

    def test_access_points_come_and_go(self, cloud: Cloud, name: str) -> None:
        efs = cloud.client("efs")
        mine, yours = (efs.create_file_system(CreationToken=f"{name}{each}")["FileSystemId"] for each in "ab")
        head = f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}"
        ours = {"efs.csi.aws.com/cluster": "true"}
        somebody = may(
            cloud,
            name,
            allow("elasticfilesystem:Describe*", [f"{head}:file-system/{mine}", f"{head}:access-point/*"]),
            allow(
                "elasticfilesystem:CreateAccessPoint",
                f"{head}:file-system/{mine}",
                StringEquals={f"aws:RequestTag/{key}": value for key, value in ours.items()},
            ),
            allow(
                "elasticfilesystem:TagResource",
                f"{head}:access-point/*",
                StringEquals={"elasticfilesystem:CreateAction": "CreateAccessPoint"},
            ),
            allow(
                "elasticfilesystem:DeleteAccessPoint",
                f"{head}:access-point/*",
                StringEquals={f"aws:ResourceTag/{key}": value for key, value in ours.items()},
            ),
        ).client("efs")
        tags = [{"Key": key, "Value": value} for key, value in ours.items()]
        point = somebody.create_access_point(ClientToken="a", FileSystemId=mine, Tags=tags)["AccessPointId"]
        somebody.describe_access_points(AccessPointId=point)
        somebody.describe_file_systems(FileSystemId=mine)
        assert "DescribeFileSystems on *" in refusal(somebody.describe_file_systems)
        assert yours in refusal(lambda: somebody.create_access_point(ClientToken="b", FileSystemId=yours, Tags=tags))
        assert mine in refusal(lambda: somebody.create_access_point(ClientToken="c", FileSystemId=mine))
        assert "TagResource" in refusal(lambda: somebody.tag_resource(ResourceId=point, Tags=tags))
        somebody.delete_access_point(AccessPointId=point)


def _tagged(kind: str, tags: dict[str, str]) -> Any:
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


def _with(cloud: Cloud, given: Any) -> Cloud:
    keys = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    return Cloud(cloud.url, cloud.account, cloud.region, keys)
