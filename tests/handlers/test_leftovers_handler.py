from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from moto.elbv2.exceptions import LoadBalancerNotFoundError
from moto.elbv2.models import ELBv2Backend
from moto.route53.models import Route53Backend
from moto.sts.models import STSBackend

from blueprint.handlers.leftovers import handler
from blueprint.handlers.runtime import RESERVE
from tests.handlers.cloud import ROLE, Invocation, add, create_zone, ec2, efs, elbv2, record_set, route53

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client

    from tests.handlers.conftest import Refuse

pytestmark = pytest.mark.filterwarnings("ignore:Exception.Refused:UserWarning")  # moto knows not all errors

OWNED = '"heritage=external-dns,external-dns/owner=hub,external-dns/resource=ingress/jupyterhub/jupyterhub"'
MINE = {"elbv2.k8s.aws/cluster": "hub"}
THEIRS = {"elbv2.k8s.aws/cluster": "hub2"}
VOLUME = {"ebs.csi.aws.com/cluster": "true", "jupyterhub-eks:deployment": "hub"}


def event(zone: str, kind: str = "Delete", **more: Any) -> dict[str, Any]:
    properties = {
        "ClusterName": "hub",
        "LoadBalancing": "true",
        "HostedZoneId": zone,
        "RoleArn": ROLE,
        "RecordOwner": "hub",
        "Volumes": "true",
    }
    return {"RequestType": kind, "PhysicalResourceId": "hub", "ResourceProperties": properties | more}


def failure(event: dict[str, Any]) -> list[str]:
    """What the handler says is left when its time is over, after looking twice."""
    lambda_ = Invocation(seconds=RESERVE + 7)
    with pytest.raises(RuntimeError, match=r"^The controllers of cluster hub left \d+ thing") as error:
        handler(event, lambda_, lambda_.sleep)
    assert lambda_.naps == 1
    return [line.removeprefix("- ") for line in str(error.value).splitlines()[1:]]


def passes(event: dict[str, Any]) -> bool:
    lambda_ = Invocation()
    return handler(event, lambda_, lambda_.sleep) == {"PhysicalResourceId": "hub"} and lambda_.naps == 0


def pairs(tags: dict[str, str]) -> Any:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def create_load_balancers(tags: dict[str, str], *names: str) -> list[str]:
    subnets = [subnet["SubnetId"] for subnet in ec2().describe_subnets()["Subnets"][:2]]
    created = [elbv2().create_load_balancer(Name=name, Subnets=subnets, Tags=pairs(tags)) for name in names]
    return [one["LoadBalancers"][0]["LoadBalancerArn"] for one in created]


def create_target_group(name: str, tags: dict[str, str]) -> str:
    vpc = ec2().describe_vpcs()["Vpcs"][0]["VpcId"]
    created = elbv2().create_target_group(
        Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip", Tags=pairs(tags)
    )
    return created["TargetGroups"][0]["TargetGroupArn"]


def create_security_group(name: str, tags: dict[str, str]) -> str:
    return ec2().create_security_group(
        GroupName=name,
        Description="test",
        TagSpecifications=[{"ResourceType": "security-group", "Tags": pairs(tags)}],
    )["GroupId"]


def create_volume(tags: dict[str, str]) -> str:
    return ec2().create_volume(
        AvailabilityZone="eu-west-1a",
        Size=1,
        TagSpecifications=[{"ResourceType": "volume", "Tags": pairs(tags)}],
    )["VolumeId"]


def create_access_point(file_system: str, tags: dict[str, str]) -> str:
    return efs().create_access_point(ClientToken=str(tags), FileSystemId=file_system, Tags=pairs(tags))["AccessPointId"]


@pytest.fixture
def file_system() -> str:
    return efs().create_file_system(CreationToken="homes")["FileSystemId"]


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_nothing_happens_before_the_deletion(kind: str, calls: list[str]) -> None:
    assert passes(event("Z1", kind))
    assert calls == []


def test_nothing_left_is_found_at_once(zone: str) -> None:
    assert passes(event(zone))


def test_load_balancer_is_left(zone: str) -> None:
    (arn,) = create_load_balancers(MINE, "k8s-hub")
    create_load_balancers(THEIRS, "k8s-other")
    assert failure(event(zone)) == [f"load balancer {arn}"]


def test_target_group_is_left(zone: str) -> None:
    arn = create_target_group("k8s-hub", MINE)
    create_target_group("k8s-other", THEIRS)
    assert failure(event(zone)) == [f"target group {arn}"]


