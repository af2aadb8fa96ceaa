"""Names as the world finds them in Route 53: in the hosted zones of all accounts."""

from __future__ import annotations

from collections.abc import Sequence

from moto.route53.models import FakeZone, RecordSet, route53_backends

from rehearsal.aws import moto_settings
from rehearsal.sandbox.dns import Record


def look_up(name: str, kind: str) -> Sequence[Record] | None:
    """The records of a name of a kind; None where no zone has the name. An alias is followed like a CNAME.

    A zone counts only where every zone above it that is here delegates to it.
    """
    wanted = f"{name}."
    with moto_settings.LOCK:
        zone = _authority(wanted)
        if zone is None:
            return None
        sets = [each for each in zone.rrsets if each.name.lower() in (wanted, _wildcard(wanted))]
        exact = [each for each in sets if each.name.lower() == wanted] or sets
        if not exact:
            return None
        return [record for each in exact if each.type in (kind, "CNAME") for record in _records(each)]


def _authority(name: str) -> FakeZone | None:
    """The zone that answers for a name."""
    zones = sorted(
        (
            zone
            for account in list(route53_backends)
            for zone in route53_backends[account]["aws"].zones.values()
            if not zone.private_zone and f".{name}".endswith(f".{zone.name}")
        ),
        key=lambda zone: len(zone.name),
    )
    found: FakeZone | None = None
    for zone in zones:
        if found is None or any((each.name, each.type) == (zone.name, "NS") for each in found.rrsets):
            found = zone
    return found


def _wildcard(name: str) -> str:
    return f"\\052.{name.partition('.')[2]}"  # as Route 53 writes an asterisk


def _records(found: RecordSet) -> list[Record]:
    if found.alias_target:
        return [Record("CNAME", str(found.alias_target["DNSName"]))]
    values = [each if isinstance(each, str) else each["Value"] for each in found.records]
    return [Record(str(found.type), value) for value in values]
