"""Stands between the hub and its controllers when the stack is destroyed: waits until they have cleaned up.

Properties: `ClusterName`, the physical id too, and what to look at:
- `LoadBalancing` = "true": load balancers, target groups, security groups
- `HostedZoneId` or `HostedZoneName`: the DNS records in it of `RecordOwner`, ExternalDNS's `txtOwnerId`; with
  `RoleArn` and `ExternalId` (optional) where the zone is in the DNS account; `RecordPrefix` (optional),
  ExternalDNS's `txtPrefix`, to name the records beside their ownership records
- `Volumes` = "true": the EBS volumes, where they are not kept on purpose
- `FileSystemId`: the access points of this EFS file system
- `Instances` = "true": the machines that Karpenter started
- `SecurityGroupId`: the network interfaces of this group, which are those of pods on Fargate
No data.

Rights in its own account, each with its property:
- `elasticloadbalancing:DescribeLoadBalancers`, `elasticloadbalancing:DescribeTargetGroups`,
  `elasticloadbalancing:DescribeTags` and `ec2:DescribeSecurityGroups` on `*` (they take no resource)
- `ec2:DescribeVolumes` on `*` (takes no resource)
- `ec2:DescribeInstances` on `*` (takes no resource)
- `ec2:DescribeNetworkInterfaces` on `*` (takes no resource)
- `elasticfilesystem:DescribeAccessPoints` on the file system
- `sts:AssumeRole` on the role
Rights of the role, or its own where there is none: `route53:ListResourceRecordSets` on the zone; where the
zone is given by name, `route53:ListHostedZonesByName` on `*`.

How the controllers mark what they make, from their sources:
- AWS Load Balancer Controller: `elbv2.k8s.aws/cluster` = the cluster's name, on all of it.
- ExternalDNS: a TXT record `heritage=external-dns,external-dns/owner=<owner>,…` beside each record, whose name
  begins with the prefix and the record's type (`cname` for an alias A).
- EBS CSI driver: `ebs.csi.aws.com/cluster` = true on all volumes; `jupyterhub-eks:deployment` = the cluster's
  name by the StorageClass's `tagSpecification_1`.
- EFS CSI driver: `efs.csi.aws.com/cluster` = true whatever the cluster: the file system must be this one's
  alone.
- Karpenter: `karpenter.sh/nodepool`, beside `kubernetes.io/cluster/<the cluster's name>`, which managed nodes have too.

Where the zone is gone, so are its records: that is well. A role that cannot be assumed is an error at once,
for nobody would notice the records that stay in the DNS account.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from .hosted_zone import HostedZone, RoleMissingError, ZoneMissingError, hosted_zone
from .runtime import CALLS, Answer, Context, Event, Properties, Sleep, Wait, answering, code, listed

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef as Filter
    from mypy_boto3_elbv2.type_defs import TagDescriptionTypeDef as Tagged
    from mypy_boto3_route53.type_defs import ResourceRecordSetOutputTypeDef as RecordSet

log = logging.getLogger(__name__)

TAG_BATCH = 20
"""Elastic Load Balancing tells the tags of so many at a time."""


def handler(event: Event, context: Context, sleep: Sleep = time.sleep) -> Answer:
    """Do nothing until the deletion; wait then until nothing is left."""
    properties = event["ResourceProperties"]
    if event["RequestType"] == "Delete":
        _wait_for_none(properties, Wait(context, sleep))
    return {"PhysicalResourceId": properties["ClusterName"]}


def _wait_for_none(properties: Properties, wait: Wait) -> None:
    cluster = properties["ClusterName"]
    leftovers = Leftovers(properties)
    left: list[str] = []
    most = 0
    for _ in wait.rounds(f"the controllers of {cluster} to clean up", every=5):
        left = leftovers.find()
        if not left:
            return
        most = max(most, len(left))
        log.info("%d left: %s", len(left), ", ".join(left))
    went = most - len(left)
    advice = f"{went} more went while this waited: destroy the stack again, and the rest goes." if went else ""
    raise RuntimeError(
        f"The controllers of cluster {cluster} left {len(left)} thing(s) behind. {advice or 'They still run.'} Find "
        "out why in the logs of aws-load-balancer-controller, external-dns, ebs-csi-controller, "
        "efs-csi-controller and karpenter, and delete the Ingress, Service, claim, pod or NodePool that asks for them; "
        "or delete them by hand. "
        f"Then destroy the stack again.\n{listed(left)}"
    )


class Leftovers:
    """What the controllers of one cluster made and have not deleted, in words."""

    def __init__(self, properties: Properties) -> None:
        self._cluster: str = properties["ClusterName"]
        self._properties = properties
        self._zone = _zone(properties)
        self._elbv2 = boto3.client("elbv2", config=CALLS)
        self._ec2 = boto3.client("ec2", config=CALLS)
        self._efs = boto3.client("efs", config=CALLS)

    def find(self) -> list[str]:
        """All that is left now."""
        wanted = self._properties
        left: list[str] = []
        if wanted.get("LoadBalancing") == "true":
            left += [*self._load_balancing(), *self._security_groups()]
        if self._zone:
            left += _records(self._zone, wanted["RecordOwner"], wanted.get("RecordPrefix", "%{record_type}-"))
        if wanted.get("Volumes") == "true":
            left += self._volumes()
        if file_system := wanted.get("FileSystemId"):
            left += self._access_points(file_system)
        if wanted.get("Instances") == "true":
            left += self._instances()
        if group := wanted.get("SecurityGroupId"):
            left += self._interfaces(group)
        return left

    def _load_balancing(self) -> Iterator[str]:
        balancers = self._elbv2.get_paginator("describe_load_balancers").paginate()
        groups = self._elbv2.get_paginator("describe_target_groups").paginate()
        arns = [balancer["LoadBalancerArn"] for page in balancers for balancer in page["LoadBalancers"]]
        arns += [group["TargetGroupArn"] for page in groups for group in page["TargetGroups"]]
        for start in range(0, len(arns), TAG_BATCH):
            for tagged in self._tags(arns[start : start + TAG_BATCH]):
                if {"Key": "elbv2.k8s.aws/cluster", "Value": self._cluster} in tagged["Tags"]:
                    arn = tagged["ResourceArn"]
                    yield f"{'target group' if ':targetgroup/' in arn else 'load balancer'} {arn}"

    def _tags(self, arns: list[str]) -> list[Tagged]:
        try:
            return self._elbv2.describe_tags(ResourceArns=arns)["TagDescriptions"]
        except ClientError as error:
            if code(error) not in {"LoadBalancerNotFound", "TargetGroupNotFound"}:
                raise
            # One of them went away since it was listed, and the call fails for all.
            middle = len(arns) // 2
            return self._tags(arns[:middle]) + self._tags(arns[middle:]) if middle else []

    def _security_groups(self) -> Iterator[str]:
        filters: list[Filter] = [{"Name": "tag:elbv2.k8s.aws/cluster", "Values": [self._cluster]}]
        for page in self._ec2.get_paginator("describe_security_groups").paginate(Filters=filters):
            for group in page["SecurityGroups"]:
                yield f"security group {group['GroupId']} ({group['GroupName']})"

    def _volumes(self) -> Iterator[str]:
        filters: list[Filter] = [
            {"Name": "tag:ebs.csi.aws.com/cluster", "Values": ["true"]},
            {"Name": "tag:jupyterhub-eks:deployment", "Values": [self._cluster]},
        ]
        for page in self._ec2.get_paginator("describe_volumes").paginate(Filters=filters):
            for volume in page["Volumes"]:
                tags = {tag["Key"]: tag["Value"] for tag in volume["Tags"]}
                claim = tags.get("kubernetes.io/created-for/pvc/name", "unknown")
                yield f"EBS volume {volume['VolumeId']} (claim {claim})"

    def _access_points(self, file_system: str) -> Iterator[str]:
        for page in self._efs.get_paginator("describe_access_points").paginate(FileSystemId=file_system):
            for point in page["AccessPoints"]:
                if {"Key": "efs.csi.aws.com/cluster", "Value": "true"} in point.get("Tags", []):
                    yield f"EFS access point {point['AccessPointId']} of {file_system}"

    def _instances(self) -> Iterator[str]:
        filters: list[Filter] = [
            {"Name": f"tag:kubernetes.io/cluster/{self._cluster}", "Values": ["owned"]},
            {"Name": "tag-key", "Values": ["karpenter.sh/nodepool"]},
            {"Name": "instance-state-name", "Values": ["pending", "running", "shutting-down", "stopping", "stopped"]},
        ]
        for page in self._ec2.get_paginator("describe_instances").paginate(Filters=filters):
            for reservation in page["Reservations"]:
                for each in reservation["Instances"]:
                    tags = {tag["Key"]: tag["Value"] for tag in each["Tags"]}
                    pool, state = tags["karpenter.sh/nodepool"], each["State"]["Name"]
                    yield f"instance {each['InstanceId']} ({state}, pool {pool})"

    def _interfaces(self, group: str) -> Iterator[str]:
        filters: list[Filter] = [{"Name": "group-id", "Values": [group]}]
        for page in self._ec2.get_paginator("describe_network_interfaces").paginate(Filters=filters):
            for each in page["NetworkInterfaces"]:
                yield f"network interface {each['NetworkInterfaceId']} of a server on Fargate ({each['Status']})"


def _zone(properties: Properties) -> HostedZone | None:
    if not (properties.get("HostedZoneId") or properties.get("HostedZoneName")):
        return None
    try:
        return hosted_zone(properties)
    except ZoneMissingError as error:
        log.info("no DNS records are left: %s", error)
        return None
    except RoleMissingError as error:
        raise RuntimeError(
            f"Nobody can tell whether DNS records of the hub are left. {error} Then destroy the stack again. "
            "Or look through the zone by hand, then delete the stack and retain this resource."
        ) from error


def _records(zone: HostedZone, owner: str, prefix: str) -> list[str]:
    """ExternalDNS's ownership records of this owner, and the records that they stand for."""
    try:
        records = zone.records()
    except ZoneMissingError as error:
        log.info("no DNS records are left: %s", error)
        return []
    marks = {record["Name"] for record in records if record["Type"] == "TXT" and _owned(record, owner)}
    left = []
    for record in records:
        name, kind = record["Name"], record["Type"]
        beside = {prefix.replace("%{record_type}", mark) + name for mark in (kind.lower(), "cname")}
        if marks & {name, *beside}:
            left.append(f"DNS record {name} {kind}".replace("\\052", "*"))  # Route 53 writes * so
    return left


def _owned(record: RecordSet, owner: str) -> bool:
    wanted = {"heritage=external-dns", f"external-dns/owner={owner}"}
    texts = [text["Value"].strip('"').split(",") for text in record.get("ResourceRecords", [])]
    return any(wanted <= set(text) for text in texts)


answer = answering(handler)
