from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import botocore.endpoint
import moto.settings
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.acm.models import AWSCertificateManagerBackend, CertBundle, acm_backends
from moto.acm.responses import AWSCertificateManagerResponse
from moto.core.responses import ActionResult
from moto.route53.models import Route53Backend
from moto.sts.models import STSBackend, sts_backends

from blueprint.handlers.certificate import handler
from blueprint.handlers.runtime import RESERVE
from tests.handlers.cloud import (
    DNS,
    REGION,
    ROLE,
    WORKLOAD,
    Invocation,
    acm,
    add,
    create_zone,
    ec2,
    record_set,
    records,
    route53,
)

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client

    from tests.handlers.conftest import Refuse

pytestmark = pytest.mark.filterwarnings("ignore:Exception.Refused:UserWarning")  # moto knows not all errors

HOST = "lab.hub.example.org"
# What moto, like ACM, names for a host, and would for its wildcard.
RECORD = f"_d930b28be6c5927595552b219965053e.{HOST}."
VALUE = "_c9edd76ee4a0e2a74388032f3861cc50.ykybfrwcxw.acm-validations.aws."
REQUEST = "6b1f5d1e-0c0f-4f6e-9d0a-1a2b3c4d5e6f"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(autouse=True)
def patient_acm(monkeypatch: pytest.MonkeyPatch, key: rsa.RSAPrivateKey) -> None:
    """Let moto issue no certificate by itself, list all names as ACM does, and lose no time with keys."""
    monkeypatch.setattr(rsa, "generate_private_key", lambda **_: key)
    listed = AWSCertificateManagerResponse.list_certificates

    def list_certificates(self: AWSCertificateManagerResponse) -> ActionResult:
        answer = listed(self)
        assert isinstance(answer.result, dict)
        for summary in answer.result["CertificateSummaryList"]:
            summary["SubjectAlternativeNameSummaries"] = summary["SubjectAlternativeNames"]
        return answer

    monkeypatch.setattr(AWSCertificateManagerResponse, "list_certificates", list_certificates)
    monkeypatch.setattr(moto.settings, "ACM_VALIDATION_WAIT", 10**9)


@pytest.fixture
def acm_says(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[dict[str, Any]], None]], None]:
    """Change what moto tells of a certificate."""

    def patch(edit: Callable[[dict[str, Any]], None]) -> None:
        describe = CertBundle.describe

        def edited(self: CertBundle) -> dict[str, Any]:
            answer = describe(self)
            edit(answer["Certificate"])
            return answer

        monkeypatch.setattr(CertBundle, "describe", edited)

    return patch


def certificates() -> dict[str, CertBundle]:
    return acm_backends[WORKLOAD][REGION]._certificates


def issue(*_: object) -> None:
    for certificate in certificates().values():
        certificate.status = "ISSUED"


def wanted(zone: str, **more: Any) -> dict[str, Any]:
    return {"DomainName": HOST, "HostedZoneId": zone, "RoleArn": ROLE} | more


def event(kind: str, properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"RequestType": kind, "RequestId": REQUEST, "ResourceProperties": properties} | more


def create(zone: str, request: str = REQUEST, **more: Any) -> str:
    lambda_ = Invocation(meanwhile=issue)
    answer = handler(event("Create", wanted(zone, **more), RequestId=request), lambda_, lambda_.sleep)
    return str(answer["PhysicalResourceId"])


def delete(arn: str, properties: dict[str, Any], lambda_: Invocation | None = None) -> None:
    lambda_ = lambda_ or Invocation()
    answer = handler(event("Delete", properties, PhysicalResourceId=arn), lambda_, lambda_.sleep)
    assert answer == {"PhysicalResourceId": arn}


def test_created_certificate_is_answered_when_it_is_issued(zone: str) -> None:
    lambda_ = Invocation(meanwhile=lambda naps: issue() if naps == 7 else None)
    answer = handler(event("Create", wanted(zone)), lambda_, lambda_.sleep)
    (arn,) = certificates()
    assert answer == {"PhysicalResourceId": arn, "Data": {"CertificateArn": arn, "HostedZoneId": zone}}
    assert lambda_.naps == 7


