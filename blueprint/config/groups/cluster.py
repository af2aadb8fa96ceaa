"""Settings of the cluster: Kubernetes, the network around it, the way in, and its nodes."""

from typing import Annotated

from pydantic import Field

from blueprint.config.facts.kubernetes import DEFAULT
from blueprint.config.field import Group, setting
from blueprint.config.types.kinds import (
    WHOLE,
    Bucket,
    Capacity,
    Cidrs,
    ClientCidrs,
    Endpoint,
    InstanceTypes,
    KubernetesVersion,
    RoleArns,
    Scaling,
    Scheme,
    Subnets,
    VpcCidr,
    VpcId,
    WafArn,
    Windows,
    Zones,
)


class Kubernetes(Group):
    """The control plane and who may reach it."""

    kubernetes_version: KubernetesVersion = setting(
        "kubernetes.version",
        "The Kubernetes minor of the cluster.",
        default=DEFAULT,
        weighty=True,
    )
    kubernetes_running: KubernetesVersion | None = setting(
        "kubernetes.running",
        "The minor that the cluster runs, once there is one: `kubernetes.version` may then be that or the next, "
        "and one that EKS makes no new clusters of.",
        default=None,
        absent="a new cluster may be made",
        example="1.34",
    )
    admin_roles: RoleArns = setting(
        "admin.roles",
        "The IAM roles that administer the cluster with kubectl.",
        default=[],
        absent="none: nobody can use kubectl",
        example=["arn:aws:iam::111122223333:role/PlatformAdmin"],
        common=True,
    )
    api_endpoint: Endpoint = setting(
        "api.endpoint",
        "Whether the Kubernetes API is reached from the VPC only, or also from `api.allowed.cidrs`.",
        default="private",
        weighty=True,
    )
    api_allowed_cidrs: Cidrs = setting(
        "api.allowed.cidrs",
        "The addresses that reach a public Kubernetes API; needed with `public`.",
        default=[],
        absent="none",
        example=["203.0.113.0/24"],
    )


class Network(Group):
    """The VPC: a new one, or one that exists."""

    network_vpc_id: VpcId | None = setting(
        "network.vpc.id",
        "An existing VPC; CDK looks its subnets up unless the lists below name them.",
        default=None,
        absent="a new VPC",
        example="vpc-0123456789abcdef0",
    )
    network_subnets_private: Subnets = setting(
        "network.subnets.private",
        "Private subnets of the existing VPC, one of each zone, in the order of the zones.",
        default=[],
        absent="looked up",
        example=["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"],
    )
    network_subnets_public: Subnets = setting(
        "network.subnets.public",
        "Public subnets of the existing VPC, one of each zone, in the order of the zones.",
        default=[],
        absent="looked up",
        example=["subnet-0bbbbbbbbbbbbbbb1", "subnet-0bbbbbbbbbbbbbbb2"],
    )
    network_zone_names: Zones = setting(
        "network.zone.names",
        "The availability zones, by name: of those subnets, or for a new VPC to span (not every zone can hold EKS).",
        default=[],
        absent="the region's first `network.zones` that can hold EKS; those of an existing VPC are looked up",
        example=["eu-central-1a", "eu-central-1b"],
    )
    network_cidr: VpcCidr = setting(
        "network.cidr",
        "The address range of a new VPC.",
        default="10.0.0.0/16",
    )
    network_zones: Annotated[int, Field(ge=2, le=3), WHOLE] = setting(
        "network.zones",
        "How many availability zones a new VPC spans.",
        default=3,
    )
    network_nat_gateways: Annotated[int, Field(ge=1, le=3), WHOLE] = setting(
        "network.nat.gateways",
        "How many NAT gateways a new VPC has: one is cheap, one of each zone survives the loss of a zone.",
        default=1,
        weighty=True,
    )


