"""Programs as their projects released them: out of the images in their registries, by digests that are pinned here."""

from rehearsal.released.images import Image, Release
from rehearsal.released.pins import CONTROLLERS, KUBERNETES
from rehearsal.released.programs import fetch, installed
from rehearsal.released.registry import RegistryError

__all__ = ["CONTROLLERS", "KUBERNETES", "Image", "RegistryError", "Release", "fetch", "installed"]
