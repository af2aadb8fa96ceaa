"""The VPC, and the NAT gateways that give its private subnets a way out."""

from functools import cached_property

from aws_cdk import Annotations, CfnResource, CustomResource, Fn, RemovalPolicy, Stack, Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from blueprint.config import Config, ConfigError, Problem
from blueprint.config.facts.zones import WITHOUT_EKS
from blueprint.constructs.custom_resource import Handler, own_logs

_LEAST_ZONES = 2
_DEFAULT_GROUP = "Custom::VpcRestrictDefaultSGCustomResourceProvider"
"""What CDK calls its function that empties a VPC's default security group."""
_UNANSWERED = "vpc-12345"
"""What `Vpc.from_lookup` gives in the meantime; no id of a real VPC is so short."""


class Network(Construct):
    """A VPC across zones: a new one, or the one that the configuration names.

    A new VPC has no NAT gateways: they are part of `Egress`, which lives and dies with the cluster, so that a VPC
    without a cluster costs nothing and a control plane need not wait for them.
    """

    def __init__(self, scope: Construct, id: str, *, config: Config) -> None:
        super().__init__(scope, id)
        self.is_new = config.network_vpc_id is None
        self.vpc: ec2.IVpc = self._new(config) if self.is_new else self._existing(config)
        self.subnets = Subnets(self.vpc)

    @property
    def is_known(self) -> bool:
        """False while a look-up has no answer yet: the CDK CLI then gets it and runs the app once more."""
        return self.vpc.vpc_id != _UNANSWERED

    def _new(self, config: Config) -> ec2.Vpc:
        named = list(config.network_zone_names)
        count = min(config.network_zones, len(Stack.of(self).availability_zones))
        chosen = None if named or not _choosy(config) else Zones(self, "Zones", count=count)
        zones = chosen.names if chosen else named
        vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(config.network_cidr),
            availability_zones=zones or None,
            max_azs=None if zones else config.network_zones,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24),
                # The rest of the range, for pods: the VPC CNI gives each of them an address of its subnet.
                ec2.SubnetConfiguration(name="Private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            ],
            # Images come from S3 in the end: this keeps their bytes off the NAT gateways' bill.
            gateway_endpoints={"S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)},
        )
        if chosen:
            chosen.stay_with(vpc)
        for subnet in vpc.public_subnets:
            Tags.of(subnet).add("kubernetes.io/role/elb", "1")
        for subnet in vpc.private_subnets:
            Tags.of(subnet).add("kubernetes.io/role/internal-elb", "1")
        self._flow_logs(vpc)
        own_logs(Stack.of(self), _DEFAULT_GROUP)
        _reach_both_default_groups(Stack.of(self))
        return vpc

    def _flow_logs(self, vpc: ec2.Vpc) -> None:
        log_group = logs.LogGroup(
            self,
            "FlowLogs",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = iam.Role(self, "FlowLogsRole", assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"))
        vpc.add_flow_log(
            "FlowLog",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(log_group, role),
            traffic_type=ec2.FlowLogTrafficType.ALL,
        )

    def _existing(self, config: Config) -> ec2.IVpc:
        vpc_id = config.network_vpc_id
        assert vpc_id is not None
        if not config.network_subnets_private:
            return ec2.Vpc.from_lookup(self, "Vpc", vpc_id=vpc_id)
        vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id=vpc_id,
            availability_zones=list(config.network_zone_names),
            private_subnet_ids=list(config.network_subnets_private),
            public_subnet_ids=list(config.network_subnets_public) or None,
        )
        Annotations.of(vpc).acknowledge_warning(
            "@aws-cdk/aws-ec2:noSubnetRouteTableId", "Routes are made in a new VPC only"
        )
        return vpc


def _reach_both_default_groups(stack: Stack) -> None:
    """Let CDK's function work on the group of a VPC that another one replaces: its rights name the new one's alone.

    Without it, no change of `network.cidr` succeeds.
    """
    role = stack.node.find_child(_DEFAULT_GROUP).node.find_child("Role")
    assert isinstance(role, CfnResource)
    groups = stack.format_arn(service="ec2", resource="security-group", resource_name="*")
    role.add_property_override("Policies.0.PolicyDocument.Statement.0.Resource", [groups])


class Zones(Construct):
    """The region's first zones that can hold EKS, chosen when the VPC is made, by their ids: then they stay."""

    def __init__(self, scope: Construct, id: str, *, count: int) -> None:
        super().__init__(scope, id)
        handler = Handler(self, "Handler", entry="zones")
        # Neither action knows resources.
        handler.allow(["ec2:DescribeAvailabilityZones", "ec2:DescribeSubnets"], ["*"])
        self._chosen = CustomResource(
            self,
            "Chosen",
            service_token=handler.service_token,
            resource_type="Custom::ZonesWithEks",
            properties={"Count": str(count), "Without": sorted(WITHOUT_EKS.values())},
        )
        self.names = [self._chosen.get_att_string(f"Zone{number}") for number in range(1, count + 1)]

    def stay_with(self, vpc: ec2.Vpc) -> None:
        """Have the zones of the VPC's subnets stay what they are, once there are subnets."""
        resource = self._chosen.node.default_child
        assert isinstance(resource, CfnResource)
        resource.add_property_override("VpcId", vpc.vpc_id)


class Egress(Construct):
    """NAT gateways and the private subnets' default routes through them.

    With fewer gateways than zones the first zones have them, and the first zone is the one of the hub's volume: the
    loss of any other zone leaves hub and users their way out.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        subnets: "Subnets",
        gateways: int,
    ) -> None:
        super().__init__(scope, id)
        nat_ids = [self._gateway(zone, subnet) for zone, subnet in enumerate(subnets.public[:gateways], 1)]
        for zone, subnet in enumerate(subnets.private):
            ec2.CfnRoute(
                self,
                f"Route{zone + 1}",
                route_table_id=subnet.route_table.route_table_id,
                destination_cidr_block="0.0.0.0/0",
                nat_gateway_id=nat_ids[zone % len(nat_ids)],
            )

    def _gateway(self, zone: int, subnet: ec2.ISubnet) -> str:
        address = ec2.CfnEIP(self, f"Address{zone}", domain="vpc")
        gateway = ec2.CfnNatGateway(
            self, f"Gateway{zone}", subnet_id=subnet.subnet_id, allocation_id=address.attr_allocation_id
        )
        return gateway.attr_nat_gateway_id


def _choosy(config: Config) -> bool:
    """Whether the region's first zones may not do: elsewhere CloudFormation knows them without a look."""
    return config.workload_region is None or config.workload_region in WITHOUT_EKS


def zone_of(subnet: ec2.ISubnet) -> str:
    """The zone that a subnet is in, as one value for everybody, where we make the subnet."""
    resource = subnet.node.default_child
    return resource.attr_availability_zone if isinstance(resource, ec2.CfnSubnet) else subnet.availability_zone


def private_subnets(vpc: ec2.IVpc) -> list[ec2.ISubnet]:
    """One private subnet of each zone, in the order of the zones; the first zone is the one of the hub's volume."""
    return _one_of_each_zone(vpc, ec2.SubnetType.PRIVATE_WITH_EGRESS, "private subnets with a way out")


def public_subnets(vpc: ec2.IVpc) -> list[ec2.ISubnet]:
    """One public subnet of each zone."""
    return _one_of_each_zone(vpc, ec2.SubnetType.PUBLIC, "public subnets")


class Subnets:
    """A VPC's `private_subnets` and `public_subnets`, for those who ask more than once."""

    def __init__(self, vpc: ec2.IVpc) -> None:
        self._vpc = vpc

    @cached_property
    def private(self) -> list[ec2.ISubnet]:
        """As `private_subnets` finds them. Raises ConfigError."""
        return private_subnets(self._vpc)

    @cached_property
    def public(self) -> list[ec2.ISubnet]:
        """As `public_subnets` finds them. Raises ConfigError."""
        return public_subnets(self._vpc)


def _one_of_each_zone(vpc: ec2.IVpc, kind: ec2.SubnetType, words: str) -> list[ec2.ISubnet]:
    """Subnets in at least two zones, as EKS and load balancers want them. Raises ConfigError."""
    try:
        # A file system has at most one mount target in a zone, a load balancer at most one subnet.
        found = vpc.select_subnets(subnet_type=kind, one_per_az=True).subnets
    except RuntimeError:  # there are none of the kind at all
        found = []
    if len(found) < _LEAST_ZONES:
        problem = Problem(
            key="network.vpc.id",
            got=f"a VPC with {words} in {len(found)} zones",
            allowed=f"a VPC with {words} in at least {_LEAST_ZONES} zones",
            fix="add subnets to the VPC, name another one, or leave the key out for a new VPC",
        )
        raise ConfigError([problem])
    return found


def region_zones(count: int) -> list[str]:
    """The first `count` availability zones of the stack's region, known to CloudFormation only.

    A stack with a concrete environment that does not override `availability_zones` with these asks AWS for the zones
    at synthesis, which needs credentials.
    """
    zones = Fn.get_azs()
    return [Fn.select(index, zones) for index in range(count)]
