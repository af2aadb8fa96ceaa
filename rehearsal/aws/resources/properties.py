"""Helpers for properties of templates: some of them, what changed, and tags in the forms that APIs want."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rehearsal.aws.cloud import Cloud, Properties
from rehearsal.aws.resources.given import plain
from rehearsal.aws.resources.kind import UnsupportedError


def only(properties: Properties, *names: str) -> dict[str, Any]:
    """Those of the given names that there are."""
    return {name: properties[name] for name in names if name in properties}


def without(properties: Properties, *names: str) -> dict[str, Any]:
    """All but those of the given names."""
    return {name: properties[name] for name in properties if name not in names}


def changed(old: Properties, new: Properties) -> set[str]:
    """The names of what is not the same."""
    old, new = plain(old), plain(new)
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def allow_changes(type: str, old: Properties, new: Properties, *names: str) -> set[str]:
    """The names of what is not the same. Raises UnsupportedError where others than the given ones are among them."""
    found = changed(old, new)
    if unknown := found - set(names):
        raise UnsupportedError(f"The stand-in cannot change {', '.join(sorted(unknown))} of {type} in place.")
    return found


def pairs(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """`[{"Key": …, "Value": …}]` as a mapping."""
    return {tag["Key"]: tag["Value"] for tag in tags or ()}


def specification(type: str, properties: Properties, name: str = "Tags") -> list[dict[str, Any]]:
    """Tags as EC2's operations take them."""
    return [{"ResourceType": type, "Tags": properties[name]}] if properties.get(name) else []


def change_tags(
    old: Properties,
    new: Properties,
    *,
    add: Callable[[dict[str, str]], object],
    remove: Callable[[list[str]], object],
    name: str = "Tags",
) -> None:
    """Have the keys removed that a thing does not have any more, and the tags added that it has now."""
    given = (each.get(name) or {} for each in (old, new))
    before, after = (dict(each) if isinstance(each, Mapping) else pairs(each) for each in given)
    if gone := sorted(before.keys() - after.keys()):
        remove(gone)
    if after:
        add(after)


def listed(tags: Mapping[str, str]) -> list[Any]:
    """A mapping as `[{"Key": …, "Value": …}]`."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def retag(cloud: Cloud, id: str, old: Properties, new: Properties) -> None:
    """Have a thing of EC2's carry other tags."""
    ec2 = cloud.client("ec2")
    change_tags(
        old,
        new,
        add=lambda tags: ec2.create_tags(Resources=[id], Tags=listed(tags)),
        remove=lambda keys: ec2.delete_tags(Resources=[id], Tags=[{"Key": key} for key in keys]),
    )
