from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws import Cloud

A = {"Name": "a.example.org.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
TEXT = {"Name": "b.example.org.", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": '"later in the zone"'}]}


@pytest.fixture
def zone(cloud: Cloud, request: pytest.FixtureRequest) -> tuple[Any, str]:
    route53 = cloud.client("route53")
    made = route53.create_hosted_zone(Name="example.org", CallerReference=request.node.name)
    return route53, made["HostedZone"]["Id"]


def change(zone: tuple[Any, str], action: str, *records: dict[str, Any]) -> None:
    changes = [{"Action": action, "ResourceRecordSet": record} for record in records]
    zone[0].change_resource_record_sets(HostedZoneId=zone[1], ChangeBatch={"Changes": changes})


def names(zone: tuple[Any, str]) -> set[str]:
    found = zone[0].list_resource_record_sets(HostedZoneId=zone[1])["ResourceRecordSets"]
    return {each["Name"] for each in found if each["Type"] in ("A", "TXT")}


def test_a_record_that_is_gone_can_be_made_again(zone: tuple[Any, str]) -> None:
    change(zone, "CREATE", A, TEXT)
    change(zone, "DELETE", A)
    change(zone, "CREATE", A)
    assert names(zone) == {"a.example.org.", "b.example.org."}


def test_a_record_that_is_there_is_not_made_twice(zone: tuple[Any, str]) -> None:
    change(zone, "CREATE", A)
    with pytest.raises(ClientError, match="already exists"):
        change(zone, "CREATE", TEXT, A)
    assert names(zone) == {"a.example.org."}


def test_a_record_that_is_gone_is_not_deleted_twice(zone: tuple[Any, str]) -> None:
    change(zone, "CREATE", A)
    change(zone, "DELETE", A)
    with pytest.raises(ClientError, match="but it was not found"):
        change(zone, "DELETE", A)


@pytest.mark.parametrize("other", [{"TTL": 61}, {"ResourceRecords": [{"Value": "192.0.2.2"}]}], ids=["TTL", "value"])
def test_a_record_is_deleted_by_all_that_it_says(zone: tuple[Any, str], other: dict[str, Any]) -> None:
    change(zone, "CREATE", A)
    change(zone, "UPSERT", {**A, **other})
    with pytest.raises(ClientError, match="but the values provided do not match the current values"):
        change(zone, "DELETE", A)
    change(zone, "DELETE", {**A, **other})
    assert names(zone) == set()


def test_of_changes_all_are_made_or_none(zone: tuple[Any, str]) -> None:
    change(zone, "CREATE", A)
    with pytest.raises(ClientError, match="but it was not found"):
        change(zone, "DELETE", A, TEXT)
    assert names(zone) == {"a.example.org."}
