"""Hosted zones as the checks find them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from blueprint.cli.checks.aws import Account

Record = dict[str, Any]


@dataclass(frozen=True)
class Zone:
    """A public hosted zone, and the name servers that answer for it."""

    id: str
    name: str
    servers: frozenset[str]


def zones_called(route53: Any, name: str) -> list[str]:
    """The ids of the public hosted zones of a name."""
    answer = route53.list_hosted_zones_by_name(DNSName=name)
    return [
        zone["Id"].rpartition("/")[2]
        for zone in answer["HostedZones"]
        if zone["Name"].rstrip(".") == name and not zone.get("Config", {}).get("PrivateZone")
    ]


def zone(route53: Any, id: str) -> Zone:
    """A zone by its id. Raises ClientError, where there is none: NoSuchHostedZone."""
    answer = route53.get_hosted_zone(Id=id)
    servers = answer.get("DelegationSet", {}).get("NameServers", [])
    return Zone(id, answer["HostedZone"]["Name"].rstrip("."), frozenset(each.lower().rstrip(".") for each in servers))


def records(account: Account, zone_id: str, name: str) -> list[Record]:
    """The records of a name in a zone, and of all names below it; names without their final dot.

    Route 53 lists by the labels from the last to the first, so that these stand together.
    """
    found: list[Record] = []
    start: dict[str, str] = {"StartRecordName": name}
    while start:
        answer = account.client("route53").list_resource_record_sets(HostedZoneId=zone_id, **start)
        for each in answer["ResourceRecordSets"]:
            here = each["Name"].rstrip(".").replace("\\052", "*").lower()
            if not f".{here}".endswith(f".{name}"):
                return found
            found.append({**each, "Name": here})
        following = {key: answer.get(f"Next{key}") for key in ("RecordName", "RecordType", "RecordIdentifier")}
        start = {f"Start{key}": value for key, value in following.items() if value} if answer["IsTruncated"] else {}
    return found


def values(record: Record) -> Iterator[str]:
    """What a record holds."""
    for each in record.get("ResourceRecords", []):
        yield each["Value"].lower().rstrip(".").strip('"')


def of(found: Sequence[Record], name: str, *kinds: str) -> list[Record]:
    """The records of a name, of some types."""
    return [each for each in found if each["Name"] == name and each["Type"] in kinds]
