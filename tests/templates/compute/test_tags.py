"""Tags: CloudFormation's reach what it makes; what services and controllers make by themselves has them otherwise."""

import json
from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.assembly import Assembly, construct_alone, made
from tests.templates.template import Template
from tests.templates.variants import REGION, SHIPPED, VARIANTS

TAGS = {"CostCenter": "4711", "Owner": "research team"}
OURS = {"jupyterhub-eks:deployment": "jupyterhub"}

FREE = {
    "AWS::Backup::BackupSelection",
    "AWS::CDK::Metadata",
    "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolDomain",
    "AWS::Cognito::UserPoolGroup",
    "AWS::Cognito::UserPoolUser",
    "AWS::Cognito::UserPoolUserToGroupAttachment",
    "AWS::EC2::LaunchTemplate",  # has tags of its own, for what is started with it, too
    "AWS::EC2::Route",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::EFS::MountTarget",
    "AWS::IAM::InstanceProfile",
    "AWS::IAM::Policy",
    "AWS::Lambda::LayerVersion",
    "AWS::Route53::RecordSet",
    "AWS::SQS::QueuePolicy",
}
"""The types that CloudFormation does not tag."""


@pytest.fixture(scope="module")
def tagged(synthesized: Synthesized) -> Template:
    synthesized("shipped")  # has the process ready
    context = {**SHIPPED, "tags": TAGS, "storage.home": "ebs", "dns.subzone.account": "parent"}
    return made(context)["Hub"]


def test_cloudformation_tags_all_that_is_paid_for(synthesized: Synthesized) -> None:
    used = {
        resource["Type"]
        for variant in ("shipped", "parent", "EBS homes", "Cognito", "thrown away", "Karpenter")
        for stack in synthesized(variant).stacks.values()
        for resource in stack.resources.values()
        if not resource["Type"].startswith("Custom::")
    }
    assert {each for each in used - FREE if not _taggable(each)} == set()


def _taggable(kind: str) -> bool:
    found: Any = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    return bool(found["tagging"]["taggable"])


def test_all_that_is_paid_for_carries_the_deployment_s_tag(shipped: Assembly) -> None:
    assert [shipped.artifacts[stack]["properties"]["tags"] for stack in ("Dns", "Data", "Hub")] == [OURS] * 3


def test_nodes_bring_the_tags_to_machines_disks_and_network_interfaces(tagged: Template) -> None:
    for template in tagged.all(kinds.LAUNCH_TEMPLATE):
        specified = template["Properties"]["LaunchTemplateData"]["TagSpecifications"]
        found = {each["ResourceType"]: {tag["Key"]: tag["Value"] for tag in each["Tags"]} for each in specified}
        assert found.keys() == {"instance", "volume", "network-interface"}
        assert all(tags.items() >= {**TAGS, **OURS}.items() for tags in found.values())
        assert found["instance"]["Name"].startswith("jupyterhub-")


def test_launch_templates_have_the_deployment_s_tag_and_a_name_without_others(shipped: Assembly) -> None:
    """Another version of theirs replaces every node."""
    for template in shipped["Hub"].all(kinds.LAUNCH_TEMPLATE):
        specified = template["Properties"]["LaunchTemplateData"]["TagSpecifications"]
        assert [(each["ResourceType"], len(each["Tags"])) for each in specified] == [
            ("instance", 2),
            ("volume", 2),
            ("network-interface", 1),
        ]


def test_the_volume_driver_tags_its_volumes(tagged: Template) -> None:
    assert _settings(tagged, "aws-ebs-csi-driver")["controller"] == {"extraVolumeTags": TAGS}


def test_tags_are_no_parameter_of_a_storage_class(tagged: Template) -> None:
    """Those can never be changed."""
    assert "4711" not in json.dumps(tagged.objects["StorageClass", "home"])


def test_the_network_plugin_tags_the_interfaces_that_it_adds(tagged: Template) -> None:
    settings = _settings(tagged, "vpc-cni")
    assert json.loads(settings.pop("env")["ADDITIONAL_ENI_TAGS"]) == {**TAGS, **OURS}
    assert settings == {"enableNetworkPolicy": "true"}


def test_the_load_balancer_and_what_belongs_to_it_carry_the_tags(tagged: Template) -> None:
    annotations = tagged.objects["Ingress", "hub"]["metadata"]["annotations"]
    assert annotations["alb.ingress.kubernetes.io/tags"] == (
        "CostCenter=4711,Owner=research team,jupyterhub-eks:deployment=jupyterhub"
    )


def test_the_certificate_of_the_custom_resource_carries_them_and_can_lose_them(tagged: Template) -> None:
    given = tagged.properties(kinds.CERTIFICATE_ACROSS)["Tags"]
    assert given == {**TAGS, **OURS}
    assert "acm:RemoveTagsFromCertificate" in tagged.text


def test_the_construct_tags_what_it_makes_in_a_stack_of_somebody_elses() -> None:
    context = {**VARIANTS["construct alone"], "tags": TAGS}
    stack = made(context, construct_alone)["Hub"]
    untagged = {
        resource["Type"]
        for resource in stack.resources.values()
        if "4711" not in json.dumps(resource) and not resource["Type"].startswith("Custom::")
    }
    # The functions are those of CDK's own custom resources, which it makes beside the construct, with roles and logs.
    besides = {"AWS::IAM::Role", "AWS::Lambda::Function", "AWS::Logs::LogGroup", "AWS::SSM::Parameter"}
    assert untagged - FREE == besides


def _settings(hub: Template, addon: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(hub.resources[hub.addon(addon)]["Properties"]["ConfigurationValues"])
    return found