def test_security_group_is_left(zone: str) -> None:
    group = create_security_group("k8s-traffic-hub", MINE)
    create_security_group("k8s-traffic-hub2", THEIRS)
    assert failure(event(zone)) == [f"security group {group} (k8s-traffic-hub)"]


def test_volume_is_left(zone: str) -> None:
    volume = create_volume(VOLUME | {"kubernetes.io/created-for/pvc/name": "hub-db-dir"})
    assert failure(event(zone, Volumes="true")) == [f"EBS volume {volume} (claim hub-db-dir)"]


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param({"jupyterhub-eks:deployment": "hub"}, id="not-the-driver's"),
        pytest.param({"ebs.csi.aws.com/cluster": "true", "jupyterhub-eks:deployment": "hub2"}, id="other-cluster"),
    ],
)
def test_volume_of_somebody_else_is_not_left(tags: dict[str, str], zone: str) -> None:
    create_volume(tags)
    assert passes(event(zone, Volumes="true"))


def test_only_what_the_properties_ask_for_is_looked_at(calls: list[str]) -> None:
    create_volume(VOLUME)
    create_security_group("k8s", MINE)
    kept = {"ClusterName": "hub", "Volumes": "false"}
    assert passes(event("") | {"ResourceProperties": kept})
    assert calls == []


def test_a_destroy_that_needs_more_time_says_so(zone: str, file_system: str) -> None:
    tags = {"efs.csi.aws.com/cluster": "true"}
    points = [create_access_point(file_system, tags | {"home": str(each)}) for each in range(3)]
    lambda_ = Invocation(seconds=RESERVE + 7)

    def sleep(seconds: float) -> None:
        efs().delete_access_point(AccessPointId=points.pop())
        lambda_.sleep(seconds)

    wanted = r"left 2 thing\(s\) behind\. 1 more went while this waited: destroy the stack again, and the rest goes"
    with pytest.raises(RuntimeError, match=wanted):
        handler(event(zone, FileSystemId=file_system), lambda_, sleep)


def test_access_point_of_the_driver_is_left_in_a_file_system_that_is_watched(zone: str, file_system: str) -> None:
    point = create_access_point(file_system, {"efs.csi.aws.com/cluster": "true"})
    create_access_point(file_system, {"Name": "shared"})
    assert failure(event(zone, FileSystemId=file_system)) == [f"EFS access point {point} of {file_system}"]
    assert passes(event(zone))


@pytest.mark.parametrize(
    ("mark", "named"),
    [
        pytest.param("a-lab.hub.example.org", ["a-lab.hub.example.org. TXT", "lab.hub.example.org. A"], id="a"),
        pytest.param(
            "cname-lab.hub.example.org",
            ["cname-lab.hub.example.org. TXT", "lab.hub.example.org. A"],
            id="alias",
        ),
        pytest.param("a-gone.hub.example.org", ["a-gone.hub.example.org. TXT"], id="mark-alone"),
        pytest.param("x-a.lab.hub.example.org", ["x-a.lab.hub.example.org. TXT"], id="unknown-prefix"),
    ],
)
def test_record_of_the_owner_is_left(mark: str, named: list[str], dns: Route53Client, zone: str) -> None:
    add(dns, zone, record_set("A", "lab.hub.example.org", "10.0.0.1"), record_set("TXT", mark, OWNED))
    assert failure(event(zone)) == [f"DNS record {name}" for name in named]


def test_record_behind_a_prefix_is_left(dns: Route53Client, zone: str) -> None:
    add(dns, zone, record_set("A", "hub.example.org", "10.0.0.1"))
    add(dns, zone, record_set("A", "lab.hub.example.org", "10.0.0.1"))
    add(dns, zone, record_set("TXT", "edns-cname.lab.hub.example.org", OWNED))
    assert failure(event(zone, RecordPrefix="edns-%{record_type}.")) == [
        "DNS record lab.hub.example.org. A",
        "DNS record edns-cname.lab.hub.example.org. TXT",
    ]