class Ingress(Group):
    """The load balancer in front of the hub."""

    ingress_scheme: Scheme = setting(
        "ingress.scheme",
        "Whether the hub is reached from the internet or from private networks only.",
        default="internal",
        common=True,
        weighty=True,
    )
    ingress_allowed_cidrs: ClientCidrs | None = setting(
        "ingress.allowed.cidrs",
        "The addresses that reach the hub.",
        default=None,
        absent="with `internal` the private ranges (RFC 1918), with `internet-facing` everyone",
        example=["203.0.113.0/24"],
        common=True,
    )
    ingress_waf_arn: WafArn | None = setting(
        "ingress.waf.arn",
        "A web ACL (AWS WAF) to put in front of the hub; `unmanaged` leaves what others put, as Firewall Manager.",
        default=None,
        absent="none: one that is there is taken away",
        example="arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/hub/12345678-1234-1234-1234-123456789012",
    )
    ingress_logs_bucket: Bucket | None = setting(
        "ingress.logs.bucket",
        "An S3 bucket for the load balancer's access logs.",
        default=None,
        absent="no access logs",
        example="example-access-logs",
    )


class Nodes(Group):
    """The machines: core nodes for the hub and the controllers, user nodes for notebook servers."""

    nodes_core_instance_types: InstanceTypes = setting(
        "nodes.core.instance.types",
        "Instance types of the core nodes.",
        default=["t3.large"],
    )
    nodes_core_min: Annotated[int, Field(ge=1, le=100), WHOLE] = setting(
        "nodes.core.min",
        "The least number of nodes in each of the two core groups (the hub's zone, and the others).",
        default=1,
    )
    nodes_core_max: Annotated[int, Field(ge=1, le=100), WHOLE] = setting(
        "nodes.core.max",
        "The largest number of nodes in each of the two core groups; with `karpenter` they stay at the least.",
        default=2,
    )
    nodes_user_scaling: Scaling = setting(
        "nodes.user.scaling",
        "Who makes and removes user nodes: Cluster Autoscaler in managed groups, or Karpenter, instance by instance.",
        default="managed",
    )
    nodes_user_instance_types: InstanceTypes = setting(
        "nodes.user.instance.types",
        "Instance types of the nodes for notebook servers.",
        default=["m6i.xlarge"],
        common=True,
        weighty=True,
    )
    nodes_user_min: Annotated[int, Field(ge=0, le=450), WHOLE] = setting(
        "nodes.user.min",
        "The least number of user nodes; 0 is cheap and makes the first user of the day wait.",
        default=1,
    )
    nodes_user_warm: Windows = setting(
        "nodes.user.warm",
        "When room of nine tenths of a user node is kept for whoever comes next: days, hours and time zone.",
        default=[],
        absent="never",
        example=["weekdays 08:30\N{EN DASH}18:00 Europe/Berlin"],
    )
    nodes_user_max: Annotated[int, Field(ge=1, le=450), WHOLE] = setting(
        "nodes.user.max",
        "The largest number of user nodes; core groups above `nodes.core.min` take theirs from it.",
        default=10,
        common=True,
        weighty=True,
    )
    nodes_user_capacity: Capacity = setting(
        "nodes.user.capacity",
        "`spot` is cheaper, and may stop a notebook server with two minutes' notice.",
        default="on-demand",
    )
    nodes_gpu_max: Annotated[int, Field(ge=0, le=450), WHOLE] = setting(
        "nodes.gpu.max",
        "The largest number of nodes of each kind with GPUs that sizes of profiles ask for; only with `karpenter`.",
        default=0,
        absent="no nodes with GPUs",
    )
    nodes_disk_size: Annotated[int, Field(ge=20, le=16384), WHOLE] = setting(
        "nodes.disk.size",
        "The disk of each node in GiB, mostly for images.",
        default=100,
    )
    nodes_disk_throughput: Annotated[int, Field(ge=125, le=750), WHOLE] = setting(
        "nodes.disk.throughput",
        "The throughput of each node's disk in MiB/s; from 600 on, user nodes pull and unpack images in parallel.",
        default=125,
    )
