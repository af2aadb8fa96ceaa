"""EC2's API for those who start machines themselves: which types there are, what they cost, and fleets of them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from moto.core.exceptions import ServiceException
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.instance_types import InstanceType
from moto.ec2.utils import convert_tag_spec, generic_filter

from blueprint.config.facts.prices import prices
from rehearsal.aws import moto_settings
from rehearsal.aws.api import Api, ApiError, Input, Output
from rehearsal.aws.machines.images import IMAGES
from rehearsal.aws.machines.launches import Launch, check_profile, template_of
from rehearsal.aws.machines.prices import spot_prices, zones

STATE_CHANGE: Final = "EC2 Instance State-change Notification"
Notice = Callable[[str, str, str, Mapping[str, Any]], None]
"""Told, of an account and region, the type of what EC2 has to say of a machine, and the details."""


class Fleets(Api):
    """Starts machines as EC2 Fleet does where it is asked for one at once; moto's fleets know no templates' disks."""

    def __init__(self, notice: Notice) -> None:
        super().__init__()
        self._notice = notice

    def describe_instance_types(self, wanted: Input) -> Output | None:
        """Those that the region has; moto knows each by its name."""
        _stop_if_dry(wanted)
        if wanted.get("InstanceTypes"):
            return None
        offered = set().union(*zones(self.region).values())
        types = [each for each in self._backend.instance_types if each.name in offered]
        found: list[InstanceType] = generic_filter(_filters(wanted), types)
        return _page(wanted, "InstanceTypes", [dict(each) for each in found])

    def describe_spot_price_history(self, wanted: Input) -> Output:
        """The prices of now."""
        types = wanted.get("InstanceTypes")
        found = [each for each in spot_prices(self.region) if not types or each["InstanceType"] in types]
        return _page(wanted, "SpotPriceHistory", found)

    def describe_images(self, wanted: Input) -> Output | None:
        """EKS's; moto knows the account's own."""
        ids = [*(wanted.get("ImageIds") or []), *_filters(wanted).get("image-id", [])]
        found = [IMAGES[id] for id in ids if id in IMAGES]
        return {"Images": found} if found else None

    def describe_instances(self, wanted: Input) -> Output | None:
        """Those of ids that filters let through, of which moto fails where it finds fewer than it is asked for."""
        ids, filters = wanted.get("InstanceIds"), _filters(wanted)
        if not (ids and filters):
            return None
        with moto_settings.LOCK:
            for id in ids:
                self._backend.get_instance(id)
            return {"Reservations": self._backend.describe_instances(filters={**filters, "instance-id": ids})}

    def run_instances(self, wanted: Input) -> None:
        """Refuse an instance profile that is not there where a launch template names it, which moto does not."""
        if named := wanted.get("LaunchTemplate"):
            with moto_settings.LOCK:
                check_profile(self.current_account, template_of(self._backend, named).data)

    def terminate_instances(self, wanted: Input) -> None:
        """Tell who listens."""
        _stop_if_dry(wanted)
        with moto_settings.LOCK:
            ids = [each.id for each in self._backend.all_instances() if each.state == "running"]
        for id in set(ids) & set(wanted["InstanceIds"]):
            detail = {"instance-id": id, "state": "shutting-down"}
            self._notice(self.current_account, self.region, STATE_CHANGE, detail)

    def create_fleet(self, wanted: Input) -> Output:
        """Start the cheapest machine that the request allows, of those that can be started."""
        capacity = wanted["TargetCapacitySpecification"]
        if wanted.get("Type") != "instant" or capacity["TotalTargetCapacity"] != 1:
            raise ApiError("InvalidParameterValue", "The stand-in makes fleets of type instant, of one machine.")
        spot = capacity.get("DefaultTargetCapacityType") == "spot"
        tags = convert_tag_spec(wanted.get("TagSpecifications") or [])
        fleet = f"fleet-{secrets.token_hex(16)}"
        errors = []
        with moto_settings.LOCK:
            launches = sorted(self._launches(wanted, fleet, tags, spot=spot), key=self._price)
            _stop_if_dry(wanted)
            for each in launches:
                try:
                    id = each.start(self.current_account, self.region)
                except ServiceException as error:
                    errors.append({**each.told, "ErrorCode": error.code, "ErrorMessage": error.message})
                else:
                    machine = {**each.told, "InstanceIds": [id], "InstanceType": each.instance_type}
                    return {"FleetId": fleet, "Errors": errors, "Instances": [machine]}
        return {"FleetId": fleet, "Errors": errors, "Instances": []}

    def _launches(self, wanted: Input, fleet: str, tags: Mapping[str, Any], *, spot: bool) -> Iterator[Launch]:
        for config in wanted["LaunchTemplateConfigs"]:
            template = template_of(self._backend, config["LaunchTemplateSpecification"])
            for override in config.get("Overrides") or [{}]:
                yield Launch(fleet, template, override, tags, spot)

    def _price(self, launch: Launch) -> float:
        """On demand the lowest price counts. Spare machines cost a share of that here, and all are there."""
        return prices(self.region).by_type.get(launch.instance_type, float("inf"))

    @property
    def _backend(self) -> EC2Backend:
        return ec2_backends[self.current_account][self.region]


def _stop_if_dry(wanted: Input) -> None:
    if wanted.get("DryRun"):
        raise ApiError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")


def _filters(wanted: Input) -> dict[str, list[str]]:
    return {each["Name"]: each["Values"] for each in wanted.get("Filters") or []}


def _page(wanted: Input, name: str, found: Sequence[Mapping[str, Any]]) -> Output:
    """Some at a time, where so many are asked for."""
    begin = int(wanted.get("NextToken") or 0)
    end = begin + int(wanted.get("MaxResults") or len(found) or 1)
    return {name: found[begin:end], **({"NextToken": str(end)} if end < len(found) else {})}
