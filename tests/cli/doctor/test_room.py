"""Broken worlds: zones, an existing VPC, instance types, and quotas."""

from typing import Any

import pytest

from blueprint.cli.doctor import places, quotas
from tests.cli.doctor.border import concurrency
from tests.cli.doctor.staging import WORKLOAD, Stage
from tests.cli.doctor.worlds import Broken, look, steps, texts
from tests.templates.variants import ROOT

MACHINES = {
    "nodes.user.scaling": "karpenter",
    "nodes.gpu.max": 3,
    "singleuser.profiles": str(ROOT / "tests" / "templates" / "machines.yaml"),
}
ALONE = {"singleuser.profiles": str(ROOT / "tests" / "templates" / "without_machines.yaml")}


def zones(stage: Stage, *ids: str) -> None:
    """The account's zones, by their ids."""
    here = [
        {"ZoneName": f"eu-central-1{'abcdef'[number]}", "ZoneId": id, "State": "available"}
        for number, id in enumerate(ids)
    ]
    stage.border.answer("ec2", "DescribeAvailabilityZones", {"AvailabilityZones": here})


def offered(stage: Stage, **types: str) -> None:
    """Instance types by the last letter of each zone."""
    stage.border.answers["ec2", "DescribeInstanceTypeOfferings"] = lambda _, __: {
        "InstanceTypeOfferings": [
            {"InstanceType": each, "LocationType": "availability-zone", "Location": f"eu-central-1{letter}"}
            for letter, of_zone in types.items()
            for each in of_zone.split()
        ]
    }


PLACES = {
    "zone that is not there": Broken(
        lambda stage: stage.context.update({"network.zone.names": ["eu-central-1a", "eu-central-1x"]}),
        "fault",
        "The region has no zone eu-central-1x",
    ),
    "zones without EKS": Broken(
        steps(
            lambda stage: zones(stage, "use1-az3", "euc1-az1", "euc1-az2"),
            lambda stage: stage.context.update({"network.zone.names": ["eu-central-1a", "eu-central-1b"]}),
        ),
        "fault",
        "EKS makes no control plane in eu-central-1a (use1-az3)",
        "eu-central-1b, eu-central-1c",
    ),
    "too few zones": Broken(
        steps(
            lambda stage: zones(stage, "euc1-az2", "euc1-az3"),
            lambda stage: offered(stage, a="t3.large m6i.xlarge", b="t3.large m6i.xlarge"),
        ),
        "fault",
        "has 2 zone(s) that hold EKS, and network.zones is 3",
        "Set network.zones to 2",
    ),
    "core nodes that a zone does not have": Broken(
        lambda stage: offered(stage, a="t3.large m6i.xlarge", b="m6i.xlarge", c="m6i.xlarge"),
        "fault",
        "None of t3.large is offered in eu-central-1b",
        "nodes.core.instance.types",
    ),
    "user nodes that a zone does not have": Broken(
        lambda stage: offered(stage, a="t3.large m6i.xlarge", b="t3.large", c="m6i.xlarge"),
        "fault",
        "None of m6i.xlarge is offered in eu-central-1b",
    ),
    "some types that a zone does not have": Broken(
        steps(
            lambda stage: stage.context.update({"nodes.user.instance.types": ["m6i.xlarge", "m7i.xlarge"]}),
            lambda stage: offered(
                stage, a="t3.large m6i.xlarge m7i.xlarge", b="t3.large m6i.xlarge", c="m6i.xlarge m7i.xlarge"
            ),
        ),
        "warning",
        "m7i.xlarge: not offered in every zone",
    ),
    "machines of profiles that a zone does not have": Broken(
        steps(
            lambda stage: stage.context.update(MACHINES),
            lambda stage: offered(
                stage, **dict.fromkeys("abc", "t3.large m6i.xlarge m7g.xlarge g4dn.xlarge g6.xlarge")
            ),
        ),
        "fault",
        "None of g4dn.12xlarge is offered in eu-central-1a",
        "instance_types in the profiles",
    ),
}


@pytest.mark.parametrize("broken", PLACES.values(), ids=PLACES)
def test_place_is_found_wanting(stage: Stage, broken: Broken) -> None:
    look(stage, places.CHECKS, broken)


