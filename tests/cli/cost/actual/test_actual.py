"""`blueprint cost --actual`: a sound month, shared by people, and the worlds in which there is no answer."""

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer

from blueprint.cli.cost.actual import audit
from blueprint.cli.cost.actual.month import month
from tests.cli.aws import CREDENTIALS, server
from tests.cli.conftest import BLUEPRINT, Run
from tests.cli.cost.actual.billing import Billing, costs, event, tags

__all__ = ["server"]

TODAY = datetime.now(UTC).date()
LAST = month(None, TODAY)
"""The month that is asked about where none is named: the log of it is kept."""
COMPUTE, FILES, TAX = "Amazon Elastic Compute Cloud - Compute", "Amazon Elastic File System", "Tax"
OURS = ("-c", "workload.account=123456789012", "-c", "workload.region=us-east-1")


def at(day: int, hour: int = 8) -> str:
    return f"{LAST.begins + timedelta(days=day - 1, hours=hour):%Y-%m-%dT%H:%M:%S.000000Z}"


@pytest.fixture
def billing() -> Iterator[Billing]:
    standing_in = Billing()
    yield standing_in
    standing_in.close()


@pytest.fixture
def tell(run: Run, billing: Billing, server: str) -> Callable[..., Any]:
    """Run the command, and give its result."""

    def tell(*options: str, **more: str) -> Any:
        around = {**CREDENTIALS, **billing.environment, "AWS_ENDPOINT_URL_STS": server, **more}
        return run(BLUEPRINT, "cost", "--actual", *OURS, *options, AWS_EC2_METADATA_DISABLED="true", **around)

    return tell


def sound(billing: Billing) -> None:
    """Ada ran for twice as long as Grace, who asked for as much; someone else's pod, and one that was refused."""
    billing.answer(
        "GetCostAndUsage",
        costs(
            {
                (COMPUTE, "Usage"): "80.004",
                (FILES, "Usage"): "19.996",
                (COMPUTE, "Credit"): "-30",
                (TAX, "Tax"): "5.5",
            }
        ),
    )
    asked = {"cpu": "500m", "memory": "1073741824"}
    other = event("create", at(3), "Mallory", at(3), **asked)
    billing.events = [
        event("create", at(2), 'Ada "A"@example.com', at(2), **asked),
        event("delete", at(2, 16), 'Ada "A"@example.com', at(2), **asked),
        event("delete", at(2, 18), 'Ada "A"@example.com', at(2), **asked),  # the kubelet's, when it is gone
        event("create", at(9), "Grace", at(9), **asked),
        event("delete", at(9, 13), "Grace", at(9), **asked),
        {**other, "objectRef": {**other["objectRef"], "namespace": "elsewhere"}},
        {**other, "responseStatus": {"code": 403}},
        {**other, "objectRef": {**other["objectRef"], "subresource": "binding"}},
    ]


