"""The resource types that the stand-in's CloudFormation knows, a module for each group of services."""

# To import a module registers its types.
from rehearsal.aws.resources import (
    budgets,
    compute,
    eks,
    identity,
    keeping,
    messages,
    names,
    network,
    security_groups,
    storage,
    users,
)
from rehearsal.aws.resources.kind import KINDS

__all__ = [
    "KINDS",
    "budgets",
    "compute",
    "eks",
    "identity",
    "keeping",
    "messages",
    "names",
    "network",
    "security_groups",
    "storage",
    "users",
]
