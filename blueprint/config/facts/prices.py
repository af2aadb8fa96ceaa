"""What instances cost: a dated table of EC2's list prices on demand for Linux, in US dollars an hour.

A region that is not in it is priced as us-east-1, and whoever shows such a price says so.
"""

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("instance_prices.json")
"""Written by tools/instance_prices.py."""
HOME_REGION = "us-east-1"


@dataclass(frozen=True)
class Prices:
    """The prices by instance type in a region, as they were on a day."""

    region: str
    date: date
    by_type: dict[str, float]


@cache
def prices(region: str | None) -> Prices:
    """Those of a region, or of us-east-1 where the table does not have it."""
    table: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    known = region if region and region in table["regions"] else HOME_REGION
    return Prices(known, date.fromisoformat(table["date"]), table["regions"][known])
