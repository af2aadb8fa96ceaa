"""EKS node groups, and what their nodes are to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_EFFECTS: Final = {
    "NO_SCHEDULE": "NoSchedule",
    "NO_EXECUTE": "NoExecute",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
}


@dataclass(frozen=True)
class Group:
    """A node group, as EKS describes it."""

    facts: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.facts["nodegroupName"])

    @property
    def labels(self) -> dict[str, str]:
        """Of its nodes."""
        return dict(self.facts.get("labels", {}))

    @property
    def taints(self) -> list[dict[str, str]]:
        """Of its nodes, as Kubernetes writes them."""
        return [
            {"key": each["key"], "effect": _EFFECTS[each["effect"]]}
            | ({"value": each["value"]} if "value" in each else {})
            for each in self.facts.get("taints", [])
        ]

    @property
    def desired(self) -> int:
        """How many nodes it is to have."""
        return int(self.facts.get("scalingConfig", {}).get("desiredSize", 0))

    @property
    def largest(self) -> int:
        """How many nodes it may have."""
        return int(self.facts.get("scalingConfig", {}).get("maxSize", 0))

    @property
    def instance_type(self) -> str:
        """What its nodes are; of several types, the first, as where there is capacity enough."""
        return str(self.facts.get("instanceTypes", ["t3.medium"])[0])

    @property
    def make(self) -> tuple[Any, ...]:
        """What its nodes are made from: with another make, they are replaced."""
        template = self.facts.get("launchTemplate") or {}
        return self.facts["version"], template.get("id"), template.get("version"), self.instance_type
