"""EC2's API, where moto does otherwise than AWS: of a network, nothing goes that is still in use; fleets start."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rehearsal.aws import moto_settings
from rehearsal.aws.api import ApiError, Input
from rehearsal.aws.machines.fleets import Fleets


class Ec2(Fleets):
    """Refuses what AWS refuses, and takes away what goes with something else; moto does the rest."""

    service: ClassVar[str] = "ec2"
    extends: ClassVar[bool] = True

    def delete_nat_gateway(self, wanted: Input) -> None:
        """Its network interface goes with it, and its address is free."""
        with moto_settings.LOCK:
            gateway = self._backend.nat_gateways.get(wanted["NatGatewayId"])
            if gateway is None:
                raise ApiError("NatGatewayNotFound", f"The Nat Gateway {wanted['NatGatewayId']} was not found")
            if gateway.state == "deleted":
                return
            for address in self._backend.addresses:
                if address.eni is gateway._eni:
                    self._backend.disassociate_address(association_id=address.association_id)
            self._backend.enis.pop(gateway._eni.id, None)

    def release_address(self, wanted: Input) -> None:
        """Refuse it for one in use."""
        with moto_settings.LOCK:
            for address in self._backend.addresses:
                if address.allocation_id == wanted.get("AllocationId") and address.association_id:
                    raise ApiError("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")

    def detach_internet_gateway(self, wanted: Input) -> None:
        """Refuse it while something in the VPC has a public address."""
        with moto_settings.LOCK:
            public = [
                address.public_ip
                for address in self._backend.addresses
                if address.eni is not None and address.eni.subnet.vpc_id == wanted["VpcId"]
            ]
        if public:
            raise ApiError(
                "DependencyViolation",
                f"Network {wanted['VpcId']} has some mapped public address(es). "
                f"Please unmap those public address(es) before detaching the gateway. {public}",
            )

    def delete_subnet(self, wanted: Input) -> None:
        """Refuse it while a network interface is in it."""
        id = wanted["SubnetId"]
        with moto_settings.LOCK:
            self._unused("subnet", id, (eni.id for eni in self._backend.enis.values() if eni.subnet.id == id))

    def delete_security_group(self, wanted: Input) -> None:
        """Refuse it while another group's rules name it, or a service's network interface has it."""
        id = wanted.get("GroupId")
        with moto_settings.LOCK:
            groups = [group for each in self._backend.groups.values() for group in each.values()]
            naming = (
                group.id
                for group in groups
                if group.id != id
                for rule in (*group.ingress_rules, *group.egress_rules)
                if rule.source_group and rule.source_group.get("GroupId") == id
            )
            having = (
                eni.id
                for eni in self._backend.enis.values()
                if eni.requester_managed and id in [group.id for group in eni.group_set]
            )
            self._unused("resource", str(id), [*naming, *having])

    def delete_vpc(self, wanted: Input) -> None:
        """Refuse it while it has more than every VPC has. Its own list of network rules goes with it."""
        id, ec2 = wanted["VpcId"], self._backend
        with moto_settings.LOCK:
            own_groups = (group.id for group in ec2.groups[id].values() if group.name != "default")
            gateways = (each.id for each in ec2.internet_gateways.values() if each.vpc and each.vpc.id == id)
            endpoints = (
                each.id for each in ec2.vpc_end_points.values() if each.vpc_id == id and each.state != "deleted"
            )
            self._unused("vpc", id, (*own_groups, *gateways, *endpoints))
            for list_id in [key for key, each in ec2.network_acls.items() if each.vpc_id == id and each.default]:
                del ec2.network_acls[list_id]

    def _unused(self, noun: str, id: str, users: Iterable[str]) -> None:
        if found := sorted(set(users)):
            raise ApiError(
                "DependencyViolation",
                f"The {noun} '{id}' has dependencies and cannot be deleted: {', '.join(found)}",
            )
