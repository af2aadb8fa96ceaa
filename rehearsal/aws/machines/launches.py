"""A machine that is started from a launch template: its image, address, disks, tags and instance profile."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.exceptions import ServiceException
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.instances import Instance
from moto.ec2.models.launch_templates import LaunchTemplateVersion
from moto.ec2.utils import convert_tag_spec
from moto.iam.models import iam_backends

from rehearsal.aws.api import ApiError
from rehearsal.aws.machines.addresses import free
from rehearsal.aws.machines.images import IMAGES
from rehearsal.aws.machines.prices import zones


@dataclass(frozen=True)
class Launch:
    """One of the machines that a fleet may start. Whoever starts it holds moto's lock."""

    fleet: str
    template: LaunchTemplateVersion
    override: Mapping[str, Any]
    tags: Mapping[str, Mapping[str, str]]
    """By type of resource, those of the request: the template's own come before them."""
    spot: bool

    @property
    def instance_type(self) -> str:
        """What is to be started."""
        return str(self.override.get("InstanceType") or self.template.instance_type)

    @property
    def told(self) -> dict[str, Any]:
        """How an answer names it."""
        template = self.template.template
        named = {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name}
        return {
            "LaunchTemplateAndOverrides": {
                "LaunchTemplateSpecification": {**named, "Version": str(self.template.number)},
                "Overrides": dict(self.override),
            },
            "Lifecycle": "spot" if self.spot else "on-demand",
        }

    def start(self, account: str, region: str) -> str:
        """Start it, and tell its id. Raises ServiceException where EC2 would not."""
        ec2: EC2Backend = ec2_backends[account][region]
        data = self.template.data
        image = str(self.override.get("ImageId") or data.get("ImageId"))
        if image not in IMAGES and not ec2.describe_images(filters={"image-id": [image]}):
            raise ApiError("InvalidAMIID.NotFound", f"The image id '[{image}]' does not exist")
        profile = check_profile(account, data)
        subnet = ec2.get_subnet(self.override["SubnetId"])
        if self.instance_type not in zones(region).get(subnet.availability_zone, ()):
            raise ApiError(
                "Unsupported",
                f"Your requested instance type ({self.instance_type}) is not supported in your requested "
                f"Availability Zone ({subnet.availability_zone}).",
            )
        own = convert_tag_spec(data.get("TagSpecifications") or [])
        tags = {kind: {**own.get(kind, {}), **self.tags.get(kind, {})} for kind in own.keys() | self.tags.keys()}
        tags["instance"] = {**tags.get("instance", {}), "aws:ec2:fleet-id": self.fleet}
        interface = (data.get("NetworkInterfaces") or [{"DeviceIndex": 0}])[0]
        address = free(ipaddress.IPv4Network(subnet.cidr_block), subnet._subnet_ips, upper=False)
        place = {"SubnetId": subnet.id, "PrivateIpAddress": address, "DeleteOnTermination": True}
        (instance,) = ec2.run_instances(
            image,
            1,
            data.get("UserData"),
            [],
            instance_type=self.instance_type,
            is_instance_type_default=False,
            region_name=region,
            nics=[{**interface, **place}],
            block_device_mappings=data.get("BlockDeviceMappings") or [],
            metadata_options=data.get("MetadataOptions") or {},
            tags=tags,
        ).instances
        if profile:
            ec2.associate_iam_instance_profile(instance_id=instance.id, iam_instance_profile_name=profile)
        self._complete(instance, tags)
        return str(instance.id)

    def _complete(self, instance: Instance, tags: Mapping[str, Mapping[str, str]]) -> None:
        """Note what moto leaves out."""
        for interface in instance.nics.values():
            interface.add_tags(dict(tags.get("network-interface", {})))
        instance.security_groups = list(instance.nics[0].group_set)
        if self.spot:
            instance.lifecycle = "spot"
            vars(instance)["spot_instance_request_id"] = f"sir-{secrets.token_hex(4)}"


def template_of(ec2: EC2Backend, named: Mapping[str, Any]) -> LaunchTemplateVersion:
    """The version of a launch template that a request names. Raises ServiceException."""
    if id := named.get("LaunchTemplateId"):
        template = ec2.get_launch_template(id)
    else:
        template = ec2.get_launch_template_by_name(named["LaunchTemplateName"])
    return template.get_version(named.get("Version") or "$Default")


def check_profile(account: str, data: Mapping[str, Any]) -> str | None:
    """The name of a template's instance profile, if it has one. Raises ApiError where that is not there, or empty."""
    named = data.get("IamInstanceProfile") or {}
    name: str | None = named.get("Name") or (named.get("Arn") or "").rpartition("/")[2] or None
    if name is None:
        return None
    value = f"Value ({name}) for parameter iamInstanceProfile.name is invalid."
    try:
        profile = iam_backends[account]["aws"].get_instance_profile(name)
    except ServiceException:
        raise ApiError("InvalidParameterValue", f"{value} Invalid IAM Instance Profile name") from None
    if not profile.roles:
        raise ApiError("InvalidParameterValue", f"{value} IAM Instance Profile has no associated IAM Roles")
    return name
