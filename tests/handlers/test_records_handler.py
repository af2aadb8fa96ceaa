from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from blueprint.handlers.records import handler
from tests.handlers.cloud import Invocation, add, create_zone, record_set, records, route53

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client


@pytest.fixture
def own() -> Route53Client:
    return route53()


@pytest.fixture
def own_zone(own: Route53Client) -> str:
    return create_zone(own, "hub.example.org")


def event(kind: str, zone: str) -> dict[str, Any]:
    return {"RequestType": kind, "PhysicalResourceId": zone, "ResourceProperties": {"HostedZoneId": zone}}


def validation(name: str = "_1.hub.example.org", **more: Any) -> Any:
    return record_set("CNAME", name, "_2.jkddzztszm.acm-validations.aws.", **more)


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_nothing_happens_before_the_deletion(kind: str, calls: list[str]) -> None:
    assert handler(event(kind, "Z1"), Invocation()) == {"PhysicalResourceId": "Z1"}
    assert calls == []


def test_new_zone_is_a_new_resource_so_that_the_old_one_is_emptied() -> None:
    update = event("Update", "Z2") | {"PhysicalResourceId": "Z1"}
    assert handler(update, Invocation()) == {"PhysicalResourceId": "Z2"}


def test_zone_can_be_deleted_afterwards(own: Route53Client, own_zone: str) -> None:
    add(own, own_zone, validation(), validation("_3.a.hub.example.org", ttl=7))
    assert handler(event("Delete", own_zone), Invocation()) == {"PhysicalResourceId": own_zone}
    own.delete_hosted_zone(Id=own_zone)


def test_all_pages_are_deleted_in_batches_that_route_53_takes(
    own: Route53Client, own_zone: str, calls: list[str]
) -> None:
    add(own, own_zone, *(validation(f"_{number}.hub.example.org") for number in range(720)))
    handler(event("Delete", own_zone), Invocation())
    assert records(own, own_zone) == set()
    assert calls.count("route53:ListResourceRecordSets") == 3
    assert calls.count("route53:ChangeResourceRecordSets") == 15


@pytest.mark.parametrize(
    ("record", "named"),
    [
        pytest.param(record_set("A", "hub.example.org", "10.0.0.1"), "hub.example.org. A", id="apex"),
        pytest.param(record_set("NS", "a.hub.example.org", "ns.x."), "a.hub.example.org. NS", id="delegation"),
        pytest.param(
            record_set("CNAME", "www.hub.example.org", "example.org."),
            "www.hub.example.org. CNAME",
            id="cname",
        ),
        pytest.param(
            record_set("TXT", "a.hub.example.org", '"_2.acm-validations.aws."'),
            "a.hub.example.org. TXT",
            id="txt",
        ),
    ],
)
def test_record_of_somebody_else_stops_everything(record: Any, named: str, own: Route53Client, own_zone: str) -> None:
    add(own, own_zone, validation(), record)
    with pytest.raises(RuntimeError) as error:
        handler(event("Delete", own_zone), Invocation())
    assert str(error.value) == (
        f"Hosted zone hub.example.org. ({own_zone}) holds 1 record(s) that this stack did not make. Either a "
        "hub still exists: destroy it first. Or somebody made them by hand: delete them. Then delete this "
        f"stack again.\n- {named}"
    )
    assert ("_1.hub.example.org.", "CNAME") in records(own, own_zone)


def test_error_fits_into_an_answer_to_cloudformation(own: Route53Client, own_zone: str) -> None:
    label = "x" * 60
    names = [f"{label}.{label}.{label}.{number}.hub.example.org" for number in range(100)]
    add(own, own_zone, *(record_set("A", name, "10.0.0.1") for name in names))
    with pytest.raises(RuntimeError) as error:
        handler(event("Delete", own_zone), Invocation())
    assert len(str(error.value)) < 3500


def test_zone_that_is_gone_is_empty() -> None:
    assert handler(event("Delete", "Z404"), Invocation()) == {"PhysicalResourceId": "Z404"}


def test_calls_no_more_than_its_docstring_says(own: Route53Client, own_zone: str, calls: list[str]) -> None:
    add(own, own_zone, validation())
    handler(event("Delete", own_zone), Invocation())
    assert set(calls) == {"route53:ListResourceRecordSets", "route53:ChangeResourceRecordSets"}
