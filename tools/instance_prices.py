"""Makes the table of instance prices anew: `python tools/instance_prices.py REGION…`.

It asks AWS's price list (`pricing:GetProducts`), with the credentials at hand, for us-east-1 and the regions that are
named: name yours, and people see its prices. With `--offline` it reads what Karpenter carries of that list, us-east-1
alone, from its Go module: for that Go is needed, and a module proxy.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import boto3
from botocore.exceptions import BotoCoreError, ClientError

sys.path.insert(0, str(Path(__file__).parents[1]))

from blueprint.cli.cost.price_list import listed
from blueprint.config.facts.prices import HOME_REGION, TABLE
from blueprint.config.facts.regions import REGIONS

KARPENTER = "github.com/aws/karpenter-provider-aws@v1.15.2"
Prices = dict[str, float]


def text(source: str, on: date, regions: Mapping[str, Prices]) -> str:
    """The file: a line for each type, for people who compare two versions."""
    head = json.dumps({"source": source, "date": str(on), "currency": "USD an hour"})
    blocks = (
        f"  {json.dumps(region)}: {{\n"
        + ",\n".join(f"    {json.dumps(name)}: {price:g}" for name, price in sorted(prices.items()))
        + "\n  }"
        for region, prices in sorted(regions.items())
    )
    return f'{head[:-1]}, "regions": {{\n' + ",\n".join(blocks) + "\n}}\n"


def in_go(source: str) -> tuple[date, Prices]:
    """The day and the prices in Karpenter's file, which is Go."""
    (day,) = re.findall(r"// generated at (\d{4}-\d\d-\d\d)T\S+ for us-east-1", source)
    return date.fromisoformat(day), {name: float(price) for name, price in re.findall(r'"([\w.-]+)": ([\d.]+)', source)}


def of_karpenter() -> tuple[date, Prices]:
    """The prices of us-east-1 in Karpenter's module."""
    with TemporaryDirectory() as folder:
        # It fails where the Go at hand is older than the module wants; what is read here has come nevertheless.
        try:
            told = subprocess.run(
                ["go", "mod", "download", "-json", KARPENTER], cwd=folder, capture_output=True, text=True
            )
        except OSError:
            sys.exit("Go is needed to read Karpenter's module, and is not on PATH.")
    answer = json.loads(told.stdout or "{}")
    if "Zip" not in answer:
        sys.exit(f"Go did not fetch {KARPENTER}: {answer.get('Error') or told.stderr.strip()}")
    with ZipFile(answer["Zip"]) as module:
        return in_go(module.read(f"{KARPENTER}/pkg/providers/pricing/zz_generated.pricing_aws.go").decode())


def made(regions: Iterable[str], *, offline: bool) -> str:
    """The file as it is to be now."""
    if offline:
        day, prices = of_karpenter()
        return text(f"AWS's price list, by way of {KARPENTER}", day, {HOME_REGION: prices})
    pricing = boto3.client("pricing", region_name=HOME_REGION)
    found = {region: listed(pricing, region) for region in sorted({HOME_REGION, *regions})}
    if empty := [region for region, prices in found.items() if not prices]:
        sys.exit(f"AWS's price list names no price in {', '.join(empty)}. Nothing was changed.")
    return text("AWS's price list", date.today(), found)


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description="Make the table of instance prices anew, from AWS's price list.")
    parser.add_argument("regions", nargs="*", metavar="REGION", help="such as eu-central-1; us-east-1 is always there")
    parser.add_argument("--offline", action="store_true", help="us-east-1 alone, of Karpenter's Go module")
    given = parser.parse_args()
    if unknown := sorted({*given.regions} - {*REGIONS}):
        parser.error(f"no region that has EKS: {', '.join(unknown)} (take some of {', '.join(REGIONS)})")
    if given.regions and given.offline:
        parser.error("--offline knows the prices of us-east-1 alone: leave the regions out")
    try:
        TABLE.write_text(made(given.regions, offline=given.offline), encoding="utf-8")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS's price list was not read, and nothing was changed: {error}")


if __name__ == "__main__":
    main()
