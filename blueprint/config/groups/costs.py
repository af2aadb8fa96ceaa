"""Settings of what the deployment may cost, and who is told."""

from blueprint.config.field import Group, setting
from blueprint.config.types.kinds import Alerts, Dollars, Emails, TopicArn


class Costs(Group):
    """A budget, which tells and stops nothing."""

    cost_budget: Dollars | None = setting(
        "cost.budget",
        "What the deployment may cost a month in US dollars; somebody is told when it comes close, and nothing stops.",
        default=None,
        absent="no budget",
        example=500,
    )
    cost_budget_emails: Emails = setting(
        "cost.budget.emails",
        "The e-mail addresses that are told of the budget.",
        default=[],
        absent="none",
        example=["platform-team@example.com"],
    )
    cost_budget_topic_arn: TopicArn | None = setting(
        "cost.budget.topic.arn",
        "An SNS topic of yours that is told of the budget, and lets AWS Budgets publish.",
        default=None,
        absent="none",
        example="arn:aws:sns:eu-central-1:111122223333:costs",
    )
    cost_budget_alerts: Alerts = setting(
        "cost.budget.alerts",
        "When they are told: at which part of the budget, of what was spent or of AWS's forecast for the month.",
        default=["actual 80%", "actual 100%", "forecast 100%"],
    )
