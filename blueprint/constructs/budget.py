"""A budget of what the deployment costs a month, and who is told when it comes close."""

from typing import Final

from aws_cdk import aws_budgets as budgets
from constructs import Construct

from blueprint.config import Config
from blueprint.hub.names import DEPLOYMENT_TAG

_KINDS: Final = {"actual": "ACTUAL", "forecast": "FORECASTED"}


def budget(scope: Construct, id: str, *, config: Config) -> budgets.CfnBudget:
    """Of all that carries the deployment's tag, once that is active as a cost allocation tag.

    CloudFormation names it: other alerts make another budget, before the one that was goes.
    """
    return budgets.CfnBudget(
        scope,
        id,
        budget=budgets.CfnBudget.BudgetDataProperty(
            budget_type="COST",
            time_unit="MONTHLY",
            budget_limit=budgets.CfnBudget.SpendProperty(amount=config.cost_budget or 0, unit="USD"),
            cost_filters={"TagKeyValue": [f"user:{DEPLOYMENT_TAG}${config.name}"]},
        ),
        notifications_with_subscribers=[
            budgets.CfnBudget.NotificationWithSubscribersProperty(
                notification=_notification(alert), subscribers=_subscribers(config)
            )
            for alert in config.cost_budget_alerts
        ],
    )


def _notification(alert: str) -> budgets.CfnBudget.NotificationProperty:
    kind, percent = alert.removesuffix("%").split()
    return budgets.CfnBudget.NotificationProperty(
        notification_type=_KINDS[kind],
        comparison_operator="GREATER_THAN",
        threshold=int(percent),
        threshold_type="PERCENTAGE",
    )


def _subscribers(config: Config) -> list[budgets.CfnBudget.SubscriberProperty]:
    by_kind = {"EMAIL": config.cost_budget_emails, "SNS": filter(None, [config.cost_budget_topic_arn])}
    return [
        budgets.CfnBudget.SubscriberProperty(subscription_type=kind, address=address)
        for kind, addresses in by_kind.items()
        for address in addresses
    ]
