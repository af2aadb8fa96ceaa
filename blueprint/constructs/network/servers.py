"""The network of servers on Fargate: a security group, for the VPC CNI's network policies do not reach there."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import TypedDict

from aws_cdk import aws_ec2 as ec2
from constructs import Construct, IDependable

from blueprint.constructs.compute.cluster import Cluster
from blueprint.values import file_values
from blueprint.versions import JUPYTERHUB

_SERVER, _KUBELET, _NFS = 8888, 10250, 2049
_OF_THE_CLUSTER = {
    "Kubernetes": ("tcp", 443, "The kubelet on Fargate to Kubernetes"),
    "Names": ("udp", 53, "Names, by cluster DNS"),
    "LongNames": ("tcp", 53, "Names whose answers are long, by cluster DNS"),
    "Hub": ("tcp", 8081, "The hub"),
    "Proxy": ("tcp", 8000, "The proxy"),
}
"""What servers reach of the cluster's own group, which its control plane and all nodes have."""


class ServersGroup(Construct):
    """The security group of servers on Fargate, as narrow as the network policies of servers on nodes.

    Fargate's kubelet has the network interface of the pod: so servers reach Kubernetes, which lets in nobody without a
    token, and these pods have none. `rules` are what has to stand before a pod starts.
    """

    def __init__(self, scope: Construct, id: str, *, cluster: Cluster, mount_targets: ec2.SecurityGroup) -> None:
        super().__init__(scope, id)
        self.group = ec2.SecurityGroup(
            self,
            "Group",
            vpc=cluster.vpc,
            description="Servers of users on Fargate",
            allow_all_outbound=False,
        )
        self.id = self.group.security_group_id
        of_cluster = cluster.eks.cluster_security_group_id
        nodes = ec2.Peer.security_group_id(of_cluster)
        self.group.add_ingress_rule(nodes, ec2.Port.tcp(_SERVER), "Hub and proxy to the server")
        self.group.add_ingress_rule(nodes, ec2.Port.tcp(_KUBELET), "Kubernetes to the kubelet on Fargate")
        for block in outside():
            self.group.add_egress_rule(ec2.Peer.ipv4(str(block)), ec2.Port.all_traffic(), "Not to private addresses")
        self.rules: list[IDependable] = [
            ec2.CfnSecurityGroupIngress(
                self,
                name,
                group_id=of_cluster,
                source_security_group_id=self.id,
                description=words,
                **_ports(protocol, port),
            )
            for name, (protocol, port, words) in _OF_THE_CLUSTER.items()
        ]
        for protocol, port, words in _OF_THE_CLUSTER.values():
            self.group.add_egress_rule(nodes, getattr(ec2.Port, protocol)(port), words)
        nfs = _ports("tcp", _NFS)
        homes = mount_targets.security_group_id
        self.rules += [
            ec2.CfnSecurityGroupEgress(
                self, "ToHomes", group_id=self.id, destination_security_group_id=homes, description="Homes", **nfs
            ),
            ec2.CfnSecurityGroupIngress(
                self, "Homes", group_id=homes, source_security_group_id=self.id, description="Servers on Fargate", **nfs
            ),
        ]


class _Ports(TypedDict):
    ip_protocol: str
    from_port: int
    to_port: int


def _ports(protocol: str, port: int) -> _Ports:
    return {"ip_protocol": protocol, "from_port": port, "to_port": port}


def outside() -> Iterator[IPv4Network]:
    """Where servers on nodes may go beyond the cluster: the blocks of their network policy, less what it excepts."""
    for rule in file_values(JUPYTERHUB.name)["singleuser"]["networkPolicy"]["egress"]:
        for block in (each["ipBlock"] for each in rule["to"]):
            left = [IPv4Network(block["cidr"])]
            for shut in map(IPv4Network, block["except"]):
                left = [part for each in left for part in _less(each, shut)]
            yield from sorted(left)


def _less(block: IPv4Network, shut: IPv4Network) -> Iterator[IPv4Network]:
    if shut.subnet_of(block):
        yield from block.address_exclude(shut)
    elif not block.subnet_of(shut):
        yield block
