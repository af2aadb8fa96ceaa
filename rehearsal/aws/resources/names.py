"""Names in DNS, and certificates for them."""

from __future__ import annotations

import secrets
from typing import Any

from rehearsal.aws.cloud import Properties
from rehearsal.aws.resources.kind import HalfMadeError, Kind, Made, Place, UnsupportedError, kind
from rehearsal.aws.resources.properties import allow_changes, change_tags, listed, only, pairs


@kind("AWS::Route53::HostedZone")
class HostedZone(Kind):
    """A zone. Like Route 53, it cannot be deleted while it holds records."""

    def create(self, place: Place, wanted: Properties) -> Made:
        more = only(wanted, "Name", "HostedZoneConfig")
        answer = place.cloud.call("route53", "CreateHostedZone", more, CallerReference=secrets.token_hex(16))
        id = answer["HostedZone"]["Id"].rpartition("/")[2]
        self._tag(place, id, {}, wanted)
        return Made(id, {"Id": id, "NameServers": answer["DelegationSet"]["NameServers"]})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        names = allow_changes(place.type, old, new, "HostedZoneConfig", "HostedZoneTags")
        if "HostedZoneConfig" in names:
            place.cloud.client("route53").update_hosted_zone_comment(
                Id=made.ref, Comment=new.get("HostedZoneConfig", {}).get("Comment", "")
            )
        self._tag(place, made.ref, old, new)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("route53").delete_hosted_zone(Id=made.ref)

    def _tag(self, place: Place, id: str, old: Properties, new: Properties) -> None:
        before, after = pairs(old.get("HostedZoneTags")), pairs(new.get("HostedZoneTags"))
        changes: dict[str, Any] = {}
        if after:
            changes["AddTags"] = new["HostedZoneTags"]
        if gone := sorted(before.keys() - after.keys()):
            changes["RemoveTagKeys"] = gone
        if changes:
            place.cloud.client("route53").change_tags_for_resource(ResourceType="hostedzone", ResourceId=id, **changes)


@kind("AWS::Route53::RecordSet")
class RecordSet(Kind):
    """A record."""

    def create(self, place: Place, wanted: Properties) -> Made:
        self._change(place, "CREATE", wanted)
        return Made(wanted["Name"])

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        self._change(place, "UPSERT", new)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        self._change(place, "DELETE", properties)

    def _change(self, place: Place, action: str, properties: Properties) -> None:
        record = only(properties, "Name", "Type", "AliasTarget")
        if "ResourceRecords" in properties:
            record |= {
                "TTL": int(properties["TTL"]),
                "ResourceRecords": [{"Value": value} for value in properties["ResourceRecords"]],
            }
        zone = properties.get("HostedZoneId") or _zone_named(place, properties["HostedZoneName"])
        change_records(place, zone, action, [record])


@kind("AWS::CertificateManager::Certificate")
class Certificate(Kind):
    """A certificate. CloudFormation writes what proves it into its zone, and leaves that there for ever."""

    def create(self, place: Place, wanted: Properties) -> Made:
        zones = {each["DomainName"]: each["HostedZoneId"] for each in wanted.get("DomainValidationOptions", [])}
        request = only(wanted, "DomainName", "SubjectAlternativeNames", "ValidationMethod", "Tags", "KeyAlgorithm")
        options = only(wanted, "CertificateTransparencyLoggingPreference")
        acm = place.cloud.client("acm")
        arn = place.cloud.call("acm", "RequestCertificate", request, Options=options)["CertificateArn"]
        try:
            proofs = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"]
            records = {proof["ResourceRecord"]["Name"]: proof["ResourceRecord"] for proof in proofs}
            if len(set(zones.values())) != 1:
                raise UnsupportedError("The stand-in proves a certificate in one hosted zone.")
            change_records(
                place,
                zones[wanted["DomainName"]],
                "UPSERT",
                [
                    {"Name": name, "Type": each["Type"], "TTL": 300, "ResourceRecords": [{"Value": each["Value"]}]}
                    for name, each in records.items()
                ],
            )
            if acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] != "ISSUED":
                # AWS would wait, for hours; here nothing happens by waiting.
                raise UnsupportedError("The certificate's proof is not seen in public: its zone is not delegated.")
        except Exception as error:
            raise HalfMadeError(str(error), arn) from error
        return Made(arn, {"CertificateArn": arn})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        allow_changes(place.type, old, new, "Tags")
        acm = place.cloud.client("acm")
        change_tags(
            old,
            new,
            add=lambda tags: acm.add_tags_to_certificate(CertificateArn=made.ref, Tags=listed(tags)),
            remove=lambda keys: acm.remove_tags_from_certificate(
                CertificateArn=made.ref, Tags=[{"Key": key} for key in keys]
            ),
        )
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("acm").delete_certificate(CertificateArn=made.ref)


def _zone_named(place: Place, name: str) -> str:
    """The one zone of a name."""
    found = place.cloud.client("route53").list_hosted_zones_by_name(DNSName=name)["HostedZones"]
    zones: list[str] = [zone["Id"].rpartition("/")[2] for zone in found if zone["Name"] == name]
    if len(zones) != 1:
        raise UnsupportedError(f"{len(zones)} hosted zones named {name} found")
    return zones[0]


def change_records(place: Place, zone: str, action: str, records: list[dict[str, Any]]) -> None:
    """Change records of a zone."""
    changes = [{"Action": action, "ResourceRecordSet": record} for record in records]
    place.cloud.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
