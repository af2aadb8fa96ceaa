"""Empties a hosted zone of ours before it is deleted: ACM's validation records stay in it for ever.

Properties: `HostedZoneId`, the physical id too: where a zone replaces another, the old one is emptied.
No data.

Rights, in the zone's own account: `route53:ListResourceRecordSets` and `route53:ChangeResourceRecordSets` on
`arn:<partition>:route53:::hostedzone/<id>`; the second can be held, with `ForAllValues:StringEquals`, to
`route53:ChangeResourceRecordSetsRecordTypes` = CNAME and `route53:ChangeResourceRecordSetsActions` = DELETE.

Anything else in the zone is somebody's: then nothing is deleted, and an error names each record.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from .hosted_zone import ZoneMissingError, hosted_zone
from .runtime import Answer, Context, Event, Properties, answering, listed

if TYPE_CHECKING:
    from mypy_boto3_route53.type_defs import ResourceRecordSetOutputTypeDef as RecordSet

log = logging.getLogger(__name__)


def handler(event: Event, context: Context) -> Answer:
    """Do nothing until the deletion; delete then what ACM left."""
    properties = event["ResourceProperties"]
    if event["RequestType"] == "Delete":
        _empty(properties)
    return {"PhysicalResourceId": properties["HostedZoneId"]}


def _empty(properties: Properties) -> None:
    zone = hosted_zone(properties)
    try:
        records = zone.records()
    except ZoneMissingError as error:
        log.info("nothing to delete: %s", error)
        return
    apex = next(record["Name"] for record in records if record["Type"] == "SOA")
    strangers = [
        f"{record['Name']} {record['Type']}"
        for record in records
        if not _of_acm(record) and (record["Name"], record["Type"]) not in {(apex, "SOA"), (apex, "NS")}
    ]
    if strangers:
        log.error("hosted zone %s still holds %s", zone.id, ", ".join(strangers))
        raise RuntimeError(
            f"Hosted zone {apex} ({zone.id}) holds {len(strangers)} record(s) that this stack did not make. "
            "Either a hub still exists: destroy it first. Or somebody made them by hand: delete them. Then "
            f"delete this stack again.\n{listed(strangers)}"
        )
    left = [record for record in records if _of_acm(record)]
    log.info("deleting %d validation record(s) of ACM from hosted zone %s", len(left), zone.id)
    zone.change("DELETE", left)


def _of_acm(record: RecordSet) -> bool:
    values = [value["Value"] for value in record.get("ResourceRecords", [])]
    return record["Type"] == "CNAME" and any(value.endswith(".acm-validations.aws.") for value in values)


answer = answering(handler)
