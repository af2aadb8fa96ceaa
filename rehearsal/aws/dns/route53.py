"""What moto's Route 53 gets wrong: a record that is made again just as one that is gone was."""

from __future__ import annotations

from typing import Any, ClassVar

from moto.route53.models import FakeZone, route53_backends

from rehearsal.aws import moto_settings
from rehearsal.aws.api import Api, ApiError, Input


class Route53(Api):
    """Hosted zones; moto does all but the checks."""

    service: ClassVar[str] = "route53"
    extends: ClassVar[bool] = True

    def change_resource_record_sets(self, wanted: Input) -> None:
        """Refuse to make what is there. moto looks in its journal instead, in which nothing ever goes."""
        with moto_settings.LOCK:
            zone = route53_backends[self.current_account]["aws"].zones.get(wanted["HostedZoneId"].rpartition("/")[2])
            if zone is None:
                return
            for change in wanted["ChangeBatch"]["Changes"]:
                record = change["ResourceRecordSet"]
                if change["Action"] == "CREATE" and _is_there(zone, record):
                    raise ApiError(
                        "InvalidChangeBatch",
                        f"Tried to create resource record set [name='{_name(record)}', type='{record['Type']}'] "
                        "but it already exists",
                    )
            zone.rr_changes[:] = [each for each in zone.rr_changes if _is_there(zone, each["ResourceRecordSet"])]


def _is_there(zone: FakeZone, record: dict[str, Any]) -> bool:
    wanted = (_name(record), record["Type"], record.get("SetIdentifier"))
    return any((each.name, each.type, each.set_identifier) == wanted for each in zone.rrsets)


def _name(record: dict[str, Any]) -> str:
    return f"{record['Name'].rstrip('.')}."