def test_certificate_has_its_name_and_tags(zone: str) -> None:
    arn = create(zone, Tags={"stack": "Dns"})
    certificate = acm().describe_certificate(CertificateArn=arn)["Certificate"]
    assert (certificate["DomainName"], certificate["SubjectAlternativeNames"]) == (HOST, [HOST])
    assert acm().list_tags_for_certificate(CertificateArn=arn)["Tags"] == [{"Key": "stack", "Value": "Dns"}]


def test_validation_record_goes_to_the_dns_account(dns: Route53Client, zone: str) -> None:
    create(zone)
    found = dns.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert [record for record in found if record["Type"] == "CNAME"] == [
        {"Name": RECORD, "Type": "CNAME", "TTL": 300, "ResourceRecords": [{"Value": VALUE}]}
    ]
    assert route53().list_hosted_zones()["HostedZones"] == []


def test_record_that_is_there_already_is_no_obstacle(dns: Route53Client, zone: str) -> None:
    add(dns, zone, record_set("CNAME", RECORD, VALUE))
    create(zone)
    assert records(dns, zone) == {(RECORD, "CNAME")}


@pytest.mark.parametrize(("more", "sent"), [({"ExternalId": "hub-42"}, "hub-42"), ({}, None)])
def test_external_id_is_sent_where_there_is_one(more: dict[str, str], sent: str | None, zone: str) -> None:
    create(zone, **more)
    assert sts_backends[DNS]["aws"].assumed_roles[-1].role_arn == ROLE
    assert sts_backends[DNS]["aws"].assumed_roles[-1].external_id == sent


def test_zone_may_be_in_the_own_account(calls: list[str]) -> None:
    own_zone = create_zone(route53(), "hub.example.org")
    create(own_zone, RoleArn="")
    assert records(route53(), own_zone) == {(RECORD, "CNAME")}
    assert "sts:AssumeRole" not in calls


def test_zone_is_found_by_its_name(dns: Route53Client, zone: str) -> None:
    vpc = {"VPCRegion": REGION, "VPCId": ec2().describe_vpcs()["Vpcs"][0]["VpcId"]}
    private = {"HostedZoneConfig": {"PrivateZone": True}, "VPC": vpc}
    create_zone(dns, "hub.example.org", **private)
    create_zone(dns, "another.hub.example.org")
    lambda_ = Invocation(meanwhile=issue)
    properties = {"DomainName": HOST, "HostedZoneName": "Hub.example.org.", "RoleArn": ROLE}
    assert handler(event("Create", properties), lambda_, lambda_.sleep)["Data"]["HostedZoneId"] == zone


def test_zone_of_that_name_must_exist() -> None:
    with pytest.raises(RuntimeError) as error:
        create("", HostedZoneName="hub.example.org")
    assert str(error.value) == (
        f"There is no public hosted zone hub.example.org in the account of {ROLE}. "
        "Create it there and delegate it from its parent."
    )
    assert certificates() == {}


def test_zone_of_that_name_must_be_the_only_one(dns: Route53Client, zone: str) -> None:
    both = sorted([zone, create_zone(dns, "hub.example.org")])
    with pytest.raises(RuntimeError) as error:
        create("", HostedZoneName="hub.example.org")
    assert str(error.value) == (
        f"There are 2 public hosted zones hub.example.org: {both[0]}, {both[1]}. "
        "Delete those that no NS record of the parent zone points at."
    )
    assert certificates() == {}


def test_role_that_cannot_be_assumed_is_an_error_before_anything_is_made(zone: str, refuse: Refuse) -> None:
    refuse(STSBackend, "assume_role", "AccessDenied")
    with pytest.raises(RuntimeError, match=f"^The role {ROLE} cannot be assumed: it does not exist"):
        create(zone, ExternalId="hub-42")
    assert certificates() == {}


