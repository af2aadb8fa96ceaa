"""AWS's price list: what instances cost in a region today."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

_ON_DEMAND: Final = {
    "operatingSystem": "Linux",
    "preInstalledSw": "NA",
    "tenancy": "Shared",
    "capacitystatus": "Used",
    "licenseModel": "No License required",
}


def listed(pricing: Any, region: str) -> dict[str, float]:
    """US dollars an hour on demand by type; `pricing` is a client of that service, which has few endpoints."""
    wanted = {**_ON_DEMAND, "regionCode": region}
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()]
    found = pricing.get_paginator("get_products").paginate(ServiceCode="AmazonEC2", Filters=filters)
    return dict(priced(product for page in found for product in page["PriceList"]))


def priced(products: Iterable[str]) -> Iterator[tuple[str, float]]:
    """Types and prices, of the products that GetProducts lists, each a text in JSON."""
    for product in map(json.loads, products):
        for term in product["terms"].get("OnDemand", {}).values():
            for dimension in term["priceDimensions"].values():
                if dimension["unit"] == "Hrs" and (price := float(dimension["pricePerUnit"]["USD"])):
                    yield product["product"]["attributes"]["instanceType"], price
