"""The configuration's tags, on what services and controllers make by themselves as on what CloudFormation makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rehearsal.aws import Cloud
from rehearsal.life import looks
from rehearsal.world import World


def tags_are_on_what_costs(world: World, wanted: Mapping[str, str]) -> Iterator[str]:
    """Machines, disks, network interfaces, load balancers and file systems have the configuration's tags."""
    found = dict(_tagged(world.cloud(world.workload_account)))
    kinds = {"instance", "network-interface", "volume", "loadbalancer", "targetgroup"}
    looks.expect(set(), kinds - {thing.partition(" ")[0] for thing in found}, "the kinds of things that nobody has")
    lacking = [thing for thing, tags in found.items() if not wanted.items() <= tags.items()]
    looks.expect([], lacking, f"what lacks the tags {dict(wanted)}")
    yield f"{len(found)} machines, disks, network interfaces, load balancers and file systems carry the tags"


def _tagged(cloud: Cloud) -> Iterator[tuple[str, dict[str, str]]]:
    """What costs something and was made by services and controllers, or by CloudFormation: its tags."""

    def pairs(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
        return {each["Key"]: each["Value"] for each in tags or ()}

    ec2: Any = cloud.client("ec2")
    for reservation in ec2.describe_instances()["Reservations"]:
        for instance in reservation["Instances"]:
            if instance["State"]["Name"] == "running":
                yield f"instance {instance['InstanceId']}", pairs(instance.get("Tags"))
                for each in instance["NetworkInterfaces"]:
                    id = each["NetworkInterfaceId"]
                    described = ec2.describe_network_interfaces(NetworkInterfaceIds=[id])["NetworkInterfaces"][0]
                    yield f"network-interface {id}", pairs(described.get("TagSet"))
    for volume in ec2.describe_volumes()["Volumes"]:
        yield f"volume {volume['VolumeId']}", pairs(volume.get("Tags"))
    for gateway in ec2.describe_nat_gateways()["NatGateways"]:
        yield f"natgateway {gateway['NatGatewayId']}", pairs(gateway.get("Tags"))
    for system in cloud.client("efs").describe_file_systems()["FileSystems"]:
        yield f"file-system {system['FileSystemId']}", pairs(system["Tags"])
    elb = cloud.client("elbv2")
    arns = [each["LoadBalancerArn"] for each in elb.describe_load_balancers()["LoadBalancers"]]
    arns += [each["TargetGroupArn"] for each in elb.describe_target_groups()["TargetGroups"]]
    for each in elb.describe_tags(ResourceArns=arns)["TagDescriptions"] if arns else ():
        yield f"{each['ResourceArn'].split(':')[5].replace('/', ' ', 1)}", pairs(each["Tags"])
