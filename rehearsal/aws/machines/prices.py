"""What machines cost: AWS's price list, and what EC2 asks for spare ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS

from blueprint.config.facts.prices import prices
from rehearsal.aws.api import Api, ApiError, Input, Output

SPOT_SHARE: Final = 0.4
"""What a spare machine costs here, of its price on demand: at EC2 it changes by the hour."""

_METAL: Final = "Compute Instance (bare metal)"


def zones(region: str) -> dict[str, set[str]]:
    """The instance types that each zone of a region has, of those whose price is known."""
    known = prices(region).by_type
    found: dict[str, set[str]] = {}
    for each in INSTANCE_TYPE_OFFERINGS["availability-zone"].get(region, ()):
        if each["InstanceType"] in known:
            found.setdefault(each["Location"], set()).add(each["InstanceType"])
    return found


def spot_prices(region: str) -> Iterator[dict[str, Any]]:
    """As EC2 tells their history, which has one entry each."""
    by_type = prices(region).by_type
    now = datetime.now(UTC)
    for zone, types in sorted(zones(region).items()):
        for each in sorted(types):
            yield {
                "AvailabilityZone": zone,
                "InstanceType": each,
                "ProductDescription": "Linux/UNIX",
                "SpotPrice": f"{by_type[each] * SPOT_SHARE:.6f}",
                "Timestamp": now,
            }


class Pricing(Api):
    """The price list of EC2's machines on demand, for Linux."""

    service: ClassVar[str] = "pricing"

    def get_products(self, wanted: Input) -> Output:
        """Those of a region."""
        filters = {each["Field"]: each["Value"] for each in wanted.get("Filters", [])}
        region, family = filters.get("regionCode"), filters.get("productFamily")
        if wanted["ServiceCode"] != "AmazonEC2" or region is None:
            raise ApiError("InvalidParameterException", "The stand-in tells prices of AmazonEC2 in a regionCode only.")
        listed = {
            name: price
            for name, price in prices(region).by_type.items()
            if family is None or (".metal" in name) == (family == _METAL)
        }
        return {"FormatVersion": "aws_v1", "PriceList": [_product(*each) for each in sorted(listed.items())]}


def _product(instance_type: str, price: float) -> str:
    dimension = {"unit": "Hrs", "pricePerUnit": {"USD": f"{price:.10f}"}}
    return json.dumps(
        {
            "product": {"productFamily": "Compute Instance", "attributes": {"instanceType": instance_type}},
            "serviceCode": "AmazonEC2",
            "terms": {"OnDemand": {"term": {"priceDimensions": {"dimension": dimension}}}},
        }
    )
