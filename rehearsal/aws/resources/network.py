"""The network: VPC, subnets, routes, gateways, addresses."""

from __future__ import annotations

from rehearsal.aws.cloud import Properties
from rehearsal.aws.resources.kind import Kind, Made, Place, kind
from rehearsal.aws.resources.properties import only, without
from rehearsal.aws.resources.tagged import Tagged

_VPC_ATTRIBUTES = ("EnableDnsHostnames", "EnableDnsSupport")


@kind("AWS::EC2::VPC")
class Vpc(Tagged):
    """A VPC."""

    noun = "vpc"
    changeable = _VPC_ATTRIBUTES

    def create(self, place: Place, wanted: Properties) -> Made:
        vpc = self.make(place, "CreateVpc", without(wanted, *_VPC_ATTRIBUTES))["Vpc"]
        ec2 = place.cloud.client("ec2")
        id = vpc["VpcId"]
        self._set_attributes(place, id, wanted)
        mine = [{"Name": "vpc-id", "Values": [id]}]
        group = ec2.describe_security_groups(Filters=[*mine, {"Name": "group-name", "Values": ["default"]}])
        acl = ec2.describe_network_acls(Filters=[*mine, {"Name": "default", "Values": ["true"]}])
        return Made(
            id,
            {
                "VpcId": id,
                "CidrBlock": vpc["CidrBlock"],
                "CidrBlockAssociations": [each["AssociationId"] for each in vpc["CidrBlockAssociationSet"]],
                "DefaultSecurityGroup": group["SecurityGroups"][0]["GroupId"],
                "DefaultNetworkAcl": acl["NetworkAcls"][0]["NetworkAclId"],
                "Ipv6CidrBlocks": [],
            },
        )

    def change(self, place: Place, made: Made, old: Properties, new: Properties) -> None:
        self._set_attributes(place, made.ref, new)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("ec2").delete_vpc(VpcId=made.ref)

    def _set_attributes(self, place: Place, id: str, wanted: Properties) -> None:
        for name, value in only(wanted, *_VPC_ATTRIBUTES).items():
            place.cloud.call("ec2", "ModifyVpcAttribute", {"VpcId": id, name: {"Value": value}})


@kind("AWS::EC2::Subnet")
class Subnet(Tagged):
    """A subnet."""

    noun = "subnet"
    changeable = ("MapPublicIpOnLaunch",)

    def create(self, place: Place, wanted: Properties) -> Made:
        subnet = self.make(place, "CreateSubnet", without(wanted, "MapPublicIpOnLaunch"))["Subnet"]
        id = subnet["SubnetId"]
        self._set_public(place, id, wanted)
        names = ("SubnetId", "VpcId", "AvailabilityZone", "CidrBlock")
        return Made(id, only(subnet, *names) | {"Ipv6CidrBlocks": []})

    def change(self, place: Place, made: Made, old: Properties, new: Properties) -> None:
        self._set_public(place, made.ref, new)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("ec2").delete_subnet(SubnetId=made.ref)

    def _set_public(self, place: Place, id: str, wanted: Properties) -> None:
        value = {"Value": wanted.get("MapPublicIpOnLaunch", False)}
        place.cloud.call("ec2", "ModifySubnetAttribute", {"SubnetId": id, "MapPublicIpOnLaunch": value})


@kind("AWS::EC2::RouteTable")
class RouteTable(Tagged):
    """A route table."""

    noun = "route-table"

    def create(self, place: Place, wanted: Properties) -> Made:
        id = self.make(place, "CreateRouteTable", wanted)["RouteTable"]["RouteTableId"]
        return Made(id, {"RouteTableId": id})

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("ec2").delete_route_table(RouteTableId=made.ref)


@kind("AWS::EC2::SubnetRouteTableAssociation")
class SubnetRouteTableAssociation(Kind):
    """Which routes a subnet has."""

    def create(self, place: Place, wanted: Properties) -> Made:
        id = place.cloud.call("ec2", "AssociateRouteTable", wanted)["AssociationId"]
        return Made(id, {"Id": id})

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("ec2").disassociate_route_table(AssociationId=made.ref)


@kind("AWS::EC2::Route")
class Route(Kind):
    """A route."""

    _PLACE = ("RouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")

    def create(self, place: Place, wanted: Properties) -> Made:
        place.cloud.call("ec2", "CreateRoute", wanted)
        destination = next(wanted[name] for name in self._PLACE[1:] if name in wanted)
        return Made(f"{wanted['RouteTableId']}|{destination}", {"CidrBlock": destination})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        place.cloud.call("ec2", "ReplaceRoute", new)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.call("ec2", "DeleteRoute", only(properties, *self._PLACE))


@kind("AWS::EC2::InternetGateway")
class InternetGateway(Tagged):
    """A way to the internet."""

    noun = "internet-gateway"

    def create(self, place: Place, wanted: Properties) -> Made:
        id = self.make(place, "CreateInternetGateway", wanted)["InternetGateway"]["InternetGatewayId"]
        return Made(id, {"InternetGatewayId": id})

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("ec2").delete_internet_gateway(InternetGatewayId=made.ref)


@kind("AWS::EC2::VPCGatewayAttachment")
class VpcGatewayAttachment(Kind):
    """A VPC's way to the internet."""

    def create(self, place: Place, wanted: Properties) -> Made:
        place.cloud.call("ec2", "AttachInternetGateway", wanted)
        return Made(f"IGW|{wanted['VpcId']}", {"AttachmentType": "IGW"})

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.call("ec2", "DetachInternetGateway", properties)


@kind("AWS::EC2::VPCEndpoint")
class VpcEndpoint(Tagged):
    """A way to a service of AWS's."""

    noun = "vpc-endpoint"

    def create(self, place: Place, wanted: Properties) -> Made:
        id = self.make(place, "CreateVpcEndpoint", wanted)["VpcEndpoint"]["VpcEndpointId"]
        return Made(id, {"Id": id})

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[made.ref])


@kind("AWS::EC2::EIP")
class Eip(Tagged):
    """A public address."""

    noun = "elastic-ip"

    def create(self, place: Place, wanted: Properties) -> Made:
        address = self.make(place, "AllocateAddress", wanted)
        return Made(address["PublicIp"], only(address, "PublicIp", "AllocationId"))

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("ec2").release_address(AllocationId=made.attributes["AllocationId"])


@kind("AWS::EC2::NatGateway")
class NatGateway(Tagged):
    """A way out for private subnets."""

    noun = "natgateway"

    def create(self, place: Place, wanted: Properties) -> Made:
        id = self.make(place, "CreateNatGateway", wanted)["NatGateway"]["NatGatewayId"]
        return Made(id, {"NatGatewayId": id})

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("ec2").delete_nat_gateway(NatGatewayId=made.ref)


@kind("AWS::EC2::FlowLog")
class FlowLog(Tagged):
    """A log of what flows in a VPC."""

    noun = "vpc-flow-log"

    def create(self, place: Place, wanted: Properties) -> Made:
        properties = without(wanted, "ResourceId") | {"ResourceIds": [wanted["ResourceId"]]}
        id = self.make(place, "CreateFlowLogs", properties)["FlowLogIds"][0]
        return Made(id, {"Id": id})

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("ec2").delete_flow_logs(FlowLogIds=[made.ref])
