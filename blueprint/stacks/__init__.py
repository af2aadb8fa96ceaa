"""Which stack owns what, in which account."""

from blueprint.stacks.deployment import deploy
from blueprint.stacks.validation import validate

__all__ = ["deploy", "validate"]
