"""The network interfaces of load balancers: by them, their subnets and security groups are in use."""

from __future__ import annotations

from moto.ec2.models import EC2Backend
from moto.elbv2.models import FakeLoadBalancer


def renew(ec2: EC2Backend, balancer: FakeLoadBalancer) -> None:
    """Have one in each of a load balancer's subnets, with its security groups."""
    remove(ec2, balancer)
    for subnet in balancer.subnets:
        interface = ec2.create_network_interface(
            subnet, "", group_ids=list(balancer.security_groups), description=_description(balancer)
        )
        interface.requester_managed = True
        interface.status = "in-use"


def remove(ec2: EC2Backend, balancer: FakeLoadBalancer) -> None:
    """Have none."""
    for id in [id for id, each in ec2.enis.items() if each.description == _description(balancer)]:
        ec2.delete_network_interface(id)


def _description(balancer: FakeLoadBalancer) -> str:
    return f"ELB {balancer.arn.partition(':loadbalancer/')[2]}"