def test_homes_on_ebs_need_user_nodes_in_the_first_zone_alone(stage: Stage) -> None:
    offered(stage, a="t3.large m6i.xlarge", b="t3.large")
    assert stage.find(places.CHECKS, **{"storage.home": "ebs"}) == []


def existing(stage: Stage, *, names: bool = True, prefix: int = 20) -> tuple[str, list[str]]:
    ec2 = stage.workload.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    if names:
        ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{16 * number}.0/{prefix}", AvailabilityZone=f"eu-central-1{zone}")
        for number, zone in enumerate("ab")
    ]
    ids = [each["Subnet"]["SubnetId"] for each in subnets]
    stage.context.update(
        {
            "network.vpc.id": vpc,
            "network.subnets.private": ids,
            "network.zone.names": ["eu-central-1a", "eu-central-1b"],
        }
    )
    return vpc, ids


def swapped(stage: Stage) -> None:
    _, ids = existing(stage)
    stage.context["network.subnets.private"] = ids[::-1]


def without_subnet(stage: Stage) -> None:
    _, ids = existing(stage)
    stage.context["network.subnets.private"] = [ids[0], "subnet-0aaaaaaaaaaaaaaa1"]


NETWORKS = {
    "no such VPC": Broken(
        steps(existing, lambda stage: stage.context.update({"network.vpc.id": "vpc-0123456789abcdef0"})),
        "fault",
        "There is no VPC vpc-0123456789abcdef0",
    ),
    "VPC without host names": Broken(
        lambda stage: existing(stage, names=False), "fault", "has enableDnsHostnames off", "modify-vpc-attribute"
    ),
    "no such subnet": Broken(without_subnet, "fault", "has no subnet subnet-0aaaaaaaaaaaaaaa1"),
    "subnets without room": Broken(lambda stage: existing(stage, prefix=28), "warning", "fewer than 16 free addresses"),
}


@pytest.mark.parametrize("broken", NETWORKS.values(), ids=NETWORKS)
def test_network_is_found_wanting(stage: Stage, broken: Broken) -> None:
    look(stage, places.CHECKS, broken)


def test_subnets_in_another_order_are_told(stage: Stage) -> None:
    swapped(stage)
    assert [each.partition(" is in ")[2] for each in texts(stage.find(places.CHECKS))] == [
        "eu-central-1b, not in eu-central-1a.",
        "eu-central-1a, not in eu-central-1b.",
    ]


def test_existing_network_that_will_do_is_well(stage: Stage) -> None:
    existing(stage)
    assert stage.find(places.CHECKS) == []


def quota(code: str, value: float) -> Any:
    return lambda stage: stage.border.quotas.update({code: value})


