"""Things of EC2's that carry tags."""

from __future__ import annotations

from typing import Any, ClassVar

from rehearsal.aws.cloud import Properties
from rehearsal.aws.resources.kind import Kind, Made, Place
from rehearsal.aws.resources.properties import allow_changes, retag, specification, without


class Tagged(Kind):
    """A thing of EC2's of which only tags can change in place, unless `change` knows more."""

    noun: ClassVar[str]
    """EC2's word for it, where tags are given at its creation."""
    changeable: ClassVar[tuple[str, ...]] = ()

    def update(self, place: Place, made: Made, old: Properties, new: Properties) -> Made:
        names = allow_changes(place.type, old, new, "Tags", *self.changeable)
        if "Tags" in names:
            retag(place.cloud, made.attributes.get("AllocationId", made.ref), old, new)  # an address has two names
        if names - {"Tags"}:
            self.change(place, made, old, new)
        return made

    def change(self, place: Place, made: Made, old: Properties, new: Properties) -> None:
        """Change what is `changeable`."""

    def make(self, place: Place, operation: str, properties: Properties, **more: Any) -> dict[str, Any]:
        """Call the operation that makes it, with its tags."""
        tags = specification(self.noun, properties)
        return place.cloud.call(
            "ec2", operation, without(properties, "Tags"), **({"TagSpecifications": tags} if tags else {}), **more
        )
