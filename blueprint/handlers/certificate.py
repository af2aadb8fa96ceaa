"""The certificate of a hub whose zone lives in the DNS account: requested here, validated there.

Properties: `DomainName`; `HostedZoneId` or `HostedZoneName`;
`RoleArn` and `ExternalId` (optional: none where the zone is this account's); `Tags` (mapping, optional).
Physical id: the certificate's ARN. Data: `CertificateArn`, `HostedZoneId`.

Rights in its own account:
- `acm:RequestCertificate` and `acm:ListCertificates` on `*` (they take no resource; the first can be held to
  `acm:DomainNames` and to `acm:ValidationMethod` = DNS)
- `acm:DescribeCertificate` on `arn:<partition>:acm:<region>:<account>:certificate/*`, held to no tag: a
  certificate that is gone has none, so that it would be refused instead of not found
- with `Tags`, `acm:AddTagsToCertificate` on the same, and `acm:RemoveTagsFromCertificate` where a later version
  drops one; `acm:DeleteCertificate` on the same, which can be held to an `aws:ResourceTag/…` of `Tags`
- `sts:AssumeRole` on the role
Rights of the role, or its own where there is none: see `hosted_zone`; it UPSERTs and DELETEs CNAMEs.

A deletion goes on where zone or role are gone, and logs which validation records stay; `records` removes them
with the zone. Where the role may not delete them, the certificate goes all the same, and an error says so.
Whether others share a record is asked of this region's certificates, by their first hundred names.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from .hosted_zone import HostedZone, NotAllowedError, RoleMissingError, ZoneMissingError, hosted_zone
from .runtime import CALLS, Answer, Context, Event, Properties, Sleep, Wait, answering, code, listed

if TYPE_CHECKING:
    from mypy_boto3_acm import ACMClient
    from mypy_boto3_acm.literals import KeyAlgorithmType
    from mypy_boto3_acm.type_defs import CertificateDetailTypeDef as Certificate
    from mypy_boto3_acm.type_defs import RequestCertificateRequestTypeDef as Request
    from mypy_boto3_route53.type_defs import ResourceRecordSetOutputTypeDef as RecordSet

log = logging.getLogger(__name__)

Record = tuple[str, str, str]
"""Name, type and value of a DNS record."""

KEY_TYPES: list[KeyAlgorithmType] = [
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
]
"""All of them: where none is named, ACM lists certificates with the smaller RSA keys only."""


def handler(event: Event, context: Context, sleep: Sleep = time.sleep) -> Answer:
    """Create, keep, replace or delete the certificate."""
    acm = boto3.client("acm", config=CALLS)
    wait = Wait(context, sleep)
    properties = event["ResourceProperties"]
    if event["RequestType"] == "Delete":
        arn = event["PhysicalResourceId"]
        if arn.startswith("arn:") and ":certificate/" in arn:
            _delete(acm, arn, properties, wait)
        return {"PhysicalResourceId": arn}
    zone = hosted_zone(properties)
    if event["RequestType"] == "Update" and _fits(properties, event["OldResourceProperties"]):
        arn = event["PhysicalResourceId"]
        _tag(acm, arn, properties.get("Tags", {}), event["OldResourceProperties"].get("Tags", {}))
    else:
        arn = _create(acm, event, zone, wait)
    return {"PhysicalResourceId": arn, "Data": {"CertificateArn": arn, "HostedZoneId": zone.id}}


def _create(acm: ACMClient, event: Event, zone: HostedZone, wait: Wait) -> str:
    """Request a certificate and return its ARN once it is issued; on failure leave none behind."""
    properties = event["ResourceProperties"]
    name = properties["DomainName"]
    request: Request = {
        "DomainName": name,
        "ValidationMethod": "DNS",
        # Lambda may call twice for one request.
        "IdempotencyToken": event["RequestId"].replace("-", "")[:32],
    }
    if tags := properties.get("Tags"):
        request["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    arn = acm.request_certificate(**request)["CertificateArn"]
    try:
        _validate(acm, arn, name, zone, wait)
    except Exception as error:
        log.warning("deleting %s again: %s", arn, error)
        try:
            _delete(acm, arn, properties, wait)
        except Exception as another:
            raise RuntimeError(f"{error} Besides, {arn} could not be cleaned up: {another}") from error
        raise
    return arn


def _validate(acm: ACMClient, arn: str, name: str, zone: HostedZone, wait: Wait) -> None:
    """Write the validation record as soon as ACM names it, and wait until it has found it."""
    written = False
    for _ in wait.rounds(f"ACM to issue {arn}"):
        certificate = _describe(acm, arn)
        if certificate is None:
            raise RuntimeError(f"The certificate for {name} was deleted before it was issued. Deploy again.")
        if certificate["Status"] not in {"PENDING_VALIDATION", "ISSUED"}:
            raise RuntimeError(
                f"ACM refuses to issue the certificate for {name}: {certificate['Status']}, "
                f"{certificate.get('FailureReason', 'no reason given')}. At CAA_ERROR, let the domain's CAA "
                "record allow amazon.com; at others see ACM's documentation. Then deploy again."
            )
        records = _records(certificate)
        if not written and _domain(name) in records:
            zone.change("UPSERT", [_record_set(record) for record in records.values()])
            written = True
        if written and certificate["Status"] == "ISSUED":
            return
    if not written:
        raise RuntimeError(f"ACM did not say how to validate {name} in time. Deploy again.")
    raise RuntimeError(
        f"ACM did not find its validation record for {name} in time. Check that the NS record in the "
        f"parent zone points at the name servers of hosted zone {zone.id}, then deploy again."
    )


def _delete(acm: ACMClient, arn: str, properties: Properties, wait: Wait) -> None:
    """Delete a certificate once nothing uses it, and the validation records that no other one needs."""
    users: list[str] = []
    kept: NotAllowedError | None = None
    for _ in wait.rounds(f"load balancers to let go of {arn}"):
        certificate = _describe(acm, arn)
        if certificate is None:
            break
        users = certificate.get("InUseBy", [])
        if users:
            continue
        try:
            _delete_records(acm, certificate, properties)
        except NotAllowedError as error:
            kept = error
        try:
            acm.delete_certificate(CertificateArn=arn)
            break
        except ClientError as error:
            if code(error) not in {"ResourceInUseException", "ConflictException", "ResourceNotFoundException"}:
                raise
    else:
        raise RuntimeError(
            f"Certificate {arn} is still in use. Take it from the listeners of these, then delete again:\n"
            + listed(users or ["a load balancer that ACM does not name"])
        )
    if kept:
        raise RuntimeError(f"The certificate is deleted, but its validation records stay. {kept}") from kept


def _delete_records(acm: ACMClient, certificate: Certificate, properties: Properties) -> None:
    shared = _domains_of_others(acm, certificate["CertificateArn"])
    records = {record for domain, record in _records(certificate).items() if domain not in shared}
    if not records:
        return
    try:
        zone = hosted_zone(properties)
        zone.change("DELETE", [found for found in zone.records() if _record(found) in records])
    except (RoleMissingError, ZoneMissingError) as error:
        log.warning("the validation records %s stay: %s", sorted(records), error)


def _domains_of_others(acm: ACMClient, arn: str) -> set[str]:
    """What the account's other certificates are for: ACM names the same record for a domain each time."""
    pages = acm.get_paginator("list_certificates").paginate(
        CertificateStatuses=["PENDING_VALIDATION", "ISSUED"], Includes={"keyTypes": KEY_TYPES}
    )
    return {
        _domain(name)
        for page in pages
        for other in page["CertificateSummaryList"]
        if other["CertificateArn"] != arn and other.get("Type") == "AMAZON_ISSUED"
        for name in [other["DomainName"], *other.get("SubjectAlternativeNameSummaries", [])]
    }


