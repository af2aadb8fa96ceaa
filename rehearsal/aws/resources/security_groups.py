"""Security groups and their rules."""

from __future__ import annotations

from typing import Any, ClassVar

from rehearsal.aws.cloud import Properties
from rehearsal.aws.resources.kind import Kind, Made, Place, kind
from rehearsal.aws.resources.properties import changed, only, without
from rehearsal.aws.resources.tagged import Tagged


@kind("AWS::EC2::SecurityGroup")
class SecurityGroup(Tagged):
    """A security group with its rules."""

    noun = "security-group"
    changeable = ("SecurityGroupIngress", "SecurityGroupEgress")

    def create(self, place: Place, wanted: Properties) -> Made:
        named = {"GroupName": place.name(255), **wanted}
        names = without(named, "GroupDescription", *self.changeable)
        id = self.make(place, "CreateSecurityGroup", names, Description=wanted["GroupDescription"])["GroupId"]
        if "SecurityGroupEgress" in wanted:  # in place of the rule that every group has at first
            everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
            place.cloud.client("ec2").revoke_security_group_egress(GroupId=id, IpPermissions=[everything])
        self._set_rules(place, id, {}, wanted)
        return Made(id, {"GroupId": id, "Id": id, **only(wanted, "VpcId")})

    def change(self, place: Place, made: Made, old: Properties, new: Properties) -> None:
        self._set_rules(place, made.ref, old, new)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("ec2").delete_security_group(GroupId=made.ref)

    def _set_rules(self, place: Place, id: str, old: Properties, new: Properties) -> None:
        for name, word in (("SecurityGroupIngress", "Ingress"), ("SecurityGroupEgress", "Egress")):
            before, after = ([_rule(rule) for rule in each.get(name, [])] for each in (old, new))
            if gone := [rule for rule in before if rule not in after]:
                place.cloud.call("ec2", f"RevokeSecurityGroup{word}", {"GroupId": id, "IpPermissions": gone})
            if added := [rule for rule in after if rule not in before]:
                place.cloud.call("ec2", f"AuthorizeSecurityGroup{word}", {"GroupId": id, "IpPermissions": added})


class _Rule(Kind):
    """A rule of a security group, by itself."""

    word: ClassVar[str]

    def create(self, place: Place, wanted: Properties) -> Made:
        self._call(place, "Authorize", wanted)
        return Made(place.name(60), {})

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        if changed(old, new):
            self._call(place, "Revoke", old)
            self._call(place, "Authorize", new)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        self._call(place, "Revoke", properties)

    def _call(self, place: Place, verb: str, properties: Properties) -> None:
        group = {"GroupId": properties["GroupId"], "IpPermissions": [_rule(without(properties, "GroupId"))]}
        place.cloud.call("ec2", f"{verb}SecurityGroup{self.word}", group)


@kind("AWS::EC2::SecurityGroupIngress")
class SecurityGroupIngress(_Rule):
    """What may come in."""

    word = "Ingress"


@kind("AWS::EC2::SecurityGroupEgress")
class SecurityGroupEgress(_Rule):
    """What may go out."""

    word = "Egress"


def _rule(properties: Properties) -> dict[str, Any]:
    """A rule of a template as EC2 takes it."""
    described = only(properties, "Description")
    permission = only(properties, "IpProtocol", "FromPort", "ToPort")
    for name, (group, key) in {
        "CidrIp": ("IpRanges", "CidrIp"),
        "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
        "SourcePrefixListId": ("PrefixListIds", "PrefixListId"),
        "DestinationPrefixListId": ("PrefixListIds", "PrefixListId"),
        "SourceSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
        "DestinationSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    }.items():
        if name in properties:
            permission[group] = [{key: properties[name], **described}]
    return permission
