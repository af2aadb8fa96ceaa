"""Writes blueprint/config/facts/instance_types.json anew, from EC2: `python tools/instance_types.py [--offline]`.

EC2 tells what the region of the credentials offers. `--offline` needs no credentials: it takes EC2's answers as the
pinned moto carries them, from the day of its release.
"""

import argparse
import importlib.metadata
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

sys.path.insert(0, str(Path(__file__).parents[1]))

from blueprint.config.facts.instances import COLUMNS, TABLE

MOTO = {"5.2.5": date(2026, 10, 27)}
"""The days on which releases of moto were made."""
_ARCHITECTURES = ("x86_64", "arm64")


def rows(described: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The table's rows by name, of what DescribeInstanceTypes tells; without what EKS cannot run on."""
    return {each["InstanceType"]: list(_row(each)) for each in described if _architecture(each)}


def text(source: str, on: date, table: Mapping[str, list[Any]]) -> str:
    """The file: a line for each type, for people who compare two versions."""
    head = json.dumps({"source": source, "date": str(on), "columns": COLUMNS})
    lines = [f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in sorted(table.items())]
    return f'{head[:-1]}, "types": {{\n' + ",\n".join(lines) + "\n}}\n"


def described(*, offline: bool) -> Iterator[Mapping[str, Any]]:
    """What EC2 tells of all types; offline what moto says in its place."""
    if offline:
        import moto

        surroundings: Any = moto.mock_aws()
    else:
        surroundings = nullcontext()
    with surroundings:
        ec2 = boto3.client("ec2", region_name="us-east-1" if offline else None)
        for page in ec2.get_paginator("describe_instance_types").paginate():
            yield from page["InstanceTypes"]


def made(*, offline: bool) -> str:
    """The file as it is to be now."""
    table = rows(described(offline=offline))
    if not offline:
        return text("EC2, DescribeInstanceTypes", date.today(), table)
    version = importlib.metadata.version("moto")
    return text(f"EC2, DescribeInstanceTypes, by way of moto {version}", MOTO[version], table)


def _architecture(facts: Mapping[str, Any]) -> str | None:
    supported = facts["ProcessorInfo"]["SupportedArchitectures"]
    return next((each for each in _ARCHITECTURES if each in supported), None)


def _row(facts: Mapping[str, Any]) -> Iterator[Any]:
    network, gpus = facts["NetworkInfo"], facts.get("GpuInfo", {}).get("Gpus", [])
    yield facts["VCpuInfo"]["DefaultVCpus"]
    yield facts["MemoryInfo"]["SizeInMiB"]
    yield _architecture(facts)
    # Pods have addresses of the interfaces of the first network card: CalcMaxPods of amazon-eks-ami's nodeadm.
    yield network["NetworkCards"][network.get("DefaultNetworkCardIndex", 0)]["MaximumNetworkInterfaces"]
    yield network["Ipv4AddressesPerInterface"]
    yield sum(each["Count"] for each in gpus)
    yield f"{gpus[0]['Manufacturer']} {gpus[0]['Name']}" if gpus else ""
    yield facts["EbsInfo"]["MaximumEbsAttachments"]
    yield facts["EbsInfo"]["AttachmentLimitType"] == "shared"


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description="Make the table of instance types anew, from EC2.")
    parser.add_argument("--offline", action="store_true", help="as the pinned moto knows them, without credentials")
    offline = parser.parse_args().offline
    try:
        TABLE.write_text(made(offline=offline), encoding="utf-8")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"EC2 was not asked, and nothing was changed: {error}")


if __name__ == "__main__":
    main()
