"""Contradictions in what the deployment may cost."""

from collections.abc import Iterator

from blueprint.config.problems import Problem
from blueprint.config.rules.rule import Rule, Surroundings, problem
from blueprint.config.settings import Config


def budget_tells_somebody(config: Config, _: Surroundings) -> Iterator[Problem]:
    """AWS makes no alert that nobody gets."""
    if config.cost_budget is not None and not config.cost_budget_emails and config.cost_budget_topic_arn is None:
        allowed = "with cost.budget, at least one address, or an SNS topic in cost.budget.topic.arn"
        yield problem(config, "cost_budget_emails", allowed, 'for example "cost.budget.emails": ["team@example.com"]')


def alerts_need_a_budget(config: Config, _: Surroundings) -> Iterator[Problem]:
    """They would do nothing."""
    for attribute in ("cost_budget_emails", "cost_budget_topic_arn", "cost_budget_alerts"):
        if config.cost_budget is None and attribute in config.model_fields_set and getattr(config, attribute, None):
            yield problem(config, attribute, "only with cost.budget", "remove the key, or set cost.budget")


RULES: tuple[Rule, ...] = (budget_tells_somebody, alerts_need_a_budget)