def test_records_that_acm_names_late_are_awaited(dns: Route53Client, zone: str, acm_says: Any) -> None:
    lambda_ = Invocation(meanwhile=lambda naps: issue() if naps == 5 else None)

    def unnamed(certificate: dict[str, Any]) -> None:
        if lambda_.naps == 0:
            del certificate["DomainValidationOptions"]
        elif lambda_.naps < 3:
            for option in certificate["DomainValidationOptions"]:
                del option["ResourceRecord"]

    acm_says(unnamed)
    handler(event("Create", wanted(zone)), lambda_, lambda_.sleep)
    assert records(dns, zone) == {(RECORD, "CNAME")}


def test_refused_certificate_is_an_error_and_leaves_nothing(dns: Route53Client, zone: str, acm_says: Any) -> None:
    def meanwhile(naps: int) -> None:
        for certificate in certificates().values():
            certificate.status = "FAILED"

    acm_says(lambda certificate: certificate.update(FailureReason="CAA_ERROR"))
    lambda_ = Invocation(meanwhile=meanwhile)
    with pytest.raises(RuntimeError) as error:
        handler(event("Create", wanted(zone)), lambda_, lambda_.sleep)
    assert str(error.value) == (
        f"ACM refuses to issue the certificate for {HOST}: FAILED, CAA_ERROR. At CAA_ERROR, let the domain's "
        "CAA record allow amazon.com; at others see ACM's documentation. Then deploy again."
    )
    assert certificates() == {}
    assert records(dns, zone) == set()


def test_certificate_that_is_never_issued_is_an_error_in_time_and_leaves_nothing(dns: Route53Client, zone: str) -> None:
    lambda_ = Invocation()
    with pytest.raises(RuntimeError, match=rf"the name servers of hosted zone {zone}, then deploy again\.$"):
        handler(event("Create", wanted(zone)), lambda_, lambda_.sleep)
    assert RESERVE <= lambda_.left < RESERVE + 10
    assert certificates() == {}
    assert records(dns, zone) == set()


def test_record_that_the_role_may_not_write_is_an_error_and_leaves_no_certificate(zone: str, refuse: Refuse) -> None:
    refuse(Route53Backend, "change_resource_record_sets", "AccessDenied")
    with pytest.raises(RuntimeError, match=rf"^The role {ROLE} may not work on hosted zone {zone}\. Deploy"):
        create(zone)
    assert certificates() == {}


def test_certificate_that_cannot_be_cleaned_up_is_named(zone: str, refuse: Refuse) -> None:
    refuse(Route53Backend, "change_resource_record_sets", "AccessDenied")
    refuse(AWSCertificateManagerBackend, "delete_certificate", "AccessDeniedException")
    with pytest.raises(RuntimeError) as error:
        create(zone)
    (arn,) = certificates()
    assert f"Besides, {arn} could not be cleaned up: " in str(error.value)
    assert str(error.value).startswith(f"The role {ROLE} may not work")


def test_second_call_for_the_same_request_makes_no_second_certificate(zone: str) -> None:
    assert create(zone, Tags={"stack": "Dns"}) == create(zone, Tags={"stack": "Dns"})
    assert len(certificates()) == 1


def test_update_of_anything_else_keeps_the_certificate(zone: str) -> None:
    arn = create(zone)
    old = wanted(zone, SubjectAlternativeNames=[f"*.{HOST}"])  # an earlier version asked for the wildcard, too
    update = event(
        "Update", wanted(zone, ExternalId="new"), OldResourceProperties=old, PhysicalResourceId=arn, RequestId="2"
    )
    assert handler(update, Invocation()) == {
        "PhysicalResourceId": arn,
        "Data": {"CertificateArn": arn, "HostedZoneId": zone},
    }
    assert len(certificates()) == 1


