import json
from datetime import date

import pytest

from blueprint.cli.cost.price_list import priced
from blueprint.config.facts.instances import known
from blueprint.config.facts.prices import TABLE, prices
from tools.instance_prices import in_go, text


def test_prices_of_what_most_people_take_are_known() -> None:
    found = prices("us-east-1")
    assert (found.region, found.by_type["m6i.xlarge"], found.by_type["t3.large"]) == ("us-east-1", 0.192, 0.0832)
    assert found.date >= date(2026, 7, 20)


def test_nearly_all_types_have_a_price() -> None:
    assert len(known().keys() - prices("us-east-1").by_type.keys()) < 60


@pytest.mark.parametrize("region", ["eu-central-1", None])
def test_region_that_is_not_there_is_priced_as_another_which_is_told(region: str | None) -> None:
    assert prices(region).region == "us-east-1"


def test_file_is_as_the_script_writes_it() -> None:
    table = json.loads(TABLE.read_text())
    assert TABLE.read_text() == text(table["source"], date.fromisoformat(table["date"]), table["regions"])


def test_price_list_is_read() -> None:
    def product(name: str, price: str, unit: str = "Hrs") -> str:
        dimension = {"unit": unit, "pricePerUnit": {"USD": price}}
        terms = {"OnDemand": {"A.B": {"priceDimensions": {"A.B.C": dimension}}}}
        return json.dumps({"product": {"attributes": {"instanceType": name}}, "terms": terms})

    listed = [product("m6i.xlarge", "0.1920000000"), product("m6i.large", "0.0000000000")]
    listed += [product("x", "1", "Quantity"), json.dumps({"product": {}, "terms": {}})]
    assert dict(priced(listed)) == {"m6i.xlarge": 0.192}


def test_karpenters_file_is_read() -> None:
    source = """// generated at 2026-07-20T14:20:29Z for us-east-1
    "us-east-1": {
        "a1.2xlarge": 0.204000, "u-6tb1.56xlarge": 46.403910,
        // x8i family
        "x8i.metal-96xl": 48.744380,
    """
    assert in_go(source) == (
        date(2026, 7, 20),
        {"a1.2xlarge": 0.204, "u-6tb1.56xlarge": 46.40391, "x8i.metal-96xl": 48.74438},
    )