def running(stage: Stage, count: int, **tags: str) -> None:
    """Machines of somebody's, of 4 vCPUs each."""
    ec2 = stage.workload.client("ec2")
    named = [{"ResourceType": "instance", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]
    more = {"TagSpecifications": named} if tags else {}
    ec2.run_instances(
        ImageId="ami-0123456789abcdef0", InstanceType="m6i.xlarge", MinCount=count, MaxCount=count, **more
    )


def with_addresses(stage: Stage, count: int) -> None:
    for _ in range(count):
        stage.workload.client("ec2").allocate_address(Domain="vpc")


def with_vpcs(stage: Stage, count: int) -> None:
    """Beside the one that each region has."""
    for number in range(count - 1):
        stage.workload.client("ec2").create_vpc(CidrBlock=f"10.{number}.0.0/16")


def standing(stage: Stage) -> None:
    """A hub that is deployed needs no more than vCPUs."""
    stage.deploy(stage.workload, "jupyterhub-Hub")
    stage.deploy(stage.workload, "jupyterhub-Data")
    role, subnets = f"arn:aws:iam::{WORKLOAD}:role/eks", {"subnetIds": ["subnet-1", "subnet-2"]}
    stage.workload.client("eks").create_cluster(name="jupyterhub", roleArn=role, resourcesVpcConfig=subnets)


QUOTAS = {
    "no vCPUs to begin": Broken(
        quota("L-1216C47A", 5),
        "fault",
        "5 vCPUs of on-demand standard instances are free; 8 are needed at the start",
        "--quota-code L-1216C47A --desired-value 48",
    ),
    "too few vCPUs for all": Broken(quota("L-1216C47A", 32), "warning", "48 are needed for all nodes of the settings"),
    "vCPUs that others use": Broken(
        steps(quota("L-1216C47A", 50), lambda stage: running(stage, 3)), "warning", "38 vCPUs of on-demand standard"
    ),
    "too few spot vCPUs": Broken(
        steps(lambda stage: stage.context.update({"nodes.user.capacity": "spot"}), quota("L-34B43A08", 0)),
        "fault",
        "0 vCPUs of standard spot requests are free; 4 are needed",
    ),
    "too few vCPUs of another family": Broken(
        steps(
            lambda stage: stage.context.update({"nodes.user.instance.types": ["x2iedn.xlarge"]}),
            quota("L-7295265B", 8),
        ),
        "warning",
        "8 vCPUs of on-demand X instances are free; 40 are needed",
    ),
    "no vCPUs for GPUs": Broken(
        steps(lambda stage: stage.context.update(MACHINES), quota("L-DB2E81BA", 0), quota("L-3819A6DF", 500)),
        "warning",
        "0 vCPUs of on-demand G and VT instances are free; 12 are needed",
    ),
    "Fargate without room for its largest server": Broken(
        steps(lambda stage: stage.context.update(ALONE), quota("L-3032A538", 2)),
        "fault",
        "2 vCPUs of Fargate may run at a time; the largest server on Fargate has 4",
        "--service-code fargate --quota-code L-3032A538 --desired-value 4",
    ),
    "Fargate for few servers": Broken(
        steps(lambda stage: stage.context.update(ALONE), quota("L-3032A538", 6)),
        "warning",
        "6 vCPUs of Fargate may run at a time: 1 of the largest servers",
        "--desired-value 40",
    ),
    "no address": Broken(
        lambda stage: with_addresses(stage, 5), "fault", "0 Elastic IP addresses are free; 1 are needed"
    ),
    "no VPC": Broken(lambda stage: with_vpcs(stage, 5), "fault", "0 VPCs are free"),
    "no cluster": Broken(quota("L-1194D53C", 0), "fault", "0 EKS clusters are free"),
    "few functions at a time": Broken(
        lambda stage: stage.border.answer("lambda", "GetAccountSettings", concurrency(5)),
        "warning",
        "5 functions may run",
    ),
    "quotas that may not be read": Broken(
        steps(
            standing, lambda stage: stage.border.refuse("service-quotas", "GetServiceQuota", "AccessDeniedException")
        ),
        "unknown",
        "may not call GetServiceQuota",
    ),
}


def test_nodes_of_karpenters_are_not_counted_twice(stage: Stage) -> None:
    running(stage, 4, **{"eks:eks-cluster-name": "jupyterhub"})
    stage.border.quotas["L-1216C47A"] = 44  # the core groups do not grow
    assert stage.find(quotas.CHECKS, **{"nodes.user.scaling": "karpenter"}) == []


@pytest.mark.parametrize("broken", QUOTAS.values(), ids=QUOTAS)
def test_room_is_found_wanting(stage: Stage, broken: Broken) -> None:
    look(stage, quotas.CHECKS, broken)


def test_nodes_of_this_deployment_are_not_counted_twice(stage: Stage) -> None:
    running(stage, 4, **{"eks:cluster-name": "jupyterhub"})
    stage.border.quotas["L-1216C47A"] = 48
    assert stage.find(quotas.CHECKS) == []


def test_fargate_with_room_is_well_and_is_not_asked_about_where_nothing_is_there(stage: Stage) -> None:
    assert stage.find(quotas.CHECKS, **ALONE) == []
    del stage.border.quotas["L-3032A538"]
    assert stage.find(quotas.CHECKS) == []


def test_access_points_that_run_out_are_told(stage: Stage) -> None:
    efs = stage.workload.client("efs")
    system = efs.create_file_system(CreationToken="homes", Tags=[{"Key": "Name", "Value": "jupyterhub"}])
    assert stage.find(quotas.CHECKS) == []
    point = {"AccessPointId": "fsap-1", "FileSystemId": system["FileSystemId"]}
    stage.border.answer("efs", "DescribeAccessPoints", {"AccessPoints": [point] * 9500})
    look(stage, quotas.CHECKS, Broken(lambda stage: None, "warning", "9500 of 10000 access points"))