def test_update_of_tags_changes_the_tags(zone: str) -> None:
    old = wanted(zone, Tags={"a": "1", "b": "2"})
    arn = create(zone, Tags=old["Tags"])
    update = event("Update", wanted(zone, Tags={"b": "3", "c": "4"}), PhysicalResourceId=arn)
    handler(update | {"OldResourceProperties": old}, Invocation())
    assert certificates()[arn].tags == {"b": "3", "c": "4"}


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"DomainName": "new.hub.example.org"}, id="domain"),
        pytest.param({"HostedZoneName": "hub.example.org"}, id="zone"),
    ],
)
def test_update_of_names_or_zone_makes_a_new_certificate_and_leaves_the_old(changed: dict[str, Any], zone: str) -> None:
    old = create(zone)
    lambda_ = Invocation(meanwhile=issue)
    update = event("Update", wanted(zone) | changed, OldResourceProperties=wanted(zone), RequestId="another")
    answer = handler(update | {"PhysicalResourceId": old}, lambda_, lambda_.sleep)
    assert list(certificates()) == [old, answer["PhysicalResourceId"]]


def test_deletion_takes_certificate_and_record(dns: Route53Client, zone: str) -> None:
    delete(create(zone), wanted(zone))
    assert certificates() == {}
    assert records(dns, zone) == set()


def test_deletion_of_a_replaced_certificate_leaves_the_record_of_its_successor(dns: Route53Client, zone: str) -> None:
    old, new = create(zone), create(zone, request="another")
    delete(old, wanted(zone))
    assert list(certificates()) == [new]
    assert records(dns, zone) == {(RECORD, "CNAME")}


def test_deletion_leaves_a_record_that_another_certificates_wildcard_needs(dns: Route53Client, zone: str) -> None:
    acm().request_certificate(DomainName=f"other.{HOST}", SubjectAlternativeNames=[f"*.{HOST}"], ValidationMethod="DNS")
    delete(create(zone), wanted(zone))
    assert records(dns, zone) == {(RECORD, "CNAME")}


@pytest.mark.parametrize("status", ["EXPIRED", "FAILED", "REVOKED", "VALIDATION_TIMED_OUT"])
def test_certificate_that_is_dead_needs_no_record(status: str, dns: Route53Client, zone: str) -> None:
    dead = create(zone)
    arn = create(zone, request="another")
    certificates()[dead].status = status
    delete(arn, wanted(zone))
    assert records(dns, zone) == set()


def test_deletion_takes_a_record_whatever_its_time_to_live(dns: Route53Client, zone: str) -> None:
    add(dns, zone, record_set("CNAME", RECORD, VALUE, ttl=60))
    acm().request_certificate(DomainName=HOST, ValidationMethod="DNS")
    delete(next(iter(certificates())), wanted(zone))
    assert records(dns, zone) == set()


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(record_set("CNAME", RECORD, "_other.acm-validations.aws."), id="other-value"),
        pytest.param(record_set("TXT", RECORD, VALUE), id="other-type"),
        pytest.param(record_set("CNAME", "_1.hub.example.org.", VALUE), id="other-name"),
    ],
)
def test_deletion_leaves_records_that_are_not_the_certificates(other: Any, dns: Route53Client, zone: str) -> None:
    add(dns, zone, other)
    acm().request_certificate(DomainName=HOST, ValidationMethod="DNS")
    delete(next(iter(certificates())), wanted(zone))
    assert certificates() == {}
    assert records(dns, zone) == {(other["Name"], other["Type"])}


def test_deletion_of_a_certificate_that_is_gone_is_done(zone: str) -> None:
    arn = create(zone)
    delete(arn, wanted(zone))
    delete(arn, wanted(zone))


def test_deletion_of_a_certificate_whose_record_is_gone_is_done(dns: Route53Client, zone: str) -> None:
    arn = create(zone)
    dns.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={
            "Changes": [{"Action": "DELETE", "ResourceRecordSet": record_set("CNAME", RECORD, VALUE, ttl=300)}]
        },
    )
    delete(arn, wanted(zone))
    assert certificates() == {}


def test_deletion_of_what_was_never_made_is_done(calls: list[str]) -> None:
    delete("AWSCDK::CustomResourceProviderFramework::CREATE_FAILED", wanted("Z1"))
    assert calls == []


def test_deletion_goes_on_where_the_zone_is_gone(
    dns: Route53Client, zone: str, caplog: pytest.LogCaptureFixture
) -> None:
    arn = create(zone)
    delete(arn, wanted("Z404"))
    assert certificates() == {}
    assert (
        f"the validation records [('{RECORD}', 'CNAME', '{VALUE}')] stay: Hosted zone Z404 does not exist."
        in caplog.messages
    )


