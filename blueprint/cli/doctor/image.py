"""The images of users' servers are there, for their machines, not too large, and with the hub's major version."""

import math
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from blueprint.cli.checks.examination import Check, guarded
from blueprint.cli.checks.findings import Finding, fault, listed, ok, unknown, warning
from blueprint.cli.checks.web import get
from blueprint.cli.checks.world import World
from blueprint.cli.doctor.registries import Image, manifest, parsed, stored
from blueprint.config import Config
from blueprint.config.facts import fargate
from blueprint.config.machines import of, usual
from blueprint.config.offers import server_size
from blueprint.config.problems import within
from blueprint.config.types.profiles import Profile, Size

HUB_MAJOR: Final = 5
"""Of JupyterHub in the chart (blueprint/versions.py)."""
UNPACKED: Final = 3
"""How many times as large as at the registry an image may be on a disk."""
_ARCHITECTURES: Final = {"x86_64": "amd64", "arm64": "arm64"}
_HUB_TAG = re.compile(r"hub-([0-9]+)(?:\.[0-9.]+)?")


class Use(NamedTuple):
    """An image of servers: which setting names it, for which machines it is, and the least room for it on Fargate."""

    key: str
    machines: frozenset[str]
    room: int | None = None

    def beside(self, other: "Use") -> "Use":
        """Both uses of one image."""
        rooms = [each for each in (self.room, other.room) if each is not None]
        return Use(self.key, self.machines | other.machines, min(rooms, default=None))


def uses(config: Config) -> dict[str, Use]:
    """The images that are named, that of the settings first."""
    usual_ones = frozenset({_ARCHITECTURES[usual(config).architecture]})
    found = {config.singleuser_image: Use("singleuser.image", usual_ones)}
    for id, profile in (config.singleuser_profiles.by_id if config.singleuser_profiles else {}).items():
        machines, room = _machines(profile, config)
        named = {
            each.image: within("singleuser.profiles", f"{id}.images.{name}")
            for name, each in (profile.images or {}).items()
        }
        for image, key in (named or {config.singleuser_image: "singleuser.image"}).items():
            use = Use(key, machines, room)
            found[image] = found[image].beside(use) if image in found else use
    return found


def _machines(profile: Profile, config: Config) -> tuple[frozenset[str], int | None]:
    """For which machines a profile's images have to be, and the least room for one on Fargate."""
    sizes = [*(profile.sizes or {"default": Size()}).values()]
    if profile.compute == "fargate":
        return frozenset({"amd64"}), min(fargate.room_on_disk(server_size(each, config).disk) for each in sizes)
    return frozenset(_ARCHITECTURES[of(each, config).architecture] for each in sizes), None


def images(world: World) -> Iterator[Finding]:
    """They can be pulled, as far as anybody may look."""
    for name, use in uses(world.config).items():
        yield from guarded(_image(world, name, use))  # whoever else has images is asked nevertheless


def _image(world: World, name: str, use: Use) -> Iterator[Finding]:
    wanted = parsed(name)
    content, digest = manifest(world, wanted, use.key)
    if isinstance(content, Finding):
        yield content
        return
    has = {each["platform"]["architecture"] for each in content.get("manifests", []) if "platform" in each}
    if has and (lacking := use.machines - has):
        text = f"{name} is for {listed(sorted(has - {'unknown'}))}; servers with it run on {listed(sorted(lacking))}."
        yield fault(text, f"Take an image for it in {use.key}, or other instance types")
        return
    yield ok(f"{name} is there{f', for {listed(sorted(use.machines))}' if has else ''}.")
    if use.room is not None and (size := stored(world, wanted, content, "amd64", use.key)):
        yield from _size(name, use.room, size)
    if wanted.registry == "quay.io" and wanted.repository.startswith("jupyter/"):
        yield from _version(name, wanted, digest)
    elif use.key == "singleuser.image":
        text = f"Which JupyterHub is in {name} is not told: the hub's is {HUB_MAJOR}."
        yield unknown(text, "See that it carries the same")


def _size(name: str, room: int, size: int) -> Iterator[Finding]:
    if UNPACKED * size <= room:
        return
    least = math.ceil(UNPACKED * size / 2**30)
    text = (
        f"{name} is {size / 1e9:.1f} GB at the registry, and up to {UNPACKED} times as much on a disk, where servers "
        f"on Fargate have {room / 1e9:.0f} GB for it and their files: they may never start."
    )
    larger = f"Give the sizes of its profile on Fargate disk: {least}Gi or more"
    yield warning(text, larger if least <= fargate.MOST_DISK else "Take a smaller image, or nodes")


def _version(name: str, wanted: Image, digest: str) -> Iterator[Finding]:
    """Jupyter's own images have a tag for the version of JupyterHub in them, which Quay lists by digest."""
    query = urlencode({"limit": 100, "onlyActiveTags": "true", "filter_tag_name": "like:hub-"})
    answer = get(f"https://quay.io/api/v1/repository/{wanted.repository}/tag/?{query}")
    tags: Any = answer.json().get("tags", []) if answer.status == 200 else []
    majors = {
        int(match[1])
        for each in tags
        if each.get("manifest_digest") == digest and (match := _HUB_TAG.fullmatch(each.get("name", "")))
    }
    if not majors:
        text = f"Which JupyterHub is in {name} is told no more: the hub's is {HUB_MAJOR}."
        yield unknown(text, "Take a newer image")
    elif HUB_MAJOR in majors:
        yield ok(f"{name} carries JupyterHub {HUB_MAJOR}, as the hub does.")
    else:
        text = f"{name} carries JupyterHub {max(majors)}; the hub is {HUB_MAJOR}, and does not work with that."
        yield fault(text, f"Take an image with JupyterHub {HUB_MAJOR}")


CHECKS = (Check("image", images, workload=False),)
