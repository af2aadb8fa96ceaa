"""Certificates are issued upon what the world sees of hosted zones."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.aws import Cloud
from rehearsal.aws.dns.public import published
from tests.rehearsal.stacks import Stacks


@pytest.fixture
def route53(cloud: Cloud) -> Any:
    return cloud.client("route53")


def zone(route53: Any, name: str) -> str:
    return str(route53.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"])


def add(route53: Any, zone: str, name: str, kind: str, value: str) -> None:
    record = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}
    changes = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=changes)


@pytest.fixture
def parent(stacks: Stacks) -> str:
    """The name of a parent zone that no other test has."""
    return f"{stacks.name}.test"


def test_a_record_of_the_topmost_zone_is_seen(route53: Any, parent: str) -> None:
    add(route53, zone(route53, parent), f"a.{parent}", "CNAME", "x.example")
    assert published(f"a.{parent}.", "CNAME") == {"x.example"}


def test_a_record_of_a_zone_that_is_not_delegated_is_not_seen(route53: Any, parent: str) -> None:
    zone(route53, parent)
    add(route53, zone(route53, f"sub.{parent}"), f"a.sub.{parent}", "CNAME", "x.example")
    assert published(f"a.sub.{parent}.", "CNAME") == set()


def test_a_record_of_a_delegated_zone_is_seen(route53: Any, parent: str) -> None:
    add(route53, zone(route53, parent), f"sub.{parent}", "NS", "ns.example")
    add(route53, zone(route53, f"sub.{parent}"), f"a.sub.{parent}", "CNAME", "x.example")
    assert published(f"a.sub.{parent}.", "CNAME") == {"x.example"}


def test_what_is_below_a_delegation_is_seen_in_the_zone_alone(route53: Any, parent: str) -> None:
    above = zone(route53, parent)
    add(route53, above, f"sub.{parent}", "NS", "ns.example")
    add(route53, above, f"a.sub.{parent}", "CNAME", "x.example")
    zone(route53, f"sub.{parent}")
    assert published(f"a.sub.{parent}.", "CNAME") == set()


def test_a_certificate_is_issued_when_its_proof_is_published(cloud: Cloud, route53: Any, parent: str) -> None:
    acm = cloud.client("acm")
    arn = acm.request_certificate(DomainName=parent, ValidationMethod="DNS")["CertificateArn"]

    def described() -> Any:
        return acm.describe_certificate(CertificateArn=arn)["Certificate"]

    before = described()
    proof = before["DomainValidationOptions"][0]["ResourceRecord"]
    add(route53, zone(route53, parent), proof["Name"], proof["Type"], proof["Value"])
    assert (before["Status"], described()["Status"]) == ("PENDING_VALIDATION", "ISSUED")
