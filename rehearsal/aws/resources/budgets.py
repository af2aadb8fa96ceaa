"""Budgets of what an account may cost."""

from __future__ import annotations

from rehearsal.aws.cloud import Properties
from rehearsal.aws.resources.kind import Kind, Made, Place, kind
from rehearsal.aws.resources.properties import allow_changes


@kind("AWS::Budgets::Budget")
class Budget(Kind):
    """A budget with its alerts."""

    def create(self, place: Place, wanted: Properties) -> Made:
        name = wanted["Budget"].get("BudgetName") or place.name(100)
        self._make(place, name, wanted)
        return Made(name)

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        allow_changes(place.type, old, new, "Budget")
        self.delete(place, made, old)  # moto changes none
        self._make(place, made.ref, new)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.cloud.client("budgets").delete_budget(AccountId=place.cloud.account, BudgetName=made.ref)

    def _make(self, place: Place, name: str, wanted: Properties) -> None:
        limit = wanted["Budget"]["BudgetLimit"]
        place.cloud.client("budgets").create_budget(
            AccountId=place.cloud.account,
            Budget={
                **wanted["Budget"],
                "BudgetName": name,
                "BudgetLimit": {"Amount": str(limit["Amount"]), "Unit": limit["Unit"]},
            },
            NotificationsWithSubscribers=wanted.get("NotificationsWithSubscribers", []),
        )
