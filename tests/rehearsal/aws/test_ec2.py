"""Of a network, nothing goes that is still in use: what makes a destroy fail in AWS makes it fail here."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws import Cloud
from tests.rehearsal.stacks import Stacks, vpc


@pytest.fixture
def ec2(cloud: Cloud) -> Any:
    return cloud.client("ec2")


def of_vpc(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::EC2::{kind}", "Properties": {"VpcId": {"Ref": "Vpc"}, **properties}}


NETWORK = {
    "Vpc": vpc(),
    "Subnet": of_vpc("Subnet", CidrBlock="10.0.0.0/24"),
    "Gateway": {"Type": "AWS::EC2::InternetGateway"},
    "Attachment": of_vpc("VPCGatewayAttachment", InternetGatewayId={"Ref": "Gateway"}),
    "Address": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}, "DependsOn": "Attachment"},
    "Nat": {
        "Type": "AWS::EC2::NatGateway",
        "Properties": {"SubnetId": {"Ref": "Subnet"}, "AllocationId": {"Fn::GetAtt": ["Address", "AllocationId"]}},
    },
}


def refused(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return str(error.value.response["Error"]["Code"])


def test_what_a_nat_gateway_uses_stays_until_it_is_gone(stacks: Stacks, ec2: Any) -> None:
    stacks.create(NETWORK)
    refs = stacks.refs()
    (address,) = ec2.describe_addresses(PublicIps=[refs["Address"]])["Addresses"]
    codes = [
        refused(ec2.release_address, AllocationId=address["AllocationId"]),
        refused(ec2.detach_internet_gateway, InternetGatewayId=refs["Gateway"], VpcId=refs["Vpc"]),
        refused(ec2.delete_subnet, SubnetId=refs["Subnet"]),
    ]
    assert (codes, stacks.delete()) == (
        ["InvalidIPAddress.InUse", "DependencyViolation", "DependencyViolation"],
        "DELETE_COMPLETE",
    )


def test_a_vpc_leaves_nothing_of_its_own(stacks: Stacks, ec2: Any) -> None:
    stacks.create(NETWORK)
    own = [{"Name": "vpc-id", "Values": [stacks.refs()["Vpc"]]}]
    before = len(ec2.describe_network_acls(Filters=own)["NetworkAcls"])
    stacks.delete()
    left = [
        ec2.describe_network_acls(Filters=own)["NetworkAcls"],
        ec2.describe_network_interfaces(Filters=own)["NetworkInterfaces"],
        ec2.describe_security_groups(Filters=own)["SecurityGroups"],
    ]
    assert (before, left) == (1, [[], [], []])


def test_a_security_group_that_a_controller_made_holds_the_vpc(stacks: Stacks, ec2: Any) -> None:
    stacks.create({"Vpc": vpc()})
    group = ec2.create_security_group(GroupName="of-a-balancer", Description="x", VpcId=stacks.refs()["Vpc"])["GroupId"]
    failed = stacks.delete()
    reason = stacks.described()["StackStatusReason"]
    ec2.delete_security_group(GroupId=group)
    assert (failed, group in reason, stacks.delete()) == ("DELETE_FAILED", True, "DELETE_COMPLETE")


def test_a_security_group_that_another_one_names_stays(stacks: Stacks, ec2: Any) -> None:
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "SourceSecurityGroupId": {"Ref": "Named"}}
    stacks.create(
        {
            "Vpc": vpc(),
            "Named": of_vpc("SecurityGroup", GroupDescription="named"),
            "Naming": of_vpc("SecurityGroup", GroupDescription="naming", SecurityGroupIngress=[rule]),
        }
    )
    code = refused(ec2.delete_security_group, GroupId=stacks.refs()["Named"])
    assert (code, stacks.delete()) == ("DependencyViolation", "DELETE_COMPLETE")
