from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from blueprint.handlers.hosted_zone import ZoneMissingError
from blueprint.handlers.subzone import handler
from tests.handlers.cloud import ROLE, Invocation, create_zone

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client


def event(kind: str, **properties: Any) -> dict[str, Any]:
    wanted = {"HostedZoneName": "hub.example.org", "RoleArn": ROLE} | properties
    return {"RequestType": kind, "ResourceProperties": wanted, "PhysicalResourceId": "Z1"}


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_zone_is_found_by_its_name_in_the_dns_account(kind: str, dns: Route53Client, zone: str) -> None:
    create_zone(dns, "example.org")
    assert handler(event(kind), Invocation()) == {"PhysicalResourceId": zone}


def test_zone_that_is_missing_is_named() -> None:
    with pytest.raises(ZoneMissingError, match=r"^There is no public hosted zone hub\.example\.org in the account of"):
        handler(event("Create"), Invocation())


def test_deletion_asks_for_nothing(calls: list[str]) -> None:
    assert handler(event("Delete"), Invocation()) == {"PhysicalResourceId": "Z1"}
    assert calls == []
