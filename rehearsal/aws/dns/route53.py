"""What moto's Route 53 gets wrong: what is there, and what it is, when records are made and deleted."""

from __future__ import annotations

from typing import Any, ClassVar

from moto.route53.models import FakeZone, RecordSet, route53_backends

from rehearsal.aws import moto_settings
from rehearsal.aws.api import Api, ApiError, Input


class Route53(Api):
    """Hosted zones; moto does all but the checks."""

    service: ClassVar[str] = "route53"
    extends: ClassVar[bool] = True

    def change_resource_record_sets(self, wanted: Input) -> None:
        """Refuse to make what is there, and to delete what is not. moto looks in its journal, in which nothing goes."""
        with moto_settings.LOCK:
            zone = route53_backends[self.current_account]["aws"].zones.get(wanted["HostedZoneId"].rpartition("/")[2])
            if zone is None:
                return
            for change in wanted["ChangeBatch"]["Changes"]:
                if why := refusal(zone, change):
                    raise ApiError("InvalidChangeBatch", why)
            zone.rr_changes[:] = [each for each in zone.rr_changes if _is_there(zone, each["ResourceRecordSet"])]


def refusal(zone: FakeZone, change: dict[str, Any]) -> str | None:
    """In AWS's words, why a change cannot be made to the zone as it is."""
    record = change["ResourceRecordSet"]
    named = f"resource record set [name='{_name(record)}', type='{record['Type']}']"
    found = _found(zone, record)
    if change["Action"] == "CREATE" and found:
        return f"Tried to create {named} but it already exists"
    if change["Action"] == "DELETE" and found is None:
        return f"Tried to delete {named} but it was not found"
    if change["Action"] == "DELETE" and found and _says(found) != _wanted(record):
        return f"Tried to delete {named} but the values provided do not match the current values"
    return None


def _is_there(zone: FakeZone, record: dict[str, Any]) -> bool:
    return _found(zone, record) is not None


def _found(zone: FakeZone, record: dict[str, Any]) -> RecordSet | None:
    wanted = (_name(record), record["Type"], record.get("SetIdentifier"))
    return next((each for each in zone.rrsets if (each.name, each.type, each.set_identifier) == wanted), None)


def _says(found: RecordSet) -> object:
    """Lifetime and values of a record; of an alias, only that it is one."""
    values = [each if isinstance(each, str) else each["Value"] for each in found.records or ()]
    return None if found.alias_target else (int(found.ttl or 0), sorted(values))


def _wanted(record: dict[str, Any]) -> object:
    values = [each["Value"] for each in record.get("ResourceRecords", ())]
    return None if "AliasTarget" in record else (int(record["TTL"]), sorted(values))


def _name(record: dict[str, Any]) -> str:
    return f"{record['Name'].rstrip('.')}."