def test_deletion_goes_on_where_the_role_is_gone(zone: str, refuse: Refuse, caplog: pytest.LogCaptureFixture) -> None:
    arn = create(zone)
    refuse(STSBackend, "assume_role", "AccessDenied")
    delete(arn, wanted(zone))
    assert certificates() == {}
    assert f"stay: The role {ROLE} cannot be assumed" in caplog.text


def test_records_that_the_role_may_not_delete_are_an_error_but_keep_no_certificate(zone: str, refuse: Refuse) -> None:
    arn = create(zone)
    refuse(Route53Backend, "list_resource_record_sets", "AccessDenied")
    with pytest.raises(RuntimeError, match=r"^The certificate is deleted, but its validation records stay\. The role"):
        delete(arn, wanted(zone))
    assert certificates() == {}
    delete(arn, wanted(zone))


def test_deletion_waits_while_a_load_balancer_uses_the_certificate(dns: Route53Client, zone: str) -> None:
    arn = create(zone)
    certificates()[arn].in_use_by = ["arn:alb"]

    def meanwhile(naps: int) -> None:
        assert records(dns, zone) == {(RECORD, "CNAME")}
        if naps == 3:
            certificates()[arn].in_use_by = []

    lambda_ = Invocation(meanwhile=meanwhile)
    delete(arn, wanted(zone), lambda_)
    assert certificates() == {}
    assert records(dns, zone) == set()
    assert lambda_.naps == 3


def test_certificate_that_stays_in_use_is_an_error_that_names_the_users(dns: Route53Client, zone: str) -> None:
    arn = create(zone)
    certificates()[arn].in_use_by = ["arn:alb-1", "arn:alb-2"]
    with pytest.raises(RuntimeError) as error:
        delete(arn, wanted(zone))
    assert str(error.value) == (
        f"Certificate {arn} is still in use. Take it from the listeners of these, then delete again:\n"
        "- arn:alb-1\n- arn:alb-2"
    )
    assert records(dns, zone) == {(RECORD, "CNAME")}


@pytest.mark.parametrize("code", ["ResourceInUseException", "ConflictException"])
def test_deletion_that_acm_is_not_ready_for_is_tried_again(code: str, zone: str, refuse: Refuse) -> None:
    arn = create(zone)
    refuse(AWSCertificateManagerBackend, "delete_certificate", code, times=2)
    lambda_ = Invocation()
    delete(arn, wanted(zone), lambda_)
    assert certificates() == {}
    assert lambda_.naps == 2


def test_throttled_call_is_made_again(zone: str, refuse: Refuse, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = create(zone)
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda seconds: None))
    refuse(AWSCertificateManagerBackend, "delete_certificate", "ThrottlingException", times=1)
    delete(arn, wanted(zone))
    assert certificates() == {}


def test_calls_no_more_than_its_docstring_says(zone: str, calls: list[str]) -> None:
    own = {"acm:RequestCertificate", "acm:DescribeCertificate", "sts:AssumeRole"}
    arn = create("", HostedZoneName="hub.example.org", Tags={"a": "1"})
    assert set(calls) == own | {"route53:ListHostedZonesByName", "route53:ChangeResourceRecordSets"}
    calls.clear()
    update = event("Update", wanted(zone, Tags={"b": "1"}), PhysicalResourceId=arn)
    handler(update | {"OldResourceProperties": wanted(zone, Tags={"a": "1"})}, Invocation())
    assert set(calls) == {"acm:AddTagsToCertificate", "acm:RemoveTagsFromCertificate", "sts:AssumeRole"}
    calls.clear()
    delete(arn, wanted(zone))
    assert set(calls) == {
        "acm:DescribeCertificate",
        "acm:ListCertificates",
        "acm:DeleteCertificate",
        "sts:AssumeRole",
        "route53:ListResourceRecordSets",
        "route53:ChangeResourceRecordSets",
    }
