"""The budget: of what carries the deployment's tag, with an alert for each that was asked for."""

from typing import Any

import pytest

from tests.templates import kinds
from tests.templates.assembly import Assembly, construct_alone, made
from tests.templates.variants import SHIPPED, VARIANTS

TOPIC = "arn:aws:sns:eu-central-1:111122223333:costs"
BUDGET = {
    "cost.budget": 500,
    "cost.budget.emails": ["ada@example.com", "grace@example.com"],
    "cost.budget.topic.arn": TOPIC,
    "cost.budget.alerts": ["actual 80%", "forecast 120%"],
}


def budget(context: dict[str, Any]) -> dict[str, Any]:
    return made({**context, **BUDGET})["Hub"].properties(kinds.BUDGET)


def test_it_has_no_name_and_is_of_the_deployment_and_a_month() -> None:
    assert budget(SHIPPED)["Budget"] == {
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": 500, "Unit": "USD"},
        "CostFilters": {"TagKeyValue": ["user:jupyterhub-eks:deployment$jupyterhub"]},
    }


def test_each_alert_goes_to_everybody() -> None:
    told = budget(SHIPPED)["NotificationsWithSubscribers"]
    assert [each["Notification"] for each in told] == [
        {
            "NotificationType": kind,
            "ComparisonOperator": "GREATER_THAN",
            "Threshold": percent,
            "ThresholdType": "PERCENTAGE",
        }
        for kind, percent in (("ACTUAL", 80), ("FORECASTED", 120))
    ]
    everybody = [
        {"SubscriptionType": "EMAIL", "Address": "ada@example.com"},
        {"SubscriptionType": "EMAIL", "Address": "grace@example.com"},
        {"SubscriptionType": "SNS", "Address": TOPIC},
    ]
    assert [each["Subscribers"] for each in told] == [everybody, everybody]


def test_a_construct_alone_has_it_too() -> None:
    context = {**VARIANTS["construct alone"], **BUDGET}
    hub = made(context, construct_alone)["Hub"]
    assert hub.properties(kinds.BUDGET)["Budget"]["BudgetLimit"]["Amount"] == 500


@pytest.mark.parametrize("stack", ["Dns", "Data", "Hub"])
def test_nobody_gets_one_who_did_not_ask(shipped: Assembly, stack: str) -> None:
    assert shipped[stack].ids(kinds.BUDGET) == []
