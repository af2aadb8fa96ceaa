"""Cost Explorer and Logs Insights on loopback, in AWS's protocol and by its models: moto lacks what is asked."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final

import botocore.session
from botocore.validate import ParamValidator

from blueprint.cli.cost.actual.audit import QUERY

Answer = Callable[[Mapping[str, Any]], Any]
"""From what was asked to what is answered, or to the code of an error (with a message after a colon)."""

_SERVICES: Final = {"AWSInsightsIndexService": "ce", "Logs_20140328": "logs"}
_MODELS: Final[dict[str, Any]] = {
    name: botocore.session.get_session().get_service_model(name) for name in _SERVICES.values()
}


class Billing:
    """Answers by operation, a sound month to begin with; `asked` is what came."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.events: list[dict[str, Any]] = []
        self.answers: dict[str, Answer] = {
            "GetCostAndUsage": lambda _: costs({("Amazon Elastic Compute Cloud - Compute", "Usage"): "100.00"}),
            "ListCostAllocationTags": lambda _: tags("Active"),
            "DescribeLogGroups": lambda asked: {
                "logGroups": [{"logGroupName": asked["logGroupNamePrefix"], "storedBytes": 60_000_000_000}]
            },
            "StartQuery": self._start,
            "GetQueryResults": self._results,
        }
        self._queries: dict[str, Mapping[str, Any]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()
        address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.environment = {"AWS_ENDPOINT_URL_COST_EXPLORER": address, "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": address}

    def answer(self, operation: str, told: Any) -> "Billing":
        """Have an operation be answered so."""
        self.answers[operation] = lambda _: told
        return self

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _start(self, asked: Mapping[str, Any]) -> Any:
        assert asked["queryString"] == QUERY
        id = f"query-{len(self._queries)}"
        self._queries[id] = asked
        return {"queryId": id}

    def _results(self, asked: Mapping[str, Any]) -> Any:
        of = self._queries[asked["queryId"]]
        rows = [row for event in self.events if (row := row_of(event, of["startTime"], of["endTime"]))]
        found = [[{"field": key, "value": value} for key, value in row.items()] for row in rows[: of["limit"]]]
        return {"status": "Complete", "results": found}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        billing = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                service, _, operation = self.headers["X-Amz-Target"].partition(".")
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                billing.asked.append((operation, asked))
                told = billing.answers[operation](asked)
                status = 200
                if isinstance(told, str):
                    code, _, message = told.partition(": ")
                    status, told = 400, {"__type": code, "message": message}
                elif told:
                    shape = _MODELS[_SERVICES[service]].operation_model(operation).output_shape
                    faults = ParamValidator().validate(told, shape).generate_report()
                    assert not faults, faults
                body = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        return Handler


def row_of(event: Mapping[str, Any], start: int, end: int) -> dict[str, str] | None:
    """What the query makes of an event of the log: its filters, and its own patterns on the whole text."""
    when = datetime.fromisoformat(event["requestReceivedTimestamp"].replace("Z", "+00:00")).timestamp()
    of = event["objectRef"]
    wanted = of["resource"] == "pods" and of["namespace"] == "jupyterhub" and "subresource" not in of
    if not (start <= when < end + 1 and wanted and event["verb"] in ("create", "delete")):
        return None
    if event["responseStatus"]["code"] >= 300:
        return None
    text = json.dumps(event, separators=(",", ":"))
    row = {"verb": event["verb"], "objectRef.name": of["name"]}
    for pattern in re.findall(r"parse @message /(.*)/$", QUERY, re.MULTILINE):
        if found := re.search(pattern.replace("(?<", "(?P<"), text):
            row.update(found.groupdict())
    row["requestReceivedTimestamp"] = event["requestReceivedTimestamp"].replace("T", " ").replace("Z", "")
    return row if "person" in row else None


def event(verb: str, when: str, person: str, created: str, **requests: str) -> dict[str, Any]:
    """An audit event of a user's pod, its fields in the order in which Kubernetes writes them."""
    pod = {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {
            "name": f"jupyter-{person.partition('@')[0].lower()}",
            "namespace": "jupyterhub",
            "uid": "5a1f",
            "creationTimestamp": created,
            "annotations": {"hub.jupyter.org/username": person},
        },
        "spec": {
            "initContainers": [{"name": "wait", "resources": {"requests": {"cpu": "8"}}}],
            "containers": [
                {
                    "name": "notebook",
                    "env": [{"name": "MEM_LIMIT", "value": "4294967296"}],
                    "resources": {"limits": {"cpu": "2", "memory": "4294967296"}, "requests": requests},
                }
            ],
        },
    }
    sent = {**pod, "metadata": {**pod["metadata"], "creationTimestamp": None}}  # type: ignore[dict-item]
    return {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse",
        "auditID": "9d1b",
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/jupyterhub/pods",
        "verb": verb,
        "user": {"username": "system:serviceaccount:jupyterhub:hub", "uid": "11"},
        "objectRef": {
            "resource": "pods",
            "namespace": "jupyterhub",
            "name": f"jupyter-{person.partition('@')[0].lower()}",
            "apiVersion": "v1",
        },
        "responseStatus": {"metadata": {}, "code": 201 if verb == "create" else 200},
        **({"requestObject": sent} if verb == "create" else {}),
        "responseObject": pod,
        "requestReceivedTimestamp": when,
        "stageTimestamp": when,
    }


def costs(by_group: Mapping[tuple[str, str], str], unit: str = "USD", **more: Any) -> Any:
    """An answer of Cost Explorer's: amounts by service and kind of record."""
    groups = [
        {"Keys": list(keys), "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": unit}}}
        for keys, amount in by_group.items()
    ]
    period = {"Start": "2026-10-01", "End": "2026-11-01"}
    return {"ResultsByTime": [{"TimePeriod": period, "Total": {}, "Groups": groups, "Estimated": False}], **more}


def tags(status: str = "") -> Any:
    """The deployment's tag as cost allocation tag; without a status, there is none."""
    tag = {
        "TagKey": "jupyterhub-eks:deployment",
        "Type": "UserDefined",
        "Status": status,
        "LastUpdatedDate": "2026-10-03T09:00:00Z",
    }
    return {"CostAllocationTags": [tag] if status else []}
