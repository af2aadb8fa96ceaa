"""Prices of AWS's price list, which is a server on loopback here, and what is said where it does not answer."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.cli.aws import CREDENTIALS
from tests.cli.conftest import BLUEPRINT, Run


class PriceList(BaseHTTPRequestHandler):
    """Answers GetProducts as it was told to, in AWS's protocol, and remembers what it was asked."""

    status = 200
    pages: list[Any]
    asked: list[dict[str, Any]]

    def do_POST(self) -> None:
        type(self).asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        body = json.dumps(type(self).pages[len(type(self).asked) - 1]).encode()
        self.send_response(type(self).status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def price_list() -> Iterator[tuple[type[PriceList], dict[str, str]]]:
    handler = type("Told", (PriceList,), {"pages": [], "asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        yield handler, {**CREDENTIALS, "AWS_ENDPOINT_URL_PRICING": address, "AWS_EC2_METADATA_DISABLED": "true"}
        server.shutdown()
        thread.join()


def product(name: str, price: str) -> str:
    dimension = {"unit": "Hrs", "pricePerUnit": {"USD": price}}
    terms = {"OnDemand": {"A.B": {"priceDimensions": {"A.B.C": dimension}}}}
    return json.dumps({"product": {"attributes": {"instanceType": name}}, "terms": terms})


def told(run: Run, environment: dict[str, str], *options: str) -> dict[str, Any]:
    result = run(BLUEPRINT, "cost", "--live", "--json", *options, **environment)
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_prices_of_the_region_are_asked_for(run: Run, price_list: tuple[type[PriceList], dict[str, str]]) -> None:
    server, environment = price_list
    server.pages = [
        {"FormatVersion": "aws_v1", "PriceList": [product("m6i.xlarge", "0.23")], "NextToken": "more"},
        {"FormatVersion": "aws_v1", "PriceList": [product("t3.large", "0.096"), product("m6i.large", "0.115")]},
    ]
    found = told(run, environment, "-c", "workload.region=eu-central-1")
    wanted = {each["Field"]: each["Value"] for each in server.asked[0]["Filters"]}
    assert (wanted["regionCode"], server.asked[1]["NextToken"]) == ("eu-central-1", "more")
    assert found["prices"]["region"] == "eu-central-1"
    assert found["prices"]["instances"]["days_old"] == 0
    arithmetic = {line["name"]: line["arithmetic"] for line in found["fixed"]}
    assert arithmetic["Core nodes, t3.large"].endswith("0.096")
    assert arithmetic["User nodes kept ready, m6i.xlarge"].endswith("0.23")
    assert "stands in" not in " ".join(found["remarks"])
    assert "The prices of other services than EC2's instances are those of us-east-1." in found["remarks"]


@pytest.mark.parametrize(
    ("status", "page", "why"),
    [
        (400, {"__type": "AccessDeniedException"}, "These credentials may not call GetProducts."),
        (400, {"__type": "ExpiredTokenException"}, "The credentials have ended."),
        (200, {"PriceList": []}, "it names no price in eu-central-1."),
        (200, {"PriceList": ["<html>"]}, "its answer was not understood."),
        (200, {"PriceList": ["{}"]}, "its answer was not understood."),
        (200, {}, "its answer was not understood."),
    ],
    ids=["denied", "ended", "nothing", "no JSON", "no product", "no list"],
)
def test_table_stands_in_where_the_list_is_not_read(
    run: Run, price_list: tuple[type[PriceList], dict[str, str]], status: int, page: Any, why: str
) -> None:
    server, environment = price_list
    server.status, server.pages = status, [page] * 9
    found = told(run, environment, "-c", "workload.region=eu-central-1")
    assert found["prices"]["region"] == "us-east-1"
    assert found["remarks"][0] == f"AWS's price list was not read, so the table stands in for it: {why}"


def test_table_stands_in_without_credentials(run: Run) -> None:
    apart = {"AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"}
    found = told(run, apart)
    assert found["remarks"][0].endswith("stands in for it: There are no credentials.")
    found = told(run, apart, "--profile", "nobody")
    assert found["remarks"][0].endswith("stands in for it: There is no profile nobody.")
