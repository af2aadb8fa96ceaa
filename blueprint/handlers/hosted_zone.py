"""A Route 53 hosted zone as the handlers need it: in this account, or reached through a role of another one.

Calls `sts:AssumeRole` on the role, at the STS of Route 53's own region, and with the role's rights (or its own, where
there is no role) `route53:ListHostedZonesByName` on `*` where the zone is given by name,
`route53:ListResourceRecordSets` and `route53:ChangeResourceRecordSets` on the zone: no other action, so that the role
can stay as narrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import boto3
from botocore.exceptions import ClientError

from .runtime import CALLS, Properties, code

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_route53.type_defs import ResourceRecordSetOutputTypeDef as RecordSet

REGION = "us-east-1"
"""Route 53's region, which every account has. The STS of another one refuses the roles of an account that has not opted
in to it, whoever asks: the DNS account need not know the hub's region."""

BATCH = 50
"""Changes a request: 50 values of 255 characters, each counted twice in an UPSERT, keep below the limits of
Route 53 (1000 values, 32,000 characters)."""


class ZoneMissingError(RuntimeError):
    """The hosted zone does not exist, or no longer."""


class RoleMissingError(RuntimeError):
    """The role in the DNS account cannot be assumed."""


class NotAllowedError(RuntimeError):
    """The role in the DNS account may not do what it is for."""


class RecordMissingError(RuntimeError):
    """There is no such record."""


class RecordDiffersError(RuntimeError):
    """There is such a record, with other values."""


class HostedZone:
    """The records of one zone. Every method raises ZoneMissingError and NotAllowedError."""

    def __init__(self, route53: Route53Client, zone_id: str, role: str | None) -> None:
        self.id = zone_id.removeprefix("/hostedzone/")
        self._route53 = route53
        self._role = role

    def records(self) -> list[RecordSet]:
        """All record sets of the zone."""
        with self._explained():
            pages = self._route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=self.id)
            return [record for page in pages for record in page["ResourceRecordSets"]]

    def change(self, action: Literal["UPSERT", "DELETE"], records: Sequence[RecordSet]) -> None:
        """Write or delete record sets of one value each."""
        for start in range(0, len(records), BATCH):
            batch = records[start : start + BATCH]
            self._change([{"Action": action, "ResourceRecordSet": record} for record in batch])

    def exchange(self, old: RecordSet, new: RecordSet) -> None:
        """Write a record in place of one that is there, with just these values, or change nothing.

        Raises RecordMissingError, RecordDiffersError.
        """
        changes = [("DELETE", old), ("UPSERT", new)]
        self._change([{"Action": action, "ResourceRecordSet": record} for action, record in changes])

    def remove(self, record: RecordSet) -> None:
        """Delete a record that has just these values. Raises RecordMissingError, RecordDiffersError."""
        self._change([{"Action": "DELETE", "ResourceRecordSet": record}])

    def _change(self, changes: list[Any]) -> None:
        with self._explained():
            self._route53.change_resource_record_sets(HostedZoneId=self.id, ChangeBatch={"Changes": changes})

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            if code(error) == "InvalidChangeBatch" and "was not found" in str(error):
                raise RecordMissingError(str(error)) from error
            if code(error) == "InvalidChangeBatch" and "do not match the current values" in str(error):
                raise RecordDiffersError(str(error)) from error
            if code(error) == "NoSuchHostedZone":
                raise ZoneMissingError(f"Hosted zone {self.id} does not exist.") from error
            if code(error) == "AccessDenied" and self._role:
                raise NotAllowedError(
                    f"The role {self._role} may not work on hosted zone {self.id}. Deploy ParentDns in the "
                    f"DNS account again, with this configuration. ({error})"
                ) from error
            raise


def hosted_zone(properties: Properties) -> HostedZone:
    """The zone that a resource names: `HostedZoneId`, or else the public zone called `HostedZoneName`.

    Goes through `RoleArn` (with `ExternalId`) where given. Raises RoleMissingError, ZoneMissingError.
    """
    role = properties.get("RoleArn")
    route53 = _assume(role, properties.get("ExternalId")) if role else boto3.client("route53", config=CALLS)
    if zone_id := properties.get("HostedZoneId"):
        return HostedZone(route53, zone_id, role)
    name = properties["HostedZoneName"].lower().rstrip(".")
    # The listing starts at the name, so that all zones of that name are on its first page.
    zones = [
        zone["Id"].removeprefix("/hostedzone/")
        for zone in route53.list_hosted_zones_by_name(DNSName=name)["HostedZones"]
        if zone["Name"].rstrip(".") == name and not zone.get("Config", {}).get("PrivateZone")
    ]
    if not zones:
        raise ZoneMissingError(
            f"There is no public hosted zone {name} in the account of {role or 'this stack'}. "
            "Create it there and delegate it from its parent."
        )
    if len(zones) > 1:
        raise RuntimeError(
            f"There are {len(zones)} public hosted zones {name}: {', '.join(sorted(zones))}. "
            "Delete those that no NS record of the parent zone points at."
        )
    return HostedZone(route53, zones[0], role)


def _assume(role: str, external_id: str | None) -> Route53Client:
    sts = boto3.client("sts", region_name=REGION, config=CALLS)
    try:
        if external_id:
            answer = sts.assume_role(RoleArn=role, RoleSessionName="jupyterhub", ExternalId=external_id)
        else:
            answer = sts.assume_role(RoleArn=role, RoleSessionName="jupyterhub")
    except ClientError as error:
        if code(error) != "AccessDenied":
            raise
        raise RoleMissingError(
            f"The role {role} cannot be assumed: it does not exist, does not trust this account, or asks for "
            "another external id. Deploy ParentDns in the DNS account, with this configuration."
        ) from error
    credentials = answer["Credentials"]
    return boto3.client(
        "route53",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        config=CALLS,
    )