def _describe(acm: ACMClient, arn: str) -> Certificate | None:
    try:
        return acm.describe_certificate(CertificateArn=arn)["Certificate"]
    except ClientError as error:
        if code(error) == "ResourceNotFoundException":
            return None
        raise


def _records(certificate: Certificate) -> dict[str, Record]:
    """The validation record of each domain, as far as ACM has named it yet."""
    named = [o for o in certificate.get("DomainValidationOptions", []) if "ResourceRecord" in o]
    records = [(option["DomainName"], option["ResourceRecord"]) for option in named]
    return {_domain(name): (r["Name"].lower(), r["Type"], r["Value"]) for name, r in records}


def _domain(name: str) -> str:
    """What is validated for a name: a host and its wildcard share one record."""
    return name.lower().removeprefix("*.")


def _record(found: RecordSet) -> Record:
    values = [record["Value"] for record in found.get("ResourceRecords", [])]
    return found["Name"].lower(), found["Type"], " ".join(values)


def _record_set(record: Record) -> RecordSet:
    name, _, value = record
    return {"Name": name, "Type": "CNAME", "TTL": 300, "ResourceRecords": [{"Value": value}]}


def _fits(new: Properties, old: Properties) -> bool:
    """Whether the certificate made for the old properties serves the new ones: same name, same zone.

    One from before may be for a wildcard, too, which does no harm.
    """
    return all(new.get(key) == old.get(key) for key in ("DomainName", "HostedZoneId", "HostedZoneName"))


def _tag(acm: ACMClient, arn: str, new: dict[str, str], old: dict[str, str]) -> None:
    if gone := sorted(old.keys() - new.keys()):
        acm.remove_tags_from_certificate(CertificateArn=arn, Tags=[{"Key": key} for key in gone])
    if new and new != old:
        acm.add_tags_to_certificate(
            CertificateArn=arn, Tags=[{"Key": key, "Value": value} for key, value in new.items()]
        )


answer = answering(handler)
