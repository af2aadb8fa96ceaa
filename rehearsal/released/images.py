"""What is known of a released program before any registry is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Image:
    """An image in a registry, and the one program in it that is wanted."""

    repository: str
    tag: str
    """For people; the registry is asked for the digest alone."""
    digest: str
    """Of the image's index, which names the images of all platforms."""
    path: str
    """Of the program in the image."""
    megabytes: float
    """What is fetched of it at most: the compressed layers, of one platform."""
    source: str
    """Where the digest is published, and when it was read there."""

    @property
    def registry(self) -> str:
        """The registry's host."""
        return self.repository.partition("/")[0]


@dataclass(frozen=True)
class Release:
    """Programs that belong together at one version, by the names that they are started by."""

    name: str
    version: str
    images: Mapping[str, Image]

    @property
    def megabytes(self) -> float:
        """What is fetched of it at most."""
        return sum(each.megabytes for each in self.images.values())
