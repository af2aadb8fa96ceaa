"""The subzone in the workload account or in the DNS account: DomainOperatorRole and the delegation."""

from typing import Any

import pytest

from blueprint.config.facts.regions import ROUTE_53
from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.assembly import Assembly, made
from tests.templates.iam import statements
from tests.templates.template import Template, plain
from tests.templates.variants import ACCOUNT, DNS_ACCOUNT, REGION, SHIPPED

ZONE_ID = "Z0123456789ABCDEFGHIJ"
ROLE = f"arn:aws:iam::{DNS_ACCOUNT}:role/DomainOperatorRole"
SUBZONE, PARENT = "dev.example.com", "example.com"


@pytest.fixture(scope="module")
def across(synthesized: Synthesized) -> Assembly:
    """The subzone in the DNS account."""
    return synthesized("parent")


@pytest.fixture(scope="module")
def guarded(synthesized: Synthesized) -> Assembly:
    """The same, with an external id, the parent zone's id, and trust in an organisation."""
    return synthesized("parent, guarded")


# DomainOperatorRole: whom it trusts, and with what.


def _trust(parent_dns: Template) -> list[dict[str, Any]]:
    (role,) = (each["Properties"] for each in parent_dns.all(kinds.ROLE) if "RoleName" in each["Properties"])
    found: list[dict[str, Any]] = plain(role["AssumeRolePolicyDocument"]["Statement"])
    return found


def test_role_has_the_name_that_is_assumed(shipped: Assembly) -> None:
    assert shipped["ParentDns"].properties(kinds.ROLE)["RoleName"] == "DomainOperatorRole"


def test_role_trusts_the_workload_account_alone(shipped: Assembly) -> None:
    assert _trust(shipped["ParentDns"]) == [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
    ]


def test_role_trusts_an_organisation_that_knows_the_external_id(guarded: Assembly) -> None:
    anyone, organization = {"Effect": "Allow", "Principal": {"AWS": "*"}}, {"aws:PrincipalOrgID": "o-abcdefghij"}
    assert _trust(guarded["ParentDns"]) == [
        {
            **anyone,
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {**organization, "sts:ExternalId": "hub-42"}},
        },
        # Under the external id it would allow nothing: only AssumeRole knows one.
        {**anyone, "Action": "sts:TagSession", "Condition": {"StringEquals": organization}},
    ]


def test_role_asks_for_the_workload_account_where_it_is_not_known(seed: Assembly) -> None:
    (trust,) = _trust(seed["ParentDns"])
    parameter = seed["ParentDns"].body["Parameters"]["WorkloadAccount"]
    assert trust["Principal"] == {"AWS": "arn:${AWS::Partition}:iam::${WorkloadAccount}:root"}
    assert (parameter["AllowedPattern"], "Default" in parameter) == ("[0-9]{12}", False)


NS_RECORD = {
    "ForAllValues:StringEquals": {
        "route53:ChangeResourceRecordSetsRecordTypes": ["NS"],
        "route53:ChangeResourceRecordSetsActions": ["UPSERT", "DELETE"],
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": [SUBZONE],
    }
}


@pytest.mark.parametrize(
    ("variant", "rights"),
    [
        pytest.param(
            "shipped",
            [
                (("route53:ChangeResourceRecordSets",), ("arn:${AWS::Partition}:route53:::hostedzone/*",), NS_RECORD),
                (("route53:ListHostedZonesByName",), ("*",), {}),
            ],
            id="parent zone by name",
        ),
        pytest.param(
            "zone id",
            [
                (
                    ("route53:ChangeResourceRecordSets",),
                    (f"arn:${{AWS::Partition}}:route53:::hostedzone/{ZONE_ID}",),
                    NS_RECORD,
                )
            ],
            id="parent zone by id",
        ),
    ],
)
def test_role_may_delegate_the_subzone_and_nothing_else(
    synthesized: Synthesized, variant: str, rights: list[tuple[Any, ...]]
) -> None:
    found = statements(synthesized(variant)["ParentDns"])
    assert [(each.actions, each.resources, each.conditions) for each in found] == rights


@pytest.mark.parametrize("variant", ["parent", "parent, guarded"])
def test_role_may_write_to_the_subzone_in_its_account_and_to_no_other(synthesized: Synthesized, variant: str) -> None:
    parent_dns = synthesized(variant)["ParentDns"]
    (zone,) = parent_dns.ids(kinds.ZONE)
    operator = [each for each in statements(parent_dns) if each.role == "ParentDns/DomainOperator/Role"]
    changing = {each.resources for each in operator if any("Change" in action for action in each.actions)}
    assert changing == {(f"arn:aws:route53:::hostedzone/${{{zone}}}",)}
    assert {action for each in operator for action in each.actions} == {
        "route53:ChangeResourceRecordSets",
        "route53:ListResourceRecordSets",
        "route53:ListHostedZones",
        "route53:ListHostedZonesByName",
    }


