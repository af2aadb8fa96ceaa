"""Which stack owns what, in which account."""

from blueprint.stacks.deployment import deploy

__all__ = ["deploy"]
