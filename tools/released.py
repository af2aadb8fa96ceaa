"""Asks registries for the images in rehearsal/released/pins.py: `python tools/released.py [REPOSITORY:TAG …]`.

It prints the digest and the size that each tag has today, beside what is pinned, and ends with 1 where they differ or
where a registry does not answer. Images that are named are looked up, too: so a new pin is made.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from rehearsal.released import CONTROLLERS, KUBERNETES, Image, RegistryError
from rehearsal.released.registry import Pull

ARCHITECTURE = "amd64"


def pinned() -> list[Image]:
    """The images of all pins, each once."""
    releases = [*KUBERNETES.values(), *CONTROLLERS.values()]
    return list(dict.fromkeys(image for each in releases for image in each.images.values()))


def named(name: str) -> Image:
    """An image that nothing is known of yet. Raises ValueError."""
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" not in repository or "/" in tag:
        raise ValueError(name)
    return Image(repository, tag, digest="", path="", megabytes=0, source="")


def lines(images: Iterable[Image]) -> Iterator[tuple[bool, str]]:
    """What is found of each image, and whether that is as it should be."""
    for image in images:
        name = f"{image.repository}:{image.tag}"
        try:
            digest, megabytes = Pull(image).look_up(ARCHITECTURE)
        except RegistryError as error:
            yield False, f"{name}\n  {error}"
            continue
        fits = image.digest in ("", digest)
        yield fits, f"{name}\n  {digest}, {megabytes} MB" + ("" if fits else f"\n  but pinned is {image.digest}")


def main(arguments: list[str]) -> int:
    """Print what registries have."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", nargs="*", metavar="REPOSITORY:TAG", help="an image to look up beside those")
    given = parser.parse_args(arguments).image
    try:
        wanted = [*pinned(), *map(named, given)]
    except ValueError as error:
        parser.error(f"{error} is no image: for example registry.k8s.io/kube-apiserver:v1.35.3")
    found = list(lines(wanted))
    print("\n".join(line for _, line in found))
    return 0 if all(fits for fits, _ in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
