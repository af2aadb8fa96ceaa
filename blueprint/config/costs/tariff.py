"""The prices that a bill is made with: those of instances in a region, and those of the other services."""

from dataclasses import dataclass

from blueprint.config.facts.prices import Prices
from blueprint.config.facts.services import SERVICES, Services


@dataclass(frozen=True)
class Tariff:
    """Prices of days: the one table need not be as old as the other."""

    instances: Prices
    services: Services = SERVICES

    def has(self, type: str) -> bool:
        """Whether an instance type has a price."""
        return type in self.instances.by_type

    def instance(self, type: str) -> float:
        """US dollars an hour on demand."""
        return self.instances.by_type[type]

    def dearest(self, types: list[str]) -> float:
        """That of the dearest type, for any may be started."""
        return max(map(self.instance, types))
