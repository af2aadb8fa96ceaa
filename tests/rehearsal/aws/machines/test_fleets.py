"""Machines started by fleets, as Karpenter starts them: what AWS answers, and what it refuses."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from botocore.exceptions import ClientError

from blueprint.config.facts.prices import prices
from rehearsal.aws import Cloud, Server
from rehearsal.aws.machines.prices import SPOT_SHARE
from tests.rehearsal.rehearsed import network
from tests.rehearsal.rights import document, refusal, trust
from tests.rehearsal.stacks import REGION, Stacks

IMAGE = "/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/{}/{}/{}/image_id"
RECOMMENDED = IMAGE.format("x86_64", "standard", "recommended")
DISK = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 40, "VolumeType": "gp3", "DeleteOnTermination": True}}


@pytest.fixture(scope="module")
def place(server: Server) -> dict[str, Any]:
    """Subnets, a security group, an image and an instance profile for machines."""
    cloud = server.cloud("123412341234", REGION)
    vpc, subnets = network(cloud)
    ec2, iam = cloud.client("ec2"), cloud.client("iam")
    text = document(trust({"Service": "ec2.amazonaws.com"}))
    iam.create_role(RoleName="node", AssumeRolePolicyDocument=text)
    iam.create_instance_profile(InstanceProfileName="node")
    iam.add_role_to_instance_profile(InstanceProfileName="node", RoleName="node")
    return {
        "subnets": subnets,
        "group": ec2.create_security_group(GroupName="node", Description="node", VpcId=vpc)["GroupId"],
        "image": cloud.client("ssm").get_parameter(Name=RECOMMENDED)["Parameter"]["Value"],
    }


@pytest.fixture
def ec2(cloud: Cloud) -> Any:
    return cloud.client("ec2")


@pytest.fixture
def template(ec2: Any, place: dict[str, Any], request: pytest.FixtureRequest) -> str:
    """The name of a launch template like Karpenter's."""
    name = f"karpenter.k8s.aws/{request.node.name}"[:128]
    data = {
        "ImageId": place["image"],
        "IamInstanceProfile": {"Name": "node"},
        "UserData": base64.b64encode(b"hello").decode(),
        "NetworkInterfaces": [{"DeviceIndex": 0, "Groups": [place["group"]]}],
        "BlockDeviceMappings": [DISK],
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        "TagSpecifications": [{"ResourceType": "network-interface", "Tags": [{"Key": "team", "Value": "science"}]}],
    }
    ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    return name


def fleet(
    ec2: Any, template: str, overrides: list[dict[str, str]], capacity: str = "on-demand", **more: Any
) -> dict[str, Any]:
    named = {"LaunchTemplateName": template, "Version": "$Latest"}
    tags = [{"ResourceType": each, "Tags": [{"Key": "owner", "Value": "me"}]} for each in ("instance", "volume")]
    answer: dict[str, Any] = ec2.create_fleet(
        Type="instant",
        LaunchTemplateConfigs=[{"LaunchTemplateSpecification": named, "Overrides": overrides}],
        TargetCapacitySpecification={"TotalTargetCapacity": 1, "DefaultTargetCapacityType": capacity},
        TagSpecifications=tags,
        **more,
    )
    return answer


def machine(ec2: Any, answer: dict[str, Any]) -> dict[str, Any]:
    """What a fleet started, as EC2 describes it."""
    (started,) = answer["Instances"]
    found: dict[str, Any] = ec2.describe_instances(InstanceIds=started["InstanceIds"])["Reservations"][0]["Instances"][
        0
    ]
    return found


def test_the_cheapest_of_the_allowed_machines_is_started(ec2: Any, template: str, place: dict[str, Any]) -> None:
    types = ("m7i.2xlarge", "m7i.xlarge", "m7i.4xlarge")
    wanted = [{"InstanceType": each, "SubnetId": place["subnets"][0], "ImageId": place["image"]} for each in types]
    answer = fleet(ec2, template, wanted)
    found = machine(ec2, answer)
    assert (answer["Instances"][0]["Lifecycle"], answer["Errors"]) == ("on-demand", [])
    assert (found["InstanceType"], found["SubnetId"]) == ("m7i.xlarge", place["subnets"][0])
    assert "SpotInstanceRequestId" not in found


