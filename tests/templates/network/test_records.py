"""What is written into the subzone, wherever it is: ExternalDNS's records and the certificate's validation."""

from typing import Any

import pytest

from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.assembly import Assembly
from tests.templates.template import plain
from tests.templates.variants import ACCOUNT, DNS_ACCOUNT, OWN_CERTIFICATE

ROLE = f"arn:aws:iam::{DNS_ACCOUNT}:role/DomainOperatorRole"
HOST, SUBZONE = "jupyter.dev.example.com", "dev.example.com"
FOUND = "${JupyterHubRecordsSubzoneZoneA335FA2F}"
OWNER = f"jupyterhub-eu-central-1-{ACCOUNT}"


def _external_dns(assembly: Assembly) -> dict[str, Any]:
    return assembly["Hub"].values("external-dns")


COMMON = {"aws-zone-type": "public", "ingress-class": "alb"}


@pytest.mark.parametrize(
    ("variant", "arguments"),
    [
        pytest.param(
            "shipped",
            {"zone-id-filter": "${import ExportsOutputRefSubzoneZone02BBCBFA5A353B46}"},
            id="its own identity, one zone",
        ),
        pytest.param("parent", {"zone-id-filter": FOUND, "aws-assume-role": ROLE}, id="through the role"),
        pytest.param(
            "parent, guarded",
            {"zone-id-filter": FOUND, "aws-assume-role": ROLE, "aws-assume-role-external-id": "hub-42"},
            id="through the role, with an external id",
        ),
    ],
)
def test_external_dns_writes_to_the_subzone(synthesized: Synthesized, variant: str, arguments: dict[str, str]) -> None:
    assert _external_dns(synthesized(variant))["extraArgs"] == {**COMMON, **arguments}


@pytest.mark.parametrize("variant", ["shipped", "parent"])
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("policy", "sync"),
        ("registry", "txt"),
        ("txtOwnerId", OWNER),
        ("domainFilters", [SUBZONE]),
        ("sources", ["ingress"]),
        ("sourceNamespace", "jupyterhub"),
    ],
)
def test_external_dns_keeps_to_its_own_records(synthesized: Synthesized, variant: str, key: str, value: object) -> None:
    assert _external_dns(synthesized(variant))[key] == value


def test_external_dns_has_a_region_and_asks_no_node(shipped: Assembly) -> None:
    assert _external_dns(shipped)["env"] == [
        {"name": "AWS_REGION", "value": "${AWS::Region}"},
        {"name": "AWS_EC2_METADATA_DISABLED", "value": "true"},
    ]


@pytest.mark.parametrize("variant", ["shipped", "parent", "seed"])
def test_check_on_destroy_asks_for_the_records_that_external_dns_owns(synthesized: Synthesized, variant: str) -> None:
    assembly = synthesized(variant)
    hub = assembly["Hub"]
    check = plain(hub.resources[hub.checkpoint("LoadBalancing")]["Properties"])
    assert check["RecordOwner"] == _external_dns(assembly)["txtOwnerId"]


@pytest.mark.parametrize(
    ("variant", "zone"),
    [
        ("shipped", {"HostedZoneId": "${import ExportsOutputRefSubzoneZone02BBCBFA5A353B46}"}),
        ("parent", {"HostedZoneName": SUBZONE, "RoleArn": ROLE}),
        ("parent, guarded", {"HostedZoneName": SUBZONE, "RoleArn": ROLE, "ExternalId": "hub-42"}),
    ],
)
def test_check_on_destroy_looks_into_the_zone(synthesized: Synthesized, variant: str, zone: dict[str, str]) -> None:
    hub = synthesized(variant)["Hub"]
    check = plain(hub.resources[hub.checkpoint("LoadBalancing")]["Properties"])
    assert {
        key: check[key] for key in check.keys() & {"HostedZoneId", "HostedZoneName", "RoleArn", "ExternalId"}
    } == zone


@pytest.mark.parametrize(("variant", "guard"), [("parent", {}), ("parent, guarded", {"ExternalId": "hub-42"})])
def test_subzone_of_the_dns_account_is_found_through_the_role(
    synthesized: Synthesized, variant: str, guard: dict[str, str]
) -> None:
    properties = plain(synthesized(variant)["Hub"].properties(kinds.FOUND_SUBZONE))
    assert properties.items() >= {"HostedZoneName": SUBZONE, "RoleArn": ROLE, **guard}.items()


def test_subzone_of_the_workload_account_need_not_be_found(shipped: Assembly) -> None:
    assert shipped["Hub"].ids(kinds.FOUND_SUBZONE) == []


def test_certificate_is_validated_in_the_subzone(shipped: Assembly) -> None:
    certificate = plain(shipped["Hub"].properties(kinds.CERTIFICATE))
    assert (certificate["DomainName"], "SubjectAlternativeNames" in certificate) == (HOST, False)
    assert certificate["ValidationMethod"] == "DNS"
    assert {each["HostedZoneId"] for each in certificate["DomainValidationOptions"]} == {
        "${import ExportsOutputRefSubzoneZone02BBCBFA5A353B46}"
    }


@pytest.mark.parametrize(("variant", "guard"), [("parent", {}), ("parent, guarded", {"ExternalId": "hub-42"})])
def test_certificate_is_validated_across_accounts(
    synthesized: Synthesized, variant: str, guard: dict[str, str]
) -> None:
    hub = synthesized(variant)["Hub"]
    properties = plain(hub.properties(kinds.CERTIFICATE_ACROSS))
    properties.pop("ServiceToken")
    properties.pop("ServiceTimeout", None)
    assert properties == {
        "DomainName": HOST,
        "HostedZoneName": SUBZONE,
        "RoleArn": ROLE,
        "Tags": {"jupyterhub-eks:deployment": "jupyterhub"},
        **guard,
    }


def test_own_certificate_is_used_and_no_other_made(synthesized: Synthesized) -> None:
    hub = synthesized("own parts")["Hub"]
    ingress = hub.objects["Ingress", "hub"]
    assert ingress["metadata"]["annotations"]["alb.ingress.kubernetes.io/certificate-arn"] == OWN_CERTIFICATE
    assert hub.ids(kinds.CERTIFICATE) + hub.ids(kinds.CERTIFICATE_ACROSS) == []


@pytest.mark.parametrize(("variant", "kind"), [("shipped", kinds.CERTIFICATE), ("parent", kinds.CERTIFICATE_ACROSS)])
def test_ingress_has_the_new_certificate(synthesized: Synthesized, variant: str, kind: str) -> None:
    hub = synthesized(variant)["Hub"]
    (certificate,) = hub.ids(kind)
    annotations = hub.objects["Ingress", "hub"]["metadata"]["annotations"]
    assert annotations["alb.ingress.kubernetes.io/certificate-arn"] == f"${{{certificate}}}"
