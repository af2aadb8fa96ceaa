"""What CloudFormation does with stacks, through its API."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws import Cloud
from tests.rehearsal.stacks import FAULTY, Resources, Stacks, parameter, vpc


def test_resources_are_made_in_order_of_dependencies(stacks: Stacks) -> None:
    status = stacks.create(
        {
            "Last": parameter(DependsOn="Second"),
            "Second": parameter({"Ref": "First"}),
            "First": parameter(),
        }
    )
    assert (status, stacks.events("CREATE_COMPLETE")) == ("CREATE_COMPLETE", ["First", "Second", "Last"])


def test_a_stack_is_described_when_it_is_at_rest(stacks: Stacks, cloud: Cloud) -> None:
    resources = {"First": parameter(), "Second": parameter({"Ref": "First"})}
    template = json.dumps({"Resources": resources})
    cloud.client("cloudformation").create_stack(StackName=stacks.name, TemplateBody=template)
    assert stacks.described()["StackStatus"] == "CREATE_COMPLETE"


def test_resources_are_unmade_in_reverse_order(stacks: Stacks) -> None:
    stacks.create({"First": parameter(), "Second": parameter({"Ref": "First"}), "Last": parameter(DependsOn="Second")})
    id = stacks.described()["StackId"]
    assert stacks.delete() == "DELETE_COMPLETE"
    stacks.name = ""
    assert stacks.events("DELETE_COMPLETE", id) == ["Last", "Second", "First"]


def test_a_failure_unmakes_what_was_made(stacks: Stacks, cloud: Cloud) -> None:
    status = stacks.create({"Vpc": vpc("10.77.0.0/16"), "Route": {**FAULTY, "DependsOn": "Vpc"}})
    left = cloud.client("ec2").describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.77.0.0/16"]}])["Vpcs"]
    assert (status, left) == ("ROLLBACK_COMPLETE", [])


def test_a_failure_tells_what_aws_said(stacks: Stacks) -> None:
    stacks.create({"Route": FAULTY})
    assert stacks.reasons("CREATE_FAILED") == [
        "InvalidRouteTableID.NotFound: The routeTable ID 'rtb-none' does not exist"
    ]


def test_nothing_that_waits_for_a_failure_is_begun(stacks: Stacks) -> None:
    stacks.create({"Route": FAULTY, "Late": parameter(DependsOn="Route")})
    assert stacks.events("CREATE_IN_PROGRESS") == ["Route"]


def test_a_property_changes_in_place(stacks: Stacks, cloud: Cloud) -> None:
    stacks.create({"Parameter": parameter("old")})
    before = stacks.refs()
    status = stacks.update({"Parameter": parameter("new")})
    value = cloud.client("ssm").get_parameter(Name=before["Parameter"])["Parameter"]["Value"]
    assert (status, stacks.refs(), value) == ("UPDATE_COMPLETE", before, "new")


def test_what_did_not_change_is_left_alone(stacks: Stacks) -> None:
    stacks.create({"Changing": parameter("old"), "Same": parameter()})
    stacks.update({"Changing": parameter("new"), "Same": parameter()})
    assert stacks.events("UPDATE_IN_PROGRESS") == ["Changing"]


def test_a_change_reaches_what_refers_to_it(stacks: Stacks, cloud: Cloud) -> None:
    def reader(cidr: str) -> Resources:
        return {"Vpc": vpc(cidr), "Reader": parameter({"Ref": "Vpc"})}

    stacks.create(reader("10.0.0.0/16"))
    stacks.update(reader("10.1.0.0/16"))
    refs = stacks.refs()
    assert cloud.client("ssm").get_parameter(Name=refs["Reader"])["Parameter"]["Value"] == refs["Vpc"]


def test_a_property_that_cannot_change_replaces_the_resource(stacks: Stacks, cloud: Cloud) -> None:
    stacks.create({"Vpc": vpc("10.0.0.0/16")})
    old = stacks.refs()["Vpc"]
    stacks.update({"Vpc": vpc("10.1.0.0/16")})
    vpcs = {each["VpcId"] for each in cloud.client("ec2").describe_vpcs()["Vpcs"]}
    new = stacks.refs()["Vpc"]
    assert (old != new, old in vpcs, new in vpcs) == (True, False, True)


def test_what_a_template_drops_is_unmade_last(stacks: Stacks) -> None:
    stacks.create({"Gone": parameter(), "Stays": parameter("old")})
    status = stacks.update({"Stays": parameter("new")})
    assert (status, list(stacks.refs()), stacks.events("DELETE_COMPLETE")) == ("UPDATE_COMPLETE", ["Stays"], ["Gone"])


def test_a_failed_change_changes_all_back(stacks: Stacks, cloud: Cloud) -> None:
    stacks.create({"Parameter": parameter("old"), "Vpc": vpc("10.0.0.0/16")})
    before = stacks.refs()
    status = stacks.update(
        {
            "Parameter": parameter("new"),
            "Vpc": vpc("10.9.0.0/16"),
            "New": parameter(),
            "Route": {**FAULTY, "DependsOn": ["Parameter", "Vpc", "New"]},
        }
    )
    value = cloud.client("ssm").get_parameter(Name=before["Parameter"])["Parameter"]["Value"]
    replacements = cloud.client("ec2").describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.9.0.0/16"]}])["Vpcs"]
    assert (status, stacks.refs(), value, replacements) == ("UPDATE_ROLLBACK_COMPLETE", before, "old", [])


def test_a_stack_can_be_changed_after_a_failed_change(stacks: Stacks) -> None:
    stacks.create({"Parameter": parameter("old")})
    stacks.update({"Parameter": parameter("new"), "Route": {**FAULTY, "DependsOn": "Parameter"}})
    assert stacks.update({"Parameter": parameter("newer")}) == "UPDATE_COMPLETE"


def test_what_is_replaced_goes_by_its_own_policy(stacks: Stacks, cloud: Cloud) -> None:
    stacks.create({"Goes": vpc(DeletionPolicy="Retain"), "Stays": vpc(UpdateReplacePolicy="Retain")})
    old = stacks.refs()
    stacks.update({name: vpc("10.1.0.0/16") for name in old})
    vpcs = {each["VpcId"] for each in cloud.client("ec2").describe_vpcs()["Vpcs"]}
    assert (old["Goes"] in vpcs, old["Stays"] in vpcs) == (False, True)


@pytest.mark.parametrize("policy", ["Retain", "RetainExceptOnCreate"])
def test_what_is_to_be_kept_outlives_its_stack(stacks: Stacks, cloud: Cloud, policy: str) -> None:
    stacks.create({"Vpc": vpc(DeletionPolicy=policy)})
    ref = stacks.refs()["Vpc"]
    stacks.delete()
    assert cloud.client("ec2").describe_vpcs(VpcIds=[ref])["Vpcs"]


def test_what_is_to_be_kept_except_on_create_goes_when_its_stack_fails(stacks: Stacks, cloud: Cloud) -> None:
    stacks.create(
        {
            "Vpc": vpc("10.78.0.0/16", DeletionPolicy="RetainExceptOnCreate"),
            "Route": {**FAULTY, "DependsOn": "Vpc"},
        }
    )
    assert not cloud.client("ec2").describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.78.0.0/16"]}])["Vpcs"]


def test_a_stack_whose_resource_cannot_be_unmade_says_so_and_can_be_unmade_again(stacks: Stacks, cloud: Cloud) -> None:
    stacks.create({"Zone": {"Type": "AWS::Route53::HostedZone", "Properties": {"Name": f"{stacks.name}.example"}}})
    zone = stacks.refs()["Zone"]
    record = {"Name": f"a.{stacks.name}.example", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": '"x"'}]}

    def change(action: str) -> None:
        changes = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
        cloud.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=changes)

    change("CREATE")
    first = stacks.delete()
    change("DELETE")
    assert (first, stacks.delete()) == ("DELETE_FAILED", "DELETE_COMPLETE")


def test_another_stack_reads_an_export(stacks: Stacks) -> None:
    name = f"{stacks.name}-vpc"
    stacks.create({"Vpc": vpc()}, Outputs={"Id": {"Value": {"Ref": "Vpc"}, "Export": {"Name": name}}})
    stacks.create({"Reader": parameter()}, "b", Outputs={"Id": {"Value": {"Fn::ImportValue": name}}})
    assert stacks.outputs("b") == {"Id": stacks.refs()["Vpc"]}


def test_an_export_in_use_holds_its_stack(stacks: Stacks) -> None:
    name = f"{stacks.name}-vpc"
    stacks.create({"Vpc": vpc()}, Outputs={"Id": {"Value": {"Ref": "Vpc"}, "Export": {"Name": name}}})
    stacks.create({"Reader": parameter({"Fn::ImportValue": name})}, "b")
    assert (stacks.delete(), stacks.described()["StackStatusReason"]) == (
        "DELETE_FAILED",
        f"Cannot delete export {name} as it is in use by {stacks.name}b.",
    )


def test_a_stack_that_was_rolled_back_uses_no_export(stacks: Stacks) -> None:
    name = f"{stacks.name}-vpc"
    stacks.create({"Vpc": vpc()}, Outputs={"Id": {"Value": {"Ref": "Vpc"}, "Export": {"Name": name}}})
    stacks.create({"Reader": parameter({"Fn::ImportValue": name}), "Route": {**FAULTY, "DependsOn": "Reader"}}, "b")
    assert (stacks.described("b")["StackStatus"], stacks.delete()) == ("ROLLBACK_COMPLETE", "DELETE_COMPLETE")


def test_an_export_in_use_keeps_its_value(stacks: Stacks) -> None:
    def exporting(cidr: str) -> dict[str, object]:
        output = {"Value": {"Ref": "Vpc"}, "Export": {"Name": f"{stacks.name}-vpc"}}
        return {"resources": {"Vpc": vpc(cidr)}, "Outputs": {"Id": output}}

    stacks.create(**exporting("10.0.0.0/16"))  # type: ignore[arg-type]
    stacks.create({"Reader": parameter({"Fn::ImportValue": f"{stacks.name}-vpc"})}, "b")
    assert stacks.update(**exporting("10.1.0.0/16")) == "UPDATE_ROLLBACK_COMPLETE"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        pytest.param(
            {"Type": "AWS::SNS::Topic"},
            "It: the stand-in does not know resources of type AWS::SNS::Topic",
            id="unknown type",
        ),
        pytest.param(
            {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlok": "10.0.0.0/16"}},
            "It: Properties validation failed for AWS::EC2::VPC: extraneous key [CidrBlok] is not permitted",
            id="unknown property",
        ),
        pytest.param(
            {"Type": "AWS::EC2::Subnet", "Properties": {"CidrBlock": "10.0.0.0/16"}},
            "It: Properties validation failed for AWS::EC2::Subnet: required key [VpcId] not found",
            id="missing property",
        ),
    ],
)
def test_what_the_stand_in_does_not_know_is_refused_before_anything_is_made(
    stacks: Stacks, resource: dict[str, object], message: str
) -> None:
    with pytest.raises(ClientError) as refused:
        stacks.create({"It": resource})
    assert refused.value.response["Error"]["Message"] == message


def test_what_the_stand_in_cannot_change_fails(stacks: Stacks) -> None:
    def volume(size: int) -> dict[str, dict[str, object]]:
        return {
            "Volume": {"Type": "AWS::EC2::Volume", "Properties": {"AvailabilityZone": "eu-central-1a", "Size": size}}
        }

    stacks.create(volume(1))
    status = stacks.update(volume(2))
    assert (status, stacks.reasons("UPDATE_FAILED")) == (
        "UPDATE_ROLLBACK_COMPLETE",
        ["The stand-in cannot change Size of AWS::EC2::Volume in place."],
    )


def test_a_stack_without_changes_is_not_updated(stacks: Stacks) -> None:
    stacks.create({"Parameter": parameter()})
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stacks.update({"Parameter": parameter()})


def test_a_rule_that_does_not_hold_refuses_the_template(stacks: Stacks) -> None:
    rule = {"Assertions": [{"Assert": {"Fn::Contains": [["6"], "5"]}, "AssertDescription": "Bootstrap again"}]}
    with pytest.raises(ClientError, match="Template Rule failed: Bootstrap again"):
        stacks.create({"Parameter": parameter()}, Rules={"Version": rule})


def test_a_parameter_reads_the_parameter_store(stacks: Stacks, cloud: Cloud) -> None:
    cloud.client("ssm").put_parameter(Name=f"/{stacks.name}", Value="stored", Type="String")
    stacks.create(
        {"Parameter": parameter()},
        Parameters={"Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": f"/{stacks.name}"}},
        Outputs={"Value": {"Value": {"Ref": "Stored"}}},
    )
    assert stacks.outputs() == {"Value": "stored"}


def test_the_previous_value_of_a_stored_parameter_is_its_name(stacks: Stacks, cloud: Cloud) -> None:
    ssm = cloud.client("ssm")
    ssm.put_parameter(Name=f"/{stacks.name}", Value="old", Type="String")
    parameters = {"Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/none"}}
    template = {
        "Resources": {"Parameter": parameter()},
        "Parameters": parameters,
        "Outputs": {"Value": {"Value": {"Ref": "Stored"}}},
    }
    api, body = cloud.client("cloudformation"), json.dumps(template)
    given = [{"ParameterKey": "Stored", "ParameterValue": f"/{stacks.name}"}]
    stacks.wait(api.create_stack(StackName=stacks.name, TemplateBody=body, Parameters=given)["StackId"])
    ssm.put_parameter(Name=f"/{stacks.name}", Value="new", Type="String", Overwrite=True)
    previous = [{"ParameterKey": "Stored", "UsePreviousValue": True}]
    stacks.wait(api.update_stack(StackName=stacks.name, TemplateBody=body, Parameters=previous)["StackId"])
    assert stacks.outputs() == {"Value": "new"}


def test_a_role_that_does_not_exist_cannot_be_taken_by_cloudformation(cloud: Cloud, stacks: Stacks) -> None:
    with pytest.raises(ClientError, match="is not authorized to perform: sts:AssumeRole"):
        cloud.client("cloudformation").create_stack(
            StackName=stacks.name,
            TemplateBody=json.dumps({"Resources": {"Parameter": parameter()}}),
            RoleARN=f"arn:aws:iam::{cloud.account}:role/none",
        )
