"""Availability zones in which EKS makes no control plane, by their ids: names differ between accounts, ids do not.

Sources: "Subnet requirements for clusters" in https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html and,
for the number, https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html (November 2026).
"""

WITHOUT_EKS = {"us-east-1": "use1-az3", "us-west-1": "usw1-az2", "ca-central-1": "cac1-az3"}
"""The one such zone of each of these regions; every other region has none."""

FEWER = {"us-west-1": 2}
"""Regions in which an account finds fewer than three zones: of the three of us-west-1 it sees two."""
