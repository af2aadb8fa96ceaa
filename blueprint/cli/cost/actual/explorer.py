"""What Cost Explorer says a month cost, of what carries the deployment's tag."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import ClientError

from blueprint.cli.checks.aws import Account, code, denied
from blueprint.cli.checks.findings import Finding, fault, unknown
from blueprint.cli.cost.actual.month import KEPT, Month
from blueprint.config.settings import DEPLOYMENT_TAG

REGION: Final = "us-east-1"
"""Cost Explorer has one endpoint."""
PRICE: Final = 0.01
"""US dollars that each request costs, https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/."""
APART: Final = {"Credit": "Credits", "Refund": "Refunds", "Tax": "Tax"}
"""Kinds of records that are no use of a service."""
_COMMITTED: Final = {"SavingsPlanCoveredUsage", "SavingsPlanNegation", "DiscountedUsage"}


class NoBillError(Exception):
    """Why there is no bill, with what to do."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.text)
        self.finding = finding


@dataclass
class Bill:
    """Amounts by service, those that are none of a service's, and what is to be known of them."""

    currency: str = "USD"
    estimated: bool = False
    services: dict[str, float] = field(default_factory=dict)
    apart: dict[str, float] = field(default_factory=dict)
    committed: bool = False
    requests: int = 0

    @property
    def used(self) -> float:
        """What the use of all services came to."""
        return round(sum(self.services.values()), 2)

    @property
    def paid(self) -> float:
        """With credits, refunds and tax."""
        return round(self.used + sum(self.apart.values()), 2)


def bill(account: Account, name: str, month: Month) -> Bill:
    """A month of a deployment.

    Raises:
        NoBillError: where Cost Explorer tells nothing, as far as it is known why.
    """
    explorer = account.client("ce", REGION)
    try:
        found = _read(explorer, name, month)
        if not found.services and not found.apart:
            raise NoBillError(_nothing(explorer, name, month))
    except ClientError as error:
        raise NoBillError(_refused(error, month)) from None
    return found


def _read(explorer: Any, name: str, month: Month) -> Bill:
    found = Bill()
    services: defaultdict[str, float] = defaultdict(float)
    apart: defaultdict[str, float] = defaultdict(float)
    currencies: set[str] = set()
    asked = {
        "TimePeriod": {"Start": str(month.first), "End": str(month.until)},
        "Granularity": "MONTHLY",
        "Metrics": ["UnblendedCost"],
        "Filter": {"Tags": {"Key": DEPLOYMENT_TAG, "Values": [name], "MatchOptions": ["EQUALS"]}},
        "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}, {"Type": "DIMENSION", "Key": "RECORD_TYPE"}],
    }
    while True:
        page = explorer.get_cost_and_usage(**asked)
        found.requests += 1
        for period in page["ResultsByTime"]:
            found.estimated = found.estimated or bool(period.get("Estimated"))
            for group in period.get("Groups", []):
                (service, kind), cost = group["Keys"], group["Metrics"]["UnblendedCost"]
                currencies.add(cost["Unit"])
                found.committed = found.committed or kind in _COMMITTED
                of = apart if kind in APART else services
                of[APART.get(kind, service)] += float(cost["Amount"])
        if not page.get("NextPageToken"):
            break
        asked["NextPageToken"] = page["NextPageToken"]
    if len(currencies) > 1:
        text = f"Cost Explorer tells amounts in several currencies: {', '.join(sorted(currencies))}."
        raise NoBillError(fault(text, "Look at them in Cost Explorer, by account"))
    found.currency = next(iter(currencies), "USD")
    found.services = {each: round(cost, 2) for each, cost in sorted(services.items(), key=lambda item: -item[1])}
    found.apart = {each: round(apart[each], 2) for each in APART.values() if each in apart}
    return found


def _nothing(explorer: Any, name: str, month: Month) -> Finding:
    """Why nothing carries the tag: it may not be active, or only since lately."""
    text = f"Cost Explorer knows no cost of {name} in {month.name}."
    try:
        tags = explorer.list_cost_allocation_tags(TagKeys=[DEPLOYMENT_TAG])["CostAllocationTags"]
    except ClientError:
        tags = None
    if not tags:
        where = "in the organisation's paying account" if tags is None else "in this account"
        fix = f"Activate {DEPLOYMENT_TAG} as cost allocation tag {where}: docs/cost.md, The tag"
        return fault(f"{text} Whether costs can be told by the tag is not seen here.", fix)
    since = str(tags[0].get("LastUpdatedDate", ""))[:10]
    if tags[0]["Status"] != "Active":
        text += f" The tag {DEPLOYMENT_TAG} is not active as cost allocation tag."
        return fault(
            text, "Activate it in the paying account; costs have it from the next day on (docs/cost.md, The tag)"
        )
    active = f" The tag is active since {since}." if since else ""
    return unknown(f"{text}{active}", "Costs come within 24 hours, and have the tag from its activation on")


def _refused(error: ClientError, month: Month) -> Finding:
    message = str(error.response["Error"].get("Message", ""))
    if denied(error):
        text = "Cost Explorer answers these credentials nothing (ce:GetCostAndUsage)."
        fix = "Allow it; in an organisation the paying account has to let its members use Cost Explorer"
        return fault(text, fix)
    if code(error) in ("DataUnavailableException", "BillExpirationException"):
        text = f"Cost Explorer has no data of {month.name} yet."
        return unknown(text, "Turn Cost Explorer on in the Billing console, and come again after 24 hours")
    if code(error) == "ValidationException" and ("historical" in message or "months" in message):
        text = f"Cost Explorer tells of the last {KEPT} months only, and {month.name} is before."
        return fault(text, "Turn on its multi-year data (Billing, Cost Management preferences), or take a later month")
    if code(error) == "LimitExceededException":
        return unknown("Cost Explorer answers too many questions at this time.", "Try again in a minute")
    raise error
