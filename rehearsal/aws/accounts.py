"""What is known of an account as a whole: its quotas, its organisation, and the tags that costs are told apart by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from rehearsal.aws.api import Api, ApiError, Input, Output
from rehearsal.iam import holdings

_MANY: Final = 10_000.0
"""Machines are always to be had here, however many."""
QUOTAS: Final[Mapping[tuple[str, str], float]] = {
    **{
        ("ec2", code): _MANY
        for code in (
            *("L-1216C47A", "L-34B43A08", "L-DB2E81BA", "L-3819A6DF"),  # standard, G and VT: on demand, spot
            *("L-417A185B", "L-7212CCBC", "L-7295265B", "L-E3A00192"),  # P, X
        )
    },
    ("fargate", "L-3032A538"): 4000.0,
    ("ec2", "L-0263D0A3"): 5.0,  # Elastic IP addresses
    ("vpc", "L-F678F1CE"): 5.0,
    ("eks", "L-1194D53C"): 100.0,
}
"""But for machines', AWS's own defaults: https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html."""


class ServiceQuotas(Api):
    """Tells an account's quotas; none of them is kept to."""

    service: ClassVar[str] = "service-quotas"

    def get_service_quota(self, wanted: Input) -> Output:
        """One."""
        service, code = wanted["ServiceCode"], wanted["QuotaCode"]
        if (service, code) not in QUOTAS:
            raise ApiError("NoSuchResourceException", "The request failed because the specified quota does not exist.")
        return {"Quota": {"ServiceCode": service, "QuotaCode": code, "Value": QUOTAS[service, code]}}


class Organizations(Api):
    """Has no policies for an account's tags, and mostly no organisation."""

    service: ClassVar[str] = "organizations"
    extends: ClassVar[bool] = True

    def describe_effective_policy(self, wanted: Input) -> Output:
        """Nobody demands anything of an account."""
        if holdings.organization(self.current_account) is None:
            raise ApiError("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
        raise ApiError("EffectivePolicyNotFoundException", "There is no effective policy of that type.")


class CostExplorer(Api):
    """Knows no tag: nobody has activated one."""

    service: ClassVar[str] = "ce"

    def list_cost_allocation_tags(self, wanted: Input) -> Output:
        """None."""
        return {"CostAllocationTags": []}