def test_wildcard_is_named_as_people_write_it(dns: Route53Client, zone: str) -> None:
    add(dns, zone, record_set("TXT", "a-\\052.hub.example.org", OWNED))
    assert failure(event(zone)) == ["DNS record a-*.hub.example.org. TXT"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(OWNED.replace("owner=hub", "owner=hub2"), id="other-owner"),
        pytest.param(OWNED.replace("heritage=external-dns", "heritage=mine"), id="other-heritage"),
        pytest.param('"v=spf1 -all"', id="other-text"),
    ],
)
def test_record_of_another_owner_is_not_left(text: str, dns: Route53Client, zone: str) -> None:
    add(dns, zone, record_set("A", "lab.hub.example.org", "10.0.0.1"))
    add(dns, zone, record_set("TXT", "a-lab.hub.example.org", text))
    assert passes(event(zone))


def test_records_on_later_pages_are_found(dns: Route53Client, zone: str) -> None:
    add(dns, zone, *(record_set("A", f"a{number}.hub.example.org", "10.0.0.1") for number in range(320)))
    add(dns, zone, record_set("TXT", "z.hub.example.org", OWNED))
    assert failure(event(zone)) == ["DNS record z.hub.example.org. TXT"]


def test_zone_may_be_in_the_own_account() -> None:
    client = route53()
    own_zone = create_zone(client, "hub.example.org")
    add(client, own_zone, record_set("TXT", "a-lab.hub.example.org", OWNED))
    assert failure(event(own_zone, RoleArn="")) == ["DNS record a-lab.hub.example.org. TXT"]


def test_zone_that_is_gone_has_no_records() -> None:
    assert passes(event("Z404"))
    assert passes(event("", HostedZoneName="hub.example.org"))


def test_load_balancers_and_tags_are_read_page_by_page(zone: str) -> None:
    create_load_balancers(THEIRS, *(f"other-{number}" for number in range(51)))
    (last,) = create_load_balancers(MINE, "zz-last")
    assert failure(event(zone)) == [f"load balancer {last}"]


def test_load_balancer_that_goes_while_it_is_looked_at_hides_no_other(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arns = create_load_balancers(MINE, *(f"k8s-{number}" for number in range(5)))
    answer = ELBv2Backend.describe_tags

    def describe_tags(self: ELBv2Backend, resource_arns: list[str]) -> dict[str, dict[str, str]]:
        if arns[2] in resource_arns:
            raise LoadBalancerNotFoundError()
        return answer(self, resource_arns)

    monkeypatch.setattr(ELBv2Backend, "describe_tags", describe_tags)
    assert failure(event(zone)) == [f"load balancer {arn}" for arn in arns if arn != arns[2]]


def test_waits_until_the_controllers_are_through(zone: str, dns: Route53Client) -> None:
    (arn,) = create_load_balancers(MINE, "k8s-hub")
    mark = record_set("TXT", "a-lab.hub.example.org", OWNED)
    add(dns, zone, mark)

    def meanwhile(naps: int) -> None:
        if naps == 2:
            elbv2().delete_load_balancer(LoadBalancerArn=arn)
        if naps == 4:
            dns.change_resource_record_sets(
                HostedZoneId=zone,
                ChangeBatch={"Changes": [{"Action": "DELETE", "ResourceRecordSet": mark}]},
            )

    lambda_ = Invocation(meanwhile=meanwhile)
    assert handler(event(zone), lambda_, lambda_.sleep) == {"PhysicalResourceId": "hub"}
    assert lambda_.naps == 4


def start_instance(tags: dict[str, str]) -> str:
    started = ec2().run_instances(
        ImageId="ami-12345678",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": pairs(tags)}],
    )
    return started["Instances"][0]["InstanceId"]


KARPENTERS = {"kubernetes.io/cluster/hub": "owned", "karpenter.sh/nodepool": "user"}
INSTANCES = {"Volumes": "false", "LoadBalancing": "false", "Instances": "true"}


def test_instance_of_karpenter_is_left(zone: str) -> None:
    id = start_instance(KARPENTERS)
    assert failure(event(zone, **INSTANCES)) == [f"instance {id} (running, pool user)"]


def test_a_second_destroy_goes_on_where_the_first_ran_out_of_time(zone: str) -> None:
    ids = [start_instance(KARPENTERS) for _ in range(2)]
    assert len(failure(event(zone, **INSTANCES))) == 2
    ec2().terminate_instances(InstanceIds=ids[:1])
    assert failure(event(zone, **INSTANCES)) == [f"instance {ids[1]} (running, pool user)"]
    ec2().terminate_instances(InstanceIds=ids[1:])
    assert passes(event(zone, **INSTANCES))


def test_instance_that_is_about_to_go_is_waited_for(zone: str) -> None:
    id = start_instance(KARPENTERS)

    def meanwhile(naps: int) -> None:
        if naps == 3:
            ec2().terminate_instances(InstanceIds=[id])

    lambda_ = Invocation(meanwhile=meanwhile)
    handler(event(zone, **INSTANCES), lambda_, lambda_.sleep)
    assert lambda_.naps == 3


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param({"kubernetes.io/cluster/hub": "owned"}, id="of-a-managed-group"),
        pytest.param({**KARPENTERS, "kubernetes.io/cluster/hub": "shared"}, id="not-the-cluster's"),
        pytest.param({"kubernetes.io/cluster/hub2": "owned", "karpenter.sh/nodepool": "user"}, id="other-cluster"),
    ],
)
def test_instance_of_somebody_else_is_not_left(tags: dict[str, str], zone: str) -> None:
    start_instance(tags)
    assert passes(event(zone, **INSTANCES))