def test_a_machine_has_all_that_its_template_says(ec2: Any, template: str, place: dict[str, Any]) -> None:
    found = machine(ec2, fleet(ec2, template, [{"InstanceType": "m7i.large", "SubnetId": place["subnets"][1]}]))
    id = found["InstanceId"]
    (disk,) = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [id]}])["Volumes"]
    (interface,) = found["NetworkInterfaces"]
    (described,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface["NetworkInterfaceId"]])[
        "NetworkInterfaces"
    ]
    told = ec2.describe_instance_attribute(InstanceId=id, Attribute="userData")["UserData"]["Value"]
    assert (disk["Size"], disk["VolumeType"], disk["Tags"]) == (40, "gp3", [{"Key": "owner", "Value": "me"}])
    assert {"Key": "owner", "Value": "me"} in found["Tags"]
    assert described["TagSet"] == [{"Key": "team", "Value": "science"}]
    assert [each["GroupId"] for each in found["SecurityGroups"]] == [place["group"]]
    assert found["MetadataOptions"]["HttpTokens"] == "required"
    assert found["IamInstanceProfile"]["Arn"].endswith(":instance-profile/node")
    assert base64.b64decode(told) == b"hello"


def test_nothing_of_a_machine_is_left(ec2: Any, template: str, place: dict[str, Any]) -> None:
    found = machine(ec2, fleet(ec2, template, [{"InstanceType": "m7i.large", "SubnetId": place["subnets"][0]}]))
    ids = [found["InstanceId"]]
    ec2.terminate_instances(InstanceIds=ids)
    assert ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": ids}])["Volumes"] == []
    interface = found["NetworkInterfaces"][0]["NetworkInterfaceId"]
    running = [{"Name": "instance-state-name", "Values": ["running"]}]
    assert ec2.describe_instances(InstanceIds=ids, Filters=running)["Reservations"] == []
    with pytest.raises(ClientError, match=r"InvalidNetworkInterfaceID\.NotFound"):
        ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])


def test_a_spare_machine_says_that_it_is_one(ec2: Any, template: str, place: dict[str, Any]) -> None:
    wanted = [{"InstanceType": "m7i.large", "SubnetId": place["subnets"][0]}]
    found = machine(ec2, fleet(ec2, template, wanted, "spot"))
    assert (found["InstanceLifecycle"], found["SpotInstanceRequestId"][:4]) == ("spot", "sir-")


def test_what_cannot_be_started_is_told_and_the_next_is_taken(ec2: Any, template: str, place: dict[str, Any]) -> None:
    subnet = place["subnets"][0]
    wanted = [{"InstanceType": each, "SubnetId": subnet} for each in ("t1.micro", "m7i.large")]
    without_image = fleet(ec2, template, [{**wanted[1], "ImageId": "ami-00000000000000000"}])
    answer = fleet(ec2, template, wanted)
    assert (without_image["Instances"], without_image["Errors"][0]["ErrorCode"]) == ([], "InvalidAMIID.NotFound")
    assert answer["Instances"][0]["InstanceType"] == "m7i.large"
    assert fleet(ec2, template, wanted[:1])["Errors"][0]["ErrorCode"] == "Unsupported"


def test_a_profile_that_is_not_there_is_told(ec2: Any, place: dict[str, Any]) -> None:
    data = {"ImageId": place["image"], "IamInstanceProfile": {"Name": "nobody"}}
    ec2.create_launch_template(LaunchTemplateName="nobody", LaunchTemplateData=data)
    (error,) = fleet(ec2, "nobody", [{"InstanceType": "m7i.large", "SubnetId": place["subnets"][0]}])["Errors"]
    assert error["ErrorMessage"].endswith("Invalid IAM Instance Profile name")
    template = {"LaunchTemplateName": "nobody", "Version": "$Latest"}
    dry = refusal(lambda: ec2.run_instances(MinCount=1, MaxCount=1, LaunchTemplate=template, DryRun=True))
    assert dry.startswith("400 InvalidParameterValue: ")


