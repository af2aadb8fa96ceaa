from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto.core.exceptions import ServiceException
from moto.route53.models import Route53Backend

from blueprint.config.facts.regions import ROUTE_53
from blueprint.handlers import delegation, hosted_zone
from rehearsal.aws.dns.route53 import refusal
from tests.handlers.cloud import ROLE, Invocation, create_zone

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client

NAME, PARENT = "dev.example.org", "example.org"
OURS, THEIRS = ["ns-1.example.net", "ns-2.example.net"], ["ns-3.example.net", "ns-4.example.net"]


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let moto refuse what Route 53 refuses: to delete a record that is not there, or not so."""
    change = Route53Backend.change_resource_record_sets

    def changed(self: Route53Backend, zoneid: str, changes: list[dict[str, Any]]) -> None:
        for each in changes:
            if why := refusal(self.zones[zoneid], each):
                raise type("Refused", (ServiceException,), {"__module__": Route53Backend.__module__})(
                    "InvalidChangeBatch", why
                )
        change(self, zoneid, changes)

    monkeypatch.setattr(Route53Backend, "change_resource_record_sets", changed)


@pytest.fixture
def parent(dns: Route53Client) -> str:
    return create_zone(dns, PARENT)


def run(request: str, servers: list[str] = OURS, before: list[str] | None = None, **more: Any) -> dict[str, Any]:
    properties = {"SubzoneName": NAME, "HostedZoneName": PARENT, "RoleArn": ROLE}
    event = {
        "RequestType": request,
        "ResourceType": "Custom::Delegation",
        "ResourceProperties": {**properties, "NameServers": servers},
        **({"OldResourceProperties": {**properties, "NameServers": before}} if before else {}),
        **more,
    }
    return delegation.handler(event, Invocation())


def servers(dns: Route53Client, parent: str) -> list[str]:
    found = dns.list_resource_record_sets(HostedZoneId=parent)["ResourceRecordSets"]
    (ours,) = [each["ResourceRecords"] for each in found if each["Name"] == f"{NAME}."] or [[]]
    return [each["Value"] for each in ours]


def test_record_is_written_where_there_is_none(dns: Route53Client, parent: str, calls: list[str]) -> None:
    assert run("Create") == {"PhysicalResourceId": f"{parent}/{NAME}"}
    assert servers(dns, parent) == OURS
    assert set(calls) == {"sts:AssumeRole", "route53:ListHostedZonesByName", "route53:ChangeResourceRecordSets"}


def test_record_that_is_ours_stays(dns: Route53Client, parent: str) -> None:
    run("Create")
    run("Create")
    assert servers(dns, parent) == OURS


@pytest.mark.parametrize("request_", ["Create", "Update"])
def test_record_of_another_hub_is_told_and_left_as_it_is(dns: Route53Client, parent: str, request_: str) -> None:
    run("Create", THEIRS)
    with pytest.raises(RuntimeError) as told:
        run(request_, before=OURS if request_ == "Update" else None)
    assert str(told.value) == (
        f"The parent zone {PARENT} has an NS record {NAME} that leads to another hosted zone: another hub has this "
        "subzone. Nothing was changed. Set dev.subzone.name to a name that no other hub has. If nobody uses that "
        "record any more, delete it in the DNS account, then deploy again."
    )
    assert servers(dns, parent) == THEIRS


def test_record_leads_to_a_zone_that_replaces_ours(dns: Route53Client, parent: str) -> None:
    run("Create", OURS)
    run("Update", ["ns-5.example.net"], before=OURS)
    assert servers(dns, parent) == ["ns-5.example.net"]


def test_ours_is_deleted(dns: Route53Client, parent: str) -> None:
    run("Create")
    run("Delete")
    assert servers(dns, parent) == []


@pytest.mark.parametrize("there", [THEIRS, None], ids=["another hub's", "none"])
def test_what_is_not_ours_is_not_deleted(dns: Route53Client, parent: str, there: list[str] | None) -> None:
    if there:
        run("Create", there)
    run("Delete")
    assert servers(dns, parent) == (there or [])


def test_deletion_goes_on_where_the_parent_zone_is_gone() -> None:
    assert run("Delete") == {}


def test_end_of_cdks_resource_keeps_the_record(dns: Route53Client, parent: str) -> None:
    run("Create")
    theirs = {"AssumeRoleArn": ROLE, "ParentZoneName": PARENT, "DelegatedZoneName": NAME}
    ended = {**theirs, "DelegatedZoneNameServers": OURS, "TTL": "1800"}
    run("Delete", ResourceType="Custom::CrossAccountZoneDelegation", ResourceProperties=ended)
    assert servers(dns, parent) == OURS


def test_role_is_assumed_in_route_53s_region(parent: str) -> None:
    asked: list[str] = []

    def remember(request: Any, **_: Any) -> None:
        asked.append(request.headers["Authorization"].decode())

    session = boto3.DEFAULT_SESSION
    assert session
    session.events.register("before-send.sts.AssumeRole", remember)
    run("Create")
    session.events.unregister("before-send.sts.AssumeRole", remember)
    assert hosted_zone.REGION == ROUTE_53
    assert [f"/{ROUTE_53}/sts/aws4_request" in each for each in asked] == [True]