def test_who_has_no_karpenter_is_not_asked_for_instances(zone: str, calls: list[str]) -> None:
    start_instance(KARPENTERS)
    calls.clear()
    assert passes(event(zone, Volumes="false"))
    assert "ec2:DescribeInstances" not in calls


def test_says_what_is_waited_for(zone: str, caplog: pytest.LogCaptureFixture) -> None:
    group = create_security_group("k8s", MINE)
    failure(event(zone))
    assert caplog.messages[:2] == [
        f"1 left: security group {group} (k8s)",
        "waiting for the controllers of hub to clean up, for 7 s at most",
    ]


def test_error_fits_into_an_answer_to_cloudformation(zone: str) -> None:
    for number in range(40):
        create_target_group(f"k8s-jupyterhub-proxypublic-{number}", MINE)
    lines = failure(event(zone))
    assert lines[-1] == "and 28 more, which the log of this function names"
    assert len("\n".join(lines)) < 3000


def test_role_that_cannot_be_assumed_is_an_error_at_once(zone: str, refuse: Refuse) -> None:
    refuse(STSBackend, "assume_role", "AccessDenied")
    lambda_ = Invocation()
    with pytest.raises(RuntimeError) as error:
        handler(event(zone), lambda_, lambda_.sleep)
    assert str(error.value) == (
        f"Nobody can tell whether DNS records of the hub are left. The role {ROLE} cannot be assumed: it "
        "does not exist, does not trust this account, or asks for another external id. Deploy ParentDns in "
        "the DNS account, with this configuration. Then destroy the stack again. Or look through the zone by "
        "hand, then delete the stack and retain this resource."
    )
    assert lambda_.naps == 0


def test_role_that_may_not_read_the_zone_is_an_error(zone: str, refuse: Refuse) -> None:
    refuse(Route53Backend, "list_resource_record_sets", "AccessDenied")
    with pytest.raises(RuntimeError, match=rf"^The role {ROLE} may not work on hosted zone {zone}\. Deploy"):
        handler(event(zone), Invocation())


def test_calls_no_more_than_its_docstring_says(zone: str, file_system: str, calls: list[str]) -> None:
    create_load_balancers(MINE, "k8s-hub")
    failure(event(zone, FileSystemId=file_system, ExternalId="x1", Instances="true"))
    assert set(calls) == {
        "sts:AssumeRole",
        "route53:ListResourceRecordSets",
        "elasticloadbalancingv2:DescribeLoadBalancers",
        "elasticloadbalancingv2:DescribeTargetGroups",
        "elasticloadbalancingv2:DescribeTags",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeVolumes",
        "ec2:DescribeInstances",
        "efs:DescribeAccessPoints",
    }


def test_network_interface_of_a_server_is_left() -> None:
    mine, theirs = (create_security_group(name, MINE) for name in ("servers", "others"))
    subnet = ec2().describe_subnets()["Subnets"][0]["SubnetId"]
    made = [
        ec2().create_network_interface(SubnetId=subnet, Groups=[group])["NetworkInterface"]["NetworkInterfaceId"]
        for group in (mine, theirs)
    ]
    wanted: dict[str, Any] = {"ClusterName": "hub", "SecurityGroupId": mine}
    asked = {"RequestType": "Delete", "PhysicalResourceId": "hub", "ResourceProperties": wanted}
    assert failure(asked) == [f"network interface {made[0]} of a server on Fargate (available)"]
    ec2().delete_network_interface(NetworkInterfaceId=made[0])
    assert passes(asked)