def test_a_dry_run_starts_nothing(ec2: Any, template: str, place: dict[str, Any]) -> None:
    wanted = [{"InstanceType": "m7i.large", "SubnetId": place["subnets"][0]}]
    before = len(ec2.describe_instances()["Reservations"])
    assert " DryRunOperation: " in refusal(lambda: fleet(ec2, template, wanted, DryRun=True))
    assert " DryRunOperation: " in refusal(lambda: ec2.describe_instance_types(DryRun=True))
    assert len(ec2.describe_instances()["Reservations"]) == before


@pytest.mark.parametrize(
    ("architecture", "variant", "release", "name"),
    [
        pytest.param("x86_64", "standard", "recommended", "x86_64-standard-1.35-v20260801", id="recommended"),
        pytest.param(
            "arm64",
            "nvidia",
            "amazon-eks-node-al2023-arm64-nvidia-1.35-v20260702",
            "arm64-nvidia-1.35-v20260702",
            id="a release",
        ),
    ],
)
def test_an_image_of_eks_is_found_by_its_parameter(
    cloud: Cloud, ec2: Any, architecture: str, variant: str, release: str, name: str
) -> None:
    path = IMAGE.format(architecture, variant, release)
    id = cloud.client("ssm").get_parameter(Name=path)["Parameter"]["Value"]
    (image,) = ec2.describe_images(Filters=[{"Name": "image-id", "Values": [id]}])["Images"]
    assert (image["Name"], image["Architecture"]) == (f"amazon-eks-node-al2023-{name}", architecture)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(RECOMMENDED.replace("1.35", "1.2"), id="no minor of today"),
        pytest.param(IMAGE.format("arm64", "neuron", "recommended"), id="no such variant"),
        pytest.param(IMAGE.format("x86_64", "standard", "v20260801"), id="a release without its name"),
        pytest.param("/own", id="own"),
    ],
)
def test_what_is_no_image_of_eks_is_not_there(cloud: Cloud, path: str) -> None:
    assert " ParameterNotFound: " in refusal(lambda: cloud.client("ssm").get_parameter(Name=path))


def test_a_template_takes_an_image_by_its_parameter(stacks: Stacks) -> None:
    declared = {"Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", "Default": RECOMMENDED}
    vpc = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
    stacks.create({"Vpc": vpc}, Parameters={"Image": declared}, Outputs={"Image": {"Value": {"Ref": "Image"}}})
    assert stacks.outputs()["Image"].startswith("ami-")


def test_types_are_those_of_the_region_page_by_page(ec2: Any) -> None:
    wanted = [{"Name": "processor-info.supported-architecture", "Values": ["arm64"]}]
    pages = list(
        ec2.get_paginator("describe_instance_types").paginate(Filters=wanted, PaginationConfig={"PageSize": 100})
    )
    found = [each for page in pages for each in page["InstanceTypes"]]
    names = {each["InstanceType"] for each in found}
    assert (len(pages) > 1, "m7g.large" in names, "m7i.large" in names) == (True, True, False)
    assert all(len(page["InstanceTypes"]) <= 100 for page in pages)


def test_prices_are_those_of_the_facts(cloud: Cloud, ec2: Any) -> None:
    known = prices(REGION).by_type["m7i.large"]
    spot = ec2.describe_spot_price_history(InstanceTypes=["m7i.large"])["SpotPriceHistory"]
    assert {each["AvailabilityZone"] for each in spot} == {f"{REGION}{zone}" for zone in "abc"}
    assert {each["SpotPrice"] for each in spot} == {f"{known * SPOT_SHARE:.6f}"}
    fields = {"regionCode": REGION, "productFamily": "Compute Instance"}
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in fields.items()]
    listed = cloud.client("pricing").get_products(ServiceCode="AmazonEC2", Filters=filters)["PriceList"]
    (found,) = [each for each in listed if '"m7i.large"' in each]
    assert f'"USD": "{known:.10f}"' in found