def test_role_writes_no_records_that_delegate_further(across: Assembly) -> None:
    operator = (each for each in statements(across["ParentDns"]) if each.role == "ParentDns/DomainOperator/Role")
    (changing,) = (each for each in operator if "NS" in str(each) or "CNAME" in str(each))
    types = changing.conditions["ForAllValues:StringEquals"]["route53:ChangeResourceRecordSetsRecordTypes"]
    assert types == ["A", "AAAA", "CNAME", "TXT"]


# The subzone and its delegation.


def test_subzone_is_delegated_through_the_role(shipped: Assembly) -> None:
    delegation = plain(shipped["Dns"].properties(kinds.DELEGATION))
    (zone,) = shipped["Dns"].ids(kinds.ZONE)
    del delegation["ServiceToken"]
    assert delegation == {
        "RoleArn": ROLE,
        "HostedZoneName": PARENT,
        "SubzoneName": SUBZONE,
        "NameServers": f"${{{zone}.NameServers}}",
    }


def test_delegation_takes_the_place_of_cdks_function(shipped: Assembly) -> None:
    """So that an update has it, and no longer CDK's, told that what that one made is deleted."""
    place = "CustomCrossAccountZoneDelegationCustomResourceProviderHandler44A84265"
    assert shipped["Dns"].resources[place]["Properties"]["Handler"] == "handlers.delegation.answer"
    assert shipped["Dns"].properties(kinds.DELEGATION)["ServiceToken"] == {"Fn::GetAtt": [place, "Arn"]}


def test_parent_zone_is_not_looked_up_where_its_id_is_known(synthesized: Synthesized) -> None:
    delegation = synthesized("zone id")["Dns"].properties(kinds.DELEGATION)
    assert (delegation["HostedZoneId"], "HostedZoneName" in delegation) == (ZONE_ID, False)


@pytest.mark.parametrize(
    ("variant", "parent"),
    [("parent", {"HostedZoneName": f"{PARENT}."}), ("parent, guarded", {"HostedZoneId": ZONE_ID})],
)
def test_subzone_in_the_dns_account_is_delegated_there(
    synthesized: Synthesized, variant: str, parent: dict[str, str]
) -> None:
    parent_dns = synthesized(variant)["ParentDns"]
    (zone,) = parent_dns.ids(kinds.ZONE)
    assert plain(parent_dns.properties(kinds.RECORD)) == {
        **parent,
        "Name": f"{SUBZONE}.",
        "Type": "NS",
        "TTL": "1800",
        "ResourceRecords": f"${{{zone}.NameServers}}",
    }


def test_workload_account_has_no_zone_where_the_dns_account_has_it(across: Assembly) -> None:
    assert set(across.stacks) == {"ParentDns", "Data", "Hub"}
    assert across["Hub"].ids(kinds.ZONE) + across["Data"].ids(kinds.ZONE) == []


@pytest.mark.parametrize(
    ("variant", "stack"), [("shipped", "Dns"), ("parent", "ParentDns"), ("construct alone", "Hub")]
)
def test_zone_is_emptied_of_validation_records_on_delete(synthesized: Synthesized, variant: str, stack: str) -> None:
    template = synthesized(variant)[stack]
    (zone,) = template.ids(kinds.ZONE)
    assert plain(template.properties(kinds.EMPTYING)["HostedZoneId"]) == f"${{{zone}}}"


@pytest.mark.parametrize(("variant", "stack"), [("shipped", "Dns"), ("parent", "ParentDns")])
def test_emptying_may_delete_validation_records_below_the_subzone_and_nothing_else(
    synthesized: Synthesized, variant: str, stack: str
) -> None:
    emptying = [each for each in statements(synthesized(variant)[stack]) if "Emptying" in each.role]
    (changing,) = (each for each in emptying if "route53:ChangeResourceRecordSets" in each.actions)
    assert changing.conditions == {
        "ForAllValues:StringEquals": {
            "route53:ChangeResourceRecordSetsRecordTypes": ["CNAME"],
            "route53:ChangeResourceRecordSetsActions": ["DELETE"],
        },
        "ForAllValues:StringLike": {"route53:ChangeResourceRecordSetsNormalizedRecordNames": [f"*.{SUBZONE}"]},
    }


@pytest.mark.parametrize(
    ("changes", "region"),
    [
        pytest.param({}, REGION, id="the workload's"),
        pytest.param({"workload.region": "me-central-1"}, "us-east-1", id="not one to opt in to"),
        pytest.param({"workload.region": "me-central-1", "parent.dns.region": "eu-west-1"}, "eu-west-1", id="chosen"),
    ],
)
def test_stack_of_the_dns_account_is_in_a_region_that_the_account_has(changes: dict[str, Any], region: str) -> None:
    assembly = made({**SHIPPED, **changes})
    assert assembly.artifacts["ParentDns"]["environment"] == f"aws://{DNS_ACCOUNT}/{region}"


def test_external_dns_asks_the_sts_of_route_53s_region_for_the_role(across: Assembly, shipped: Assembly) -> None:
    regions = [
        {each["name"]: each["value"] for each in assembly["Hub"].values("external-dns")["env"]}["AWS_REGION"]
        for assembly in (across, shipped)
    ]
    assert regions == [ROUTE_53, "${AWS::Region}"]
