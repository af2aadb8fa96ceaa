"""IAM rules: for the load balancer controller, whose policy is long, and for every role of every variant."""

import pytest

from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.assembly import Assembly
from tests.templates.iam import Statement, listed, statements, trust
from tests.templates.variants import ACCOUNT, HUBS, OWN_WAF, REGION

CONTROLLER = "Hub/JupyterHub/LoadBalancerController/Identity/Role"
READS = ("Describe", "Get", "List")
LOAD_BALANCERS = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/*/*"


@pytest.fixture(scope="module")
def controller(shipped: Assembly) -> list[Statement]:
    return [each for each in statements(shipped["Hub"]) if each.role == CONTROLLER]


def test_load_balancer_controller_only_reads_what_is_not_its_own(controller: list[Statement]) -> None:
    unbound = [each for each in controller if each.resources == ("*",)]
    assert [
        action for each in unbound for action in each.actions if not action.partition(":")[2].startswith(READS)
    ] == []


def test_load_balancer_controller_changes_only_what_has_its_clusters_tag(controller: list[Statement]) -> None:
    """The exceptions: its VPC, security groups' rules in it, listeners and rules, firewalls, and the service's role."""
    loose = [
        action
        for each in controller
        if "elbv2.k8s.aws/cluster" not in str(each.conditions) and each.resources != ("*",)
        for action in each.actions
    ]
    assert sorted(loose) == [
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CreateSecurityGroup",
        "ec2:RevokeSecurityGroupIngress",
        "elasticloadbalancing:AddListenerCertificates",
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:CreateRule",
        "elasticloadbalancing:DeleteListener",
        "elasticloadbalancing:DeleteRule",
        "elasticloadbalancing:ModifyListener",
        "elasticloadbalancing:ModifyListenerAttributes",
        "elasticloadbalancing:ModifyRule",
        "elasticloadbalancing:RemoveListenerCertificates",
        "elasticloadbalancing:RemoveTags",
        "elasticloadbalancing:SetRulePriorities",
        "elasticloadbalancing:SetWebAcl",
        "iam:CreateServiceLinkedRole",
        "wafv2:DisassociateWebACL",
    ]


def test_load_balancer_controller_opens_ports_in_its_own_vpc(controller: list[Statement]) -> None:
    vpc = f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/${{import ExportsOutputRefNetworkVpc7FB7348F649FC110}}"
    (opening,) = (each for each in controller if "ec2:AuthorizeSecurityGroupIngress" in each.actions)
    assert opening.conditions == {"ArnEquals": {"ec2:Vpc": vpc}}


@pytest.mark.parametrize(("variant", "puts"), [("shipped", []), ("own parts", [OWN_WAF]), ("firewall of others", None)])
def test_load_balancer_controller_takes_any_firewall_away_and_puts_the_named_one(
    synthesized: Synthesized, variant: str, puts: list[str] | None
) -> None:
    hub = synthesized(variant)["Hub"]
    may: dict[str, set[str]] = {}
    for each in statements(hub):
        for action in each.actions if each.role == CONTROLLER else ():
            if "WebAcl" in action or "WebACL" in action:
                may.setdefault(action, set()).update(each.resources)
    assert hub.values("aws-load-balancer-controller")["enableWafv2"] == (puts is not None)
    assert may.pop("wafv2:AssociateWebACL", set()) == ({LOAD_BALANCERS, *puts} if puts else set())
    reads = {"wafv2:GetWebACL": {"*"}, "wafv2:GetWebACLForResource": {"*"}}
    removes = {"wafv2:DisassociateWebACL": {LOAD_BALANCERS}, "elasticloadbalancing:SetWebAcl": {LOAD_BALANCERS}}
    assert may == ({} if puts is None else reads | removes)


def test_the_firewall_is_put_on_load_balancers_without_a_condition(synthesized: Synthesized) -> None:
    controller = [each for each in statements(synthesized("own parts")["Hub"]) if each.role == CONTROLLER]
    (setting,) = (each for each in controller if "elasticloadbalancing:SetWebAcl" in each.actions)
    # Neither its request nor its resource has a condition key, says the service authorization reference.
    assert (setting.resources, setting.conditions) == ((LOAD_BALANCERS,), {})


@pytest.mark.parametrize("variant", HUBS)
def test_no_role_may_do_everything(synthesized: Synthesized, variant: str) -> None:
    assert [each for each in _all(synthesized(variant)) if any("*" in action for action in each.actions)] == []


NO_RESOURCE = "IAM knows no resource for it"
WILDCARDS = {
    "acm:AddTagsToCertificate": "the certificate is being made and has no ARN; held to the deployment's tag",
    "acm:RequestCertificate": "the certificate has no ARN yet; held to the deployment's tag",
    "acm:ListCertificates": NO_RESOURCE,
    "autoscaling:DescribeAutoScalingGroups": NO_RESOURCE,
    "autoscaling:DescribeAutoScalingInstances": NO_RESOURCE,
    "autoscaling:DescribeLaunchConfigurations": NO_RESOURCE,
    "autoscaling:DescribeScalingActivities": NO_RESOURCE,
    "autoscaling:DescribeTags": NO_RESOURCE,
    "ec2:GetInstanceTypesFromInstanceRequirements": NO_RESOURCE,
    "iam:ListInstanceProfiles": NO_RESOURCE,
    "pricing:GetProducts": NO_RESOURCE,
    "ec2:GetSecurityGroupsForVpc": "upstream asks for every VPC's; it only reads",
    "route53:ListHostedZones": NO_RESOURCE,
    "route53:ListHostedZonesByName": NO_RESOURCE,
    "wafv2:GetWebACL": "which web ACL is there is not known before it was asked",
    "wafv2:GetWebACLForResource": "which web ACL is there is not known before it was asked",
}
"""Actions that may stand beside a wildcard resource; and all of EC2's and Elastic Load Balancing's that describe."""


@pytest.mark.parametrize("variant", HUBS)
def test_every_wildcard_resource_has_its_reason(synthesized: Synthesized, variant: str) -> None:
    wild = {action for each in _all(synthesized(variant)) if "*" in each.resources for action in each.actions}
    described = {action for action in wild if action.startswith(("ec2:Describe", "elasticloadbalancing:Describe"))}
    assert wild - described - WILDCARDS.keys() == set()


@pytest.mark.parametrize("action", ["acm:AddTagsToCertificate", "acm:RequestCertificate"])
def test_certificate_handler_makes_certificates_of_this_deployment_alone(synthesized: Synthesized, action: str) -> None:
    (request,) = (each for each in _all(synthesized("parent")) if action in each.actions)
    assert request.conditions == {"StringEquals": {"aws:RequestTag/jupyterhub-eks:deployment": "jupyterhub"}}


@pytest.mark.parametrize("variant", HUBS)
def test_no_role_trusts_the_world(synthesized: Synthesized, variant: str) -> None:
    for stack in synthesized(variant).stacks.values():
        for role in stack.all(kinds.ROLE):
            for each in trust(role):
                assert each["Principal"] not in ("*", {"AWS": "*"}) or "aws:PrincipalOrgID" in str(each["Condition"])


@pytest.mark.parametrize("variant", HUBS)
def test_every_key_is_for_this_account_alone(synthesized: Synthesized, variant: str) -> None:
    for stack in synthesized(variant).stacks.values():
        for key in stack.all(kinds.KEY):
            for grant in key["Properties"]["KeyPolicy"]["Statement"]:
                assert grant["Principal"] != {"AWS": "*"} or "kms:CallerAccount" in grant["Condition"]["StringEquals"]


def _all(assembly: Assembly) -> list[Statement]:
    return [each for stack in assembly.stacks.values() for each in statements(stack) if each.effect == "Allow"]


def test_listed_reads_both_ways_that_iam_writes_lists() -> None:
    assert listed("a") == listed(["a"]) == ["a"]
