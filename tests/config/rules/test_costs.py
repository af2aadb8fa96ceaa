"""What a deployment may cost, and who is told: contradictions, and what is none."""

from typing import Any

import pytest

from blueprint.config import Problem
from tests.config.seed import problems

TOPIC = "arn:aws:sns:eu-west-1:444455556666:costs"
NOBODY = Problem(
    "cost.budget.emails",
    "nothing",
    "with cost.budget, at least one address, or an SNS topic in cost.budget.topic.arn",
    'for example "cost.budget.emails": ["team@example.com"]',
)


def alone(key: str, got: str) -> Problem:
    return Problem(key, got, "only with cost.budget", "remove the key, or set cost.budget")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"cost.budget": 500}, [NOBODY], id="nobody is told"),
        pytest.param({"cost.budget": "500", "cost.budget.emails": "ada@example.com, bob@example.com"}, [], id="people"),
        pytest.param({"cost.budget": 0.5, "cost.budget.topic.arn": TOPIC}, [], id="a topic"),
        pytest.param(
            {"cost.budget.emails": ["ada@example.com"], "cost.budget.alerts": ["actual 50%"]},
            [
                alone("cost.budget.emails", '["ada@example.com"]'),
                alone("cost.budget.alerts", '["actual 50%"]'),
            ],
            id="no budget",
        ),
        pytest.param({"cost.budget.topic.arn": TOPIC}, [alone("cost.budget.topic.arn", f'"{TOPIC}"')], id="no limit"),
        pytest.param(
            {"cost.budget": 500, "cost.budget.topic.arn": TOPIC, "workload.account": "777788889999"},
            [
                Problem(
                    "cost.budget.topic.arn",
                    f'"{TOPIC}"',
                    "an ARN of the account 777788889999",
                    "take one of that account, or correct workload.account",
                )
            ],
            id="topic of another account",
        ),
    ],
)
def test_budgets_tell_somebody(changes: dict[str, Any], expected: list[Problem]) -> None:
    assert problems(changes) == expected


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("cost.budget", 0, "a number of US dollars above 0, up to 10,000,000"),
        ("cost.budget", "500 EUR", "a number of US dollars above 0, up to 10,000,000"),
        ("cost.budget.emails", ["ada"], "a list of up to 10 e-mail addresses"),
        ("cost.budget.emails", [f"{each}@example.com" for each in range(11)], "a list of up to 10 e-mail addresses"),
        ("cost.budget.topic.arn", f"{TOPIC}.fifo", "the ARN of an SNS topic that is not FIFO"),
        ("cost.budget.alerts", ["actual 0%"], "a list of 1 to 10 alerts such as actual 80% or forecast 100%"),
        ("cost.budget.alerts", ["80%"], "a list of 1 to 10 alerts such as actual 80% or forecast 100%"),
        ("cost.budget.alerts", [], "a list of 1 to 10 alerts such as actual 80% or forecast 100%"),
    ],
)
def test_what_no_budget_can_have_is_refused(key: str, value: Any, allowed: str) -> None:
    sound = {"cost.budget": 500, "cost.budget.emails": ["ada@example.com"]}
    found = problems({**sound, key: value})
    assert [(each.key, each.allowed) for each in found if each.key == key] == [(key, allowed)]
