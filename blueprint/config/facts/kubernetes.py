"""The Kubernetes minors that EKS knows, with the days on which AWS ends its support for each.

Source: "Amazon EKS Kubernetes release calendar" in
https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html, by way of
https://endoflife.date/amazon-eks, which copies that table (August 2026). From the day standard support ends,
extended support is charged for; from the day that ends, EKS creates no more clusters of the minor, and
upgrades those which exist.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Support = Literal["standard", "extended", "none"]


@dataclass(frozen=True)
class Minor:
    """A Kubernetes minor version on EKS."""

    version: str
    standard_ends: date
    extended_ends: date

    def support(self, today: date) -> Support:
        """The support that EKS gives on a day."""
        if today < self.standard_ends:
            return "standard"
        return "extended" if today < self.extended_ends else "none"


MINORS = {
    minor.version: minor
    for minor in (
        Minor("1.29", date(2025, 3, 23), date(2026, 3, 23)),
        Minor("1.30", date(2025, 7, 23), date(2026, 7, 23)),
        Minor("1.31", date(2025, 11, 26), date(2026, 11, 26)),
        Minor("1.32", date(2026, 3, 23), date(2027, 3, 23)),
        Minor("1.33", date(2026, 7, 29), date(2027, 7, 29)),
        Minor("1.34", date(2026, 12, 2), date(2027, 12, 2)),
        Minor("1.35", date(2027, 3, 27), date(2028, 3, 27)),
        Minor("1.36", date(2027, 8, 2), date(2028, 8, 2)),
    )
}
KARPENTER_FROM = "1.30"
"""The first minor that the pinned Karpenter runs on: https://karpenter.sh/docs/upgrading/compatibility/."""
MOUNTPOINT_FROM = "1.30"
"""The first minor that the pinned driver of Mountpoint runs on. Source: CHANGELOG.md of mountpoint-s3-csi-driver."""
DEFAULT = "1.35"
"""What a cluster runs unless somebody chooses: the newest whose kubectl layer is among the packages that are needed."""
NEWEST = max(MINORS.values(), key=lambda minor: minor.standard_ends)
