"""The AWS that the handlers meet in tests: moto's server with two accounts, and Lambda's clock."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from mypy_boto3_acm import ACMClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_efs import EFSClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_route53.literals import RRTypeType
    from mypy_boto3_route53.type_defs import ResourceRecordSetTypeDef

REGION = "eu-west-1"
WORKLOAD = "123456789012"
DNS = "210987654321"
ROLE = f"arn:aws:iam::{DNS}:role/DomainOperatorRole"

# The tests' own way to AWS: what goes through it is no call of a handler.
session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "nobody's", region_name=REGION)


@cache
def acm() -> ACMClient:
    return session.client("acm")


@cache
def ec2() -> EC2Client:
    return session.client("ec2")


@cache
def efs() -> EFSClient:
    return session.client("efs")


@cache
def elbv2() -> ElasticLoadBalancingv2Client:
    return session.client("elbv2")


class Invocation:
    """Lambda's context; its time passes only in `sleep`, and `meanwhile` tells what happens then."""

    def __init__(self, seconds: float = 900, meanwhile: Callable[[int], None] = lambda naps: None) -> None:
        self.left = seconds
        self.naps = 0
        self._meanwhile = meanwhile

    def get_remaining_time_in_millis(self) -> int:
        return int(self.left * 1000)

    def sleep(self, seconds: float) -> None:
        self.left -= seconds
        self.naps += 1
        self._meanwhile(self.naps)


def route53(account: str = WORKLOAD) -> Route53Client:
    if account == WORKLOAD:
        return session.client("route53")
    role = f"arn:aws:iam::{account}:role/Test"
    credentials = session.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return session.client(
        "route53",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def create_zone(client: Route53Client, name: str, **more: Any) -> str:
    reference = str(len(client.list_hosted_zones()["HostedZones"]))
    zone = client.create_hosted_zone(Name=name, CallerReference=f"{name} {reference}", **more)["HostedZone"]
    return zone["Id"].removeprefix("/hostedzone/")


def record_set(kind: RRTypeType, name: str, *values: str, ttl: int = 60) -> ResourceRecordSetTypeDef:
    return {"Name": name, "Type": kind, "TTL": ttl, "ResourceRecords": [{"Value": value} for value in values]}


def add(client: Route53Client, zone: str, *records: ResourceRecordSetTypeDef) -> None:
    for start in range(0, len(records), 400):
        batch = records[start : start + 400]
        client.change_resource_record_sets(
            HostedZoneId=zone,
            ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record} for record in batch]},
        )


def records(client: Route53Client, zone: str) -> set[tuple[str, str]]:
    """Name and type of all records, without those that every zone has."""
    pages = client.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone)
    return {
        (record["Name"], record["Type"])
        for page in pages
        for record in page["ResourceRecordSets"]
        if record["Type"] not in {"NS", "SOA"}
    }
