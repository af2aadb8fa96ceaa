"""To start machines needs rights on all that they are made of: without one of them, EC2 starts none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from rehearsal.aws import Cloud, Server
from tests.rehearsal.rehearsed import network
from tests.rehearsal.rights import Statement, allow, document, may, refusal, role, trust
from tests.rehearsal.stacks import ACCOUNT, REGION

EC2 = f"arn:aws:ec2:{REGION}"
IMAGE = "/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/x86_64/standard/recommended/image_id"
OWN = {"Key": "owner", "Value": "me"}
LAUNCH = ["ec2:CreateFleet", "ec2:RunInstances"]


@dataclass
class Place:
    """What machines are started from."""

    cloud: Cloud
    subnet: str
    group: str
    image: str
    key: str
    role: str

    def fleet(self, who: Cloud, *, encrypted: bool = False, capacity: str = "on-demand", **more: Any) -> Any:
        """Have somebody start a machine."""
        subnet = {"InstanceType": "m7i.large", "SubnetId": self.subnet}
        template = {"LaunchTemplateName": "encrypted" if encrypted else "plain", "Version": "$Latest"}
        return who.client("ec2").create_fleet(
            Type="instant",
            LaunchTemplateConfigs=[{"LaunchTemplateSpecification": template, "Overrides": [subnet]}],
            TargetCapacitySpecification={"TotalTargetCapacity": 1, "DefaultTargetCapacityType": capacity},
            TagSpecifications=[{"ResourceType": each, "Tags": [OWN]} for each in ("fleet", "instance", "volume")],
            **more,
        )

    def rights(self, *, without: str = "") -> list[Statement]:
        """All that is needed, but one."""
        requested = {"StringEquals": {"aws:RequestTag/owner": "me"}}
        made = [f"{EC2}:*:{kind}/*" for kind in ("fleet", "instance", "volume", "network-interface")]
        made.append(f"{EC2}:*:spot-instances-request/*")
        own = {"StringEquals": {"aws:ResourceTag/owner": "me"}}
        all_of_them = {
            "image": allow(LAUNCH, f"{EC2}::image/{self.image}"),
            "subnet": allow(LAUNCH, f"{EC2}:{ACCOUNT}:subnet/{self.subnet}"),
            "security-group": allow(LAUNCH, f"{EC2}:{ACCOUNT}:security-group/{self.group}"),
            "launch-template": allow(LAUNCH, f"{EC2}:{ACCOUNT}:launch-template/*", **own),
            "what is made": allow(LAUNCH, made, **requested),
            "tags": allow("ec2:CreateTags", made, **requested),
            "role": allow("iam:PassRole", self.role, StringEquals={"iam:PassedToService": "ec2.amazonaws.com"}),
        }
        return [statement for name, statement in all_of_them.items() if name != without]


@pytest.fixture(scope="module")
def place(server: Server) -> Place:
    cloud = server.cloud(ACCOUNT, REGION)
    vpc, subnets = network(cloud)
    ec2, iam, kms = (cloud.client(each) for each in ("ec2", "iam", "kms"))
    role = iam.create_role(RoleName="node", AssumeRolePolicyDocument=document(trust({"Service": "ec2.amazonaws.com"})))[
        "Role"
    ]["Arn"]
    iam.create_instance_profile(InstanceProfileName="node")
    iam.add_role_to_instance_profile(InstanceProfileName="node", RoleName="node")
    group = ec2.create_security_group(GroupName="node", Description="node", VpcId=vpc)["GroupId"]
    image = cloud.client("ssm").get_parameter(Name=IMAGE)["Parameter"]["Value"]
    key = kms.create_key()["KeyMetadata"]["Arn"]
    for name, disk in (("plain", {}), ("encrypted", {"Encrypted": True, "KmsKeyId": key})):
        ebs = {"VolumeSize": 20, "DeleteOnTermination": True, **disk}
        ec2.create_launch_template(
            LaunchTemplateName=name,
            LaunchTemplateData={
                "ImageId": image,
                "IamInstanceProfile": {"Name": "node"},
                "NetworkInterfaces": [{"DeviceIndex": 0, "Groups": [group]}],
                "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": ebs}],
                "TagSpecifications": [
                    {"ResourceType": each, "Tags": [OWN]} for each in ("network-interface", "spot-instances-request")
                ],
            },
            TagSpecifications=[{"ResourceType": "launch-template", "Tags": [OWN]}],
        )
    return Place(cloud, subnets[0], group, image, key, role)


_people = iter(range(1000))


def somebody(place: Place, rights: Sequence[Statement]) -> Cloud:
    return may(place.cloud, f"somebody{next(_people)}", *rights)


def test_who_has_all_the_rights_starts_a_machine(place: Place) -> None:
    who = somebody(place, place.rights())
    assert len(place.fleet(who)["Instances"]) == 1
    assert len(place.fleet(who, capacity="spot")["Instances"]) == 1


@pytest.mark.parametrize(
    ("without", "lack"),
    [
        pytest.param("image", "ec2:CreateFleet on arn:aws:ec2:eu-central-1::image/", id="image"),
        pytest.param("subnet", f"ec2:CreateFleet on {EC2}:{ACCOUNT}:subnet/", id="subnet"),
        pytest.param("security-group", f"ec2:RunInstances on {EC2}:{ACCOUNT}:security-group/", id="security group"),
        pytest.param("launch-template", f"ec2:CreateFleet on {EC2}:{ACCOUNT}:launch-template/", id="launch template"),
        pytest.param("what is made", f"ec2:RunInstances on {EC2}:{ACCOUNT}:instance/", id="what is made"),
        pytest.param("tags", f"ec2:CreateTags on {EC2}:{ACCOUNT}:network-interface/", id="tags"),
        pytest.param("role", f"iam:PassRole on arn:aws:iam::{ACCOUNT}:role/node", id="role"),
    ],
)
def test_without_one_of_them_it_is_refused_even_dry(place: Place, without: str, lack: str) -> None:
    who = somebody(place, place.rights(without=without))
    words = refusal(lambda: place.fleet(who, DryRun=True))
    assert words.startswith("403 UnauthorizedOperation: ")
    assert lack in words


def test_machines_are_tagged_as_the_policy_wants(place: Place) -> None:
    who = somebody(place, place.rights())
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "owner", "Value": "another"}]}]
    template = {"LaunchTemplateName": "plain", "Version": "$Latest"}
    words = refusal(
        lambda: who.client("ec2").run_instances(
            MinCount=1, MaxCount=1, LaunchTemplate=template, SubnetId=place.subnet, TagSpecifications=tags
        )
    )
    assert f"ec2:RunInstances on {EC2}:{ACCOUNT}:instance/*" in words


def test_a_disk_with_a_key_needs_rights_on_the_key(place: Place) -> None:
    keys = ["kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"]
    grant = allow("kms:CreateGrant", place.key, Bool={"kms:GrantIsForAWSResource": True})
    words = refusal(lambda: place.fleet(somebody(place, place.rights()), encrypted=True))
    assert all(f"kms:{each} on {place.key}" in words for each in ("DescribeKey", "CreateGrant"))
    through = {"StringEquals": {"kms:ViaService": f"ec2.{REGION}.amazonaws.com"}}
    who = somebody(place, [*place.rights(), allow(keys, place.key, **through), grant])
    assert len(place.fleet(who, encrypted=True)["Instances"]) == 1


def test_a_launch_template_is_deleted_by_name_with_the_rights_on_its_tags(place: Place) -> None:
    for name, tag in (("own", "me"), ("theirs", "them")):
        tags = [{"ResourceType": "launch-template", "Tags": [{"Key": "owner", "Value": tag}]}]
        place.cloud.client("ec2").create_launch_template(
            LaunchTemplateName=name, LaunchTemplateData={"ImageId": place.image}, TagSpecifications=tags
        )
    right = allow("ec2:DeleteLaunchTemplate", "*", StringEquals={"aws:ResourceTag/owner": "me"})
    ec2 = somebody(place, [right]).client("ec2")
    ec2.delete_launch_template(LaunchTemplateName="own")
    assert "ec2:DeleteLaunchTemplate on" in refusal(lambda: ec2.delete_launch_template(LaunchTemplateName="theirs"))


def test_public_parameters_belong_to_no_account(place: Place) -> None:
    public = somebody(place, [allow("ssm:GetParameter", f"arn:aws:ssm:{REGION}::parameter/aws/service/*")])
    private = somebody(place, [allow("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/*")])
    assert public.client("ssm").get_parameter(Name=IMAGE)["Parameter"]["Value"] == place.image
    assert "AccessDeniedException" in refusal(lambda: private.client("ssm").get_parameter(Name=IMAGE))


def test_rights_on_one_queue_are_not_rights_on_another(place: Place) -> None:
    sqs = place.cloud.client("sqs")
    urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("one", "two")]
    who = somebody(place, [allow(["sqs:ReceiveMessage", "sqs:GetQueueUrl"], f"arn:aws:sqs:{REGION}:{ACCOUNT}:one")])
    mine = who.client("sqs")
    assert mine.get_queue_url(QueueName="one")["QueueUrl"] == urls[0]
    assert "Messages" not in mine.receive_message(QueueUrl=urls[0])
    assert f"sqs:ReceiveMessage on arn:aws:sqs:{REGION}:{ACCOUNT}:two" in refusal(
        lambda: mine.receive_message(QueueUrl=urls[1])
    )


def test_instance_profiles_are_listed_by_their_folder(place: Place) -> None:
    iam = somebody(place, [allow("iam:ListInstanceProfiles")]).client("iam")
    place.cloud.client("iam").create_instance_profile(InstanceProfileName="inside", Path="/inside/")
    found = iam.list_instance_profiles(PathPrefix="/inside/")["InstanceProfiles"]
    assert [each["InstanceProfileName"] for each in found] == ["inside"]
    right = allow("iam:GetInstanceProfile", f"arn:aws:iam::{ACCOUNT}:instance-profile/hub_*")
    reading = somebody(place, [right]).client("iam")
    assert " NoSuchEntity: " in refusal(lambda: reading.get_instance_profile(InstanceProfileName="hub_1"))
    assert " AccessDenied: " in refusal(lambda: reading.get_instance_profile(InstanceProfileName="node"))


def test_a_template_s_parameters_are_read_with_the_rights_of_the_stack_s_role(place: Place) -> None:
    declared = {"Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", "Default": IMAGE}
    text = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "Image"}}}
    body = json.dumps({"Parameters": {"Image": declared}, "Resources": {"It": text}})
    reading = allow("ssm:GetParameter", f"arn:aws:ssm:{REGION}::parameter/aws/service/*")
    serving = trust({"Service": "cloudformation.amazonaws.com"})
    handed, blind = (
        role(place.cloud, name, *rights, allow(["ssm:PutParameter", "ssm:AddTagsToResource"]), trusts=[serving])
        for name, rights in (("handed", [reading]), ("blind", []))
    )
    who = somebody(place, [allow("cloudformation:*"), allow("iam:PassRole", [handed, blind])])
    client = who.client("cloudformation")
    client.create_stack(StackName="reading", TemplateBody=body, RoleARN=handed)
    words = refusal(lambda: client.create_stack(StackName="blind", TemplateBody=body, RoleARN=blind))
    assert "ssm:GetParameter on" in words
