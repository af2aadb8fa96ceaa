"""The subzone's NS record in the parent zone, which is in the DNS account: never written over somebody else's.

Properties: `SubzoneName`; `NameServers` (list); `HostedZoneId` or `HostedZoneName` of the parent zone; `RoleArn`.
Physical id: the parent zone and the name. No data.
Rights: `sts:AssumeRole` on the role; for the role's, see `hosted_zone`: it UPSERTs and DELETEs one NS record.

The role may not read the parent zone's records. So the record that this stack would have made is deleted and written in
one request, which Route 53 refuses as a whole if there is none, or one that leads elsewhere, and tells these apart.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from .hosted_zone import RecordDiffersError, RecordMissingError, ZoneMissingError, hosted_zone
from .runtime import Answer, Context, Event, Properties, answering

if TYPE_CHECKING:
    from mypy_boto3_route53.type_defs import ResourceRecordSetOutputTypeDef as RecordSet

log = logging.getLogger(__name__)

TTL = 1800

OF_CDK = "Custom::CrossAccountZoneDelegation"
"""What made the record before this resource did; its deletion, which is also told to this function, ends nothing."""


def handler(event: Event, context: Context) -> Answer:
    """Write the record, change it, or take it away."""
    properties = event["ResourceProperties"]
    if event["ResourceType"] == OF_CDK:
        return {}
    if event["RequestType"] == "Delete":
        _remove(properties)
        return {}
    return {"PhysicalResourceId": _write(properties, event.get("OldResourceProperties"))}


def _write(properties: Properties, before: Properties | None) -> str:
    zone, record = hosted_zone(properties), _record(properties)
    ours = [record]
    if before and before["SubzoneName"] == properties["SubzoneName"]:
        ours.append(_record(before))
    for mine in ours:
        try:
            zone.exchange(mine, record)
            break
        except RecordMissingError:
            zone.change("UPSERT", [record])
            break
        except RecordDiffersError as error:
            log.info("%s", error)
    else:
        name = properties["SubzoneName"]
        raise RuntimeError(
            f"The parent zone {properties.get('HostedZoneName', zone.id)} has an NS record {name} that leads to another"
            " hosted zone: another hub has this subzone. Nothing was changed. Set dev.subzone.name to a name that no"
            " other hub has. If nobody uses that record any more, delete it in the DNS account, then deploy again."
        )
    return f"{zone.id}/{properties['SubzoneName']}"


def _remove(properties: Properties) -> None:
    try:
        hosted_zone(properties).remove(_record(properties))
    except (RecordMissingError, RecordDiffersError, ZoneMissingError) as error:
        log.info("nothing of ours to delete: %s", error)


def _record(properties: Properties) -> RecordSet:
    servers = [{"Value": server} for server in properties["NameServers"]]
    return {"Name": properties["SubzoneName"], "Type": "NS", "TTL": TTL, "ResourceRecords": servers}  # type: ignore[typeddict-item]


answer = answering(handler)