def test_a_month_is_told_by_service_and_shared_by_people(tell: Callable[..., Any], billing: Billing) -> None:
    sound(billing)
    result = tell("--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["services"] == [{"name": COMPUTE, "amount": 80.0}, {"name": FILES, "amount": 20.0}]
    assert (found["used"], found["apart"], found["paid"]) == (100.0, {"Credits": -30.0, "Tax": 5.5}, 75.5)
    people = {each["person"]: each for each in found["people"]}
    assert list(people) == ['Ada "A"@example.com', "Grace"]
    assert {name: (each["hours"], each["cpu_hours"], each["gibibyte_hours"]) for name, each in people.items()} == {
        'Ada "A"@example.com': (10.0, 5.0, 10.0),
        "Grace": (5.0, 2.5, 5.0),
    }
    assert [each["amount"] for each in found["people"]] == [66.67, 33.33]
    assert (found["model"]["people"], found["model"]["measured"]) == (2, True)
    assert found["model"]["hours"] == pytest.approx(7.5)
    assert found["model"]["difference"] == round(100 / found["model"]["dollars"] - 1, 4)


def test_what_it_costs_is_told_before(tell: Callable[..., Any], billing: Billing) -> None:
    sound(billing)
    told = tell("--json").stderr
    assert "Asking Cost Explorer, at 0.01 US dollars a request" in told
    assert "audit log, at 0.005 US dollars a GB: about 0.10 in all" in told


def test_it_asks_by_the_deployment_s_tag_once(tell: Callable[..., Any], billing: Billing) -> None:
    tell("--all-together")
    ((operation, asked),) = billing.asked
    assert operation == "GetCostAndUsage"
    assert asked["Filter"]["Tags"]["Key"] == "jupyterhub-eks:deployment"
    assert asked["Filter"]["Tags"]["Values"] == ["jupyterhub"]
    assert asked["TimePeriod"] == {"Start": str(LAST.first), "End": str(LAST.until)}


def test_pages_are_added_up(tell: Callable[..., Any], billing: Billing) -> None:
    pages = {
        None: costs({(COMPUTE, "Usage"): "1"}, NextPageToken="more"),
        "more": costs({(COMPUTE, "Usage"): "2", (COMPUTE, "SavingsPlanCoveredUsage"): "3"}),
    }
    billing.answers["GetCostAndUsage"] = lambda asked: pages[asked.get("NextPageToken")]
    found = json.loads(tell("--json", "--all-together").stdout)
    assert (found["used"], found["requests"], found["people"]) == (6.0, 2, None)
    assert any(each.startswith("Savings Plans") for each in found["remarks"])


def test_the_table_and_the_picture_say_the_same(tell: Callable[..., Any], billing: Billing, tmp_path: Path) -> None:
    sound(billing)
    result = tell("--svg", str(tmp_path / "month.svg"), COLUMNS="120")
    lines = [" ".join(line.replace("│", " ").split()) for line in result.stdout.splitlines()]
    assert f"{COMPUTE} 80.00" in lines
    assert 'Ada "A"@example.com 1 10.0 5.0 10.0 0.0 66.7% 66.67' in lines
    assert "Used 100.00" in lines
    assert "Paid 75.50" in lines
    picture = ElementTree.parse(tmp_path / "month.svg").getroot()
    (words,) = (each.text for each in picture if each.tag.endswith("desc"))
    assert f"{COMPUTE}: 80.00; {FILES}: 20.00" in str(words)
    assert "Grace: 33.33; Used: 100.00; The model: " in str(words)


def test_a_server_that_runs_still_counts_until_the_month_ends(tell: Callable[..., Any], billing: Billing) -> None:
    billing.events = [event("create", at(1, 0), "Ada", at(1, 0), cpu="1", memory="2Gi", **{"nvidia.com/gpu": "1"})]
    (ada,) = json.loads(tell("--json").stdout)["people"]
    whole = 24 * LAST.whole
    assert (ada["hours"], ada["gibibyte_hours"], ada["gpu_hours"]) == (whole, 2 * whole, whole)


def test_a_server_of_the_month_before_counts_from_the_first(tell: Callable[..., Any], billing: Billing) -> None:
    before = f"{LAST.begins - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"
    billing.events = [event("delete", at(1, 6), "Ada", before, cpu="1", memory="1Gi")]
    (ada,) = json.loads(tell("--json").stdout)["people"]
    assert ada["hours"] == 6.0


def test_nobody_who_worked_is_told(tell: Callable[..., Any]) -> None:
    found = json.loads(tell("--json").stdout)
    assert (found["people"], found["model"]["people"]) == ([], 0)
    assert "Nobody's server started or ended in the month, so nothing is shared." in found["remarks"]


def test_another_currency_is_not_compared(tell: Callable[..., Any], billing: Billing) -> None:
    billing.answer("GetCostAndUsage", costs({(COMPUTE, "Usage"): "100"}, "EUR"))
    found = json.loads(tell("--json").stdout)
    assert (found["currency"], found["model"]["difference"]) == ("EUR", None)
    assert "The bill is in EUR and the model in US dollars, so they are not compared." in found["remarks"]


NO_ANSWER: dict[str, tuple[Callable[[Billing], Any], str, str]] = {
    "no right": (
        lambda aws: aws.answer("GetCostAndUsage", "AccessDeniedException"),
        "answers these credentials nothing",
        "Allow it",
    ),
    "no data yet": (
        lambda aws: aws.answer("GetCostAndUsage", "DataUnavailableException"),
        f"has no data of {LAST.name} yet",
        "24 hours",
    ),
    "too old": (
        lambda aws: aws.answer(
            "GetCostAndUsage", "ValidationException: You haven't enabled historical data beyond 14 months"
        ),
        "tells of the last 14 months only",
        "multi-year data",
    ),
    "too many questions": (
        lambda aws: aws.answer("GetCostAndUsage", "LimitExceededException"),
        "too many questions",
        "in a minute",
    ),
    "throttled": (
        lambda aws: aws.answer("GetCostAndUsage", "ThrottlingException"),
        "answers too many calls",
        "in a minute",
    ),
    "ended": (lambda aws: aws.answer("GetCostAndUsage", "ExpiredTokenException"), "have ended", "aws sso login"),
    "two currencies": (
        lambda aws: aws.answers.update(
            GetCostAndUsage=lambda asked: (
                costs({(COMPUTE, "Usage"): "1"}, "EUR")
                if "NextPageToken" in asked
                else costs({(COMPUTE, "Usage"): "1"}, NextPageToken="more")
            )
        ),
        "several currencies: EUR, USD",
        "by account",
    ),
    "tag not active": (
        lambda aws: (aws.answer("GetCostAndUsage", costs({})), aws.answer("ListCostAllocationTags", tags("Inactive"))),
        "is not active as cost allocation tag",
        "Activate it",
    ),
    "tag not seen": (
        lambda aws: (aws.answer("GetCostAndUsage", costs({})), aws.answer("ListCostAllocationTags", tags())),
        "is not seen here",
        "in this account",
    ),
    "tags of another account": (
        lambda aws: (
            aws.answer("GetCostAndUsage", costs({})),
            aws.answer("ListCostAllocationTags", "AccessDeniedException"),
        ),
        "is not seen here",
        "paying account",
    ),
    "no cost yet": (
        lambda aws: aws.answer("GetCostAndUsage", costs({})),
        f"no cost of jupyterhub in {LAST.name}. The tag is active since 2026-10-03",
        "within 24 hours",
    ),
    "malformed": (lambda aws: aws.answer("GetCostAndUsage", {}), "was not understood", "Try again"),
}


@pytest.mark.parametrize(("broken", "says", "fix"), NO_ANSWER.values(), ids=NO_ANSWER)
def test_why_there_is_no_answer_is_told(
    tell: Callable[..., Any], billing: Billing, broken: Callable[[Billing], Any], says: str, fix: str
) -> None:
    broken(billing)
    result = tell("--json")
    (fault,) = json.loads(result.stdout)["faults"]
    assert (result.returncode, says in fault["text"], fix in fault["fix"]) == (1, True, True), fault
    assert says in result.stderr
    assert "Traceback" not in result.stderr


NOT_SHARED: dict[str, tuple[Callable[[Billing], Any], str]] = {
    "no log group": (
        lambda aws: (
            aws.answer("DescribeLogGroups", {"logGroups": []}),
            aws.answer("StartQuery", "ResourceNotFoundException"),
        ),
        "there is no log group /aws/eks/jupyterhub/cluster here",
    ),
    "no right to the log": (
        lambda aws: aws.answer("StartQuery", "AccessDeniedException"),
        "These credentials may not call StartQuery",
    ),
    "no right to its size": (
        lambda aws: aws.answer("DescribeLogGroups", "AccessDeniedException"),
        "These credentials may not call DescribeLogGroups",
    ),
    "query that fails": (
        lambda aws: aws.answer("GetQueryResults", {"status": "Failed", "results": []}),
        "the query of the log ended as Failed",
    ),
    "malformed": (lambda aws: aws.answer("GetQueryResults", {}), "was not understood"),
}


@pytest.mark.parametrize(("broken", "says"), NOT_SHARED.values(), ids=NOT_SHARED)
def test_the_bill_is_told_though_nobody_can_say_who_worked(
    tell: Callable[..., Any], billing: Billing, broken: Callable[[Billing], Any], says: str
) -> None:
    broken(billing)
    found = json.loads(tell("--json").stdout)
    assert (found["used"], found["people"], found["model"]["measured"]) == (100.0, None, False)
    assert says in found["remarks"][0]


def test_a_month_that_the_log_does_not_reach_is_not_shared(tell: Callable[..., Any], billing: Billing) -> None:
    early = f"{TODAY.year - 1}-{TODAY.month:02}"
    found = json.loads(tell("--json", "--month", early).stdout)
    assert found["remarks"][0] == "Not shared by people: the cluster's audit log is kept for 90 days."
    assert [operation for operation, _ in billing.asked] == ["GetCostAndUsage"]


def test_other_credentials_are_not_asked_with(tell: Callable[..., Any], billing: Billing) -> None:
    result = tell("-c", "workload.account=111122223333")
    assert (result.returncode, billing.asked) == (1, [])
    assert "the credentials are of 123456789012, not of 111122223333" in result.stderr


def test_full_answers_of_the_log_are_asked_for_in_halves() -> None:
    asked: list[tuple[int, int]] = []

    class Logs:
        def start_query(self, **given: Any) -> Any:
            asked.append((given["startTime"], given["endTime"]))
            return {"queryId": str(len(asked) - 1)}

        def get_query_results(self, **given: Any) -> Any:
            start, end = asked[int(given["queryId"])]
            count = 10_000 if end - start > 1800 else 1
            return {"status": "Complete", "results": [[{"field": "verb", "value": "create"}]] * count}

    begins = datetime(2026, 10, 1, tzinfo=UTC)
    rows = audit._rows(Logs(), "jupyterhub", begins, begins + timedelta(hours=1), lambda _: None)
    assert len(rows) == 2
    assert asked[1:] == [
        (asked[0][0], asked[0][0] + 1799),
        (asked[0][0] + 1800, asked[0][1]),
    ]


@pytest.mark.parametrize(
    ("text", "today", "first", "until", "part"),
    [
        (None, date(2026, 1, 15), date(2025, 12, 1), date(2026, 1, 1), 1.0),
        ("2026-02", date(2026, 11, 29), date(2026, 2, 1), date(2026, 3, 1), 1.0),
        ("2026-11", date(2026, 11, 15), date(2026, 11, 1), date(2026, 11, 16), 0.5),
        ("2026-11", date(2026, 11, 1), date(2026, 11, 1), date(2026, 11, 2), 1 / 30),
    ],
)
def test_a_month_is_up_to_today(text: str | None, today: date, first: date, until: date, part: float) -> None:
    found = month(text, today)
    assert (found.first, found.until) == (first, until)
    assert found.part == pytest.approx(part)


@pytest.mark.parametrize("text", ["2026-12", "2026-13", "2026", "October", "2026-1", ""])
def test_what_is_no_month_or_is_to_come_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"such as 2026-10$"):
        month(text, date(2026, 11, 29))


@pytest.mark.parametrize(
    ("text", "is_"), [("500m", 0.5), ("2", 2.0), ("1.5", 1.5), ("1Gi", 2**30), ("1k", 1000.0), ("", 0.0), ("x", 0.0)]
)
def test_amounts_are_read_as_kubernetes_writes_them(text: str, is_: float) -> None:
    assert audit.amount(text) == is_


def test_a_month_without_the_option_is_refused(run: Run) -> None:
    result = run(BLUEPRINT, "cost", "--month", "2026-10")
    assert (result.returncode, "it is for --actual" in result.stderr) == (2, True)
