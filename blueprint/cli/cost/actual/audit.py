"""Whose servers ran for how long, as the cluster's audit log has it: each start and end of a user's pod is there.

Data that AWS splits by pod itself needs a Cost and Usage Report, which somebody has to set up; this log is there.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from blueprint.cli.checks.aws import Account, code, stopped
from blueprint.versions import JUPYTERHUB

GB_PRICE: Final = 0.005
"""US dollars for each GB that Logs Insights reads in us-east-1, https://aws.amazon.com/cloudwatch/pricing/."""
KEPT: Final = timedelta(days=90)
"""For so long the log group keeps it."""
_MOST: Final = 10_000
"""Rows that a query gives."""
_STEP: Final = timedelta(days=7)
QUERY: Final = rf"""
filter @logStream like /kube-apiserver-audit/
| filter objectRef.resource = "pods" and objectRef.namespace = "{JUPYTERHUB.namespace}"
| filter not ispresent(objectRef.subresource) and (verb = "create" or verb = "delete") and responseStatus.code < 300
| parse @message /"hub\.jupyter\.org\/username":"(?<person>(?:[^"\\]|\\.)*)"/
| filter ispresent(person)
| parse @message /"creationTimestamp":"(?<created>[^"]*)"/
| parse @message /"name":"notebook".*?"requests":\{{(?<requests>[^}}]*)\}}/
| display verb, objectRef.name, person, created, requests, requestReceivedTimestamp
| limit {_MOST}
""".strip()
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?)(m|k|Ki|M|Mi|G|Gi|T|Ti)?")
_UNITS: Final = {
    **{"": 1, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12},
    **{"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40},
}


class NoLogError(Exception):
    """Why nobody can say whose servers ran."""


@dataclass(frozen=True)
class Run:
    """A server that ran, within the time that was looked at, and what it asked for."""

    person: str
    hours: float
    cpus: float
    gibibytes: float
    gpus: float


def log_group(name: str) -> str:
    """EKS writes there."""
    return f"/aws/eks/{name}/cluster"


def runs(
    account: Account,
    name: str,
    begins: datetime,
    ends: datetime,
    progress: Callable[[str], None] = lambda words: None,
    rest: Callable[[float], None] = time.sleep,
) -> list[Run]:
    """All servers that started or ended in that time.

    Raises:
        NoLogError: where the log does not tell.
    """
    logs, rows = account.client("logs"), []
    try:
        start = begins
        while start < ends:
            end = min(start + _STEP, ends)
            progress(f"Reading who worked from {start:%Y-%m-%d} on …")
            rows += _rows(logs, name, start, end, rest)
            start = end
    except (ClientError, BotoCoreError) as error:
        if code(error) == "ResourceNotFoundException":
            raise NoLogError(f"there is no log group {log_group(name)} here") from None
        raise NoLogError(stopped(error).text.rstrip(".")) from None
    return [*_runs(rows, begins, ends)]


def _rows(
    logs: Any, name: str, begins: datetime, ends: datetime, rest: Callable[[float], None]
) -> list[dict[str, str]]:
    """What a query finds; where that is as much as it may, two do."""
    last = int(ends.timestamp()) - 1  # both ends count
    id = logs.start_query(
        logGroupName=log_group(name),
        startTime=int(begins.timestamp()),
        endTime=last,
        queryString=QUERY,
        limit=_MOST,
    )["queryId"]
    while (answer := logs.get_query_results(queryId=id))["status"] in ("Scheduled", "Running", "Unknown"):
        rest(1)
    if answer["status"] != "Complete":
        raise NoLogError(f"the query of the log ended as {answer['status']}")
    if len(answer["results"]) < _MOST or ends - begins <= timedelta(minutes=1):
        return [{each["field"]: each["value"] for each in row} for row in answer["results"]]
    middle = (begins + (ends - begins) / 2).replace(microsecond=0)
    return [*_rows(logs, name, begins, middle, rest), *_rows(logs, name, middle, ends, rest)]


def _runs(rows: list[dict[str, str]], begins: datetime, ends: datetime) -> Iterator[Run]:
    """A pod is told of at its start, where that was in the time, and at each step of its end: the last one counts."""
    pods: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        if row.get("created"):
            pod = pods.setdefault((row["objectRef.name"], row["created"]), {})
            pod.update({key: row[key] for key in ("person", "requests") if row.get(key)})
            if row["verb"] == "delete":
                pod["ended"] = max(pod.get("ended", ""), row["requestReceivedTimestamp"])
    for (_, created), pod in pods.items():
        start = max(begins, _moment(created))
        end = min(ends, _moment(pod["ended"])) if "ended" in pod else min(ends, datetime.now(UTC))
        wanted = json.loads(f"{{{pod.get('requests', '')}}}")
        yield Run(
            json.loads(f'"{pod["person"]}"'),
            max(0.0, (end - start).total_seconds() / 3600),
            amount(wanted.get("cpu", 0)),
            amount(wanted.get("memory", 0)) / 2**30,
            amount(wanted.get("nvidia.com/gpu", 0)),
        )


def amount(text: object) -> float:
    """What Kubernetes means by `500m` or `2Gi`."""
    match = _AMOUNT.fullmatch(str(text))
    return float(match[1]) * _UNITS[match[2] or ""] if match else 0.0


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_price(account: Account, name: str, part: float) -> float | None:
    """About what it costs to read a part of the log, or nothing where it is not told how large that is."""
    found: Mapping[str, Any] = account.client("logs").describe_log_groups(logGroupNamePrefix=log_group(name))
    kept = next((each for each in found["logGroups"] if each["logGroupName"] == log_group(name)), None)
    return None if kept is None else kept.get("storedBytes", 0) / 1e9 * part * GB_PRICE
