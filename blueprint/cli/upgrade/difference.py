"""What differs between two templates of a stack, and what has to be made anew for it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from blueprint.cli.upgrade.templates import Template

How = Literal["added", "removed", "changed", "moved"]
Replacing = Callable[[str], Mapping[str, bool]]
"""From a type to the properties (by their path) that cannot be changed: whether never, or not always."""


@dataclass(frozen=True)
class Change:
    """A resource that is not the same; `anew` where it is made anew: surely, or (None) perhaps."""

    id: str
    kind: str
    path: str
    how: How
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    properties: frozenset[str] = frozenset()
    anew: bool | None = False
    kept: bool = False
    """Whether the old one stays when it leaves the stack."""


def changes(old: Template, new: Template, replacing: Replacing) -> list[Change]:
    """All of them, in the order of the new template. What refers to something that is made anew follows it."""
    before, after = old["Resources"], new["Resources"]
    found: dict[str, Change] = {}
    for id in [*after, *(each for each in before if each not in after)]:
        if change := _change(id, before.get(id), after.get(id), replacing):
            found[id] = change
    while True:
        further = dict(_following(found, before, after, replacing))
        if not further:
            return [*found.values()]
        found.update(further)


def _change(id: str, old: Any, new: Any, replacing: Replacing) -> Change | None:
    if old is None or new is None:
        of = old or new
        kept = old is not None and str(old.get("DeletionPolicy", "")).startswith("Retain")
        how: How = "removed" if new is None else "added"
        return Change(id, of["Type"], _path(id, of), how, _given(old), _given(new), kept=kept)
    kept = str(old.get("UpdateReplacePolicy", "")).startswith("Retain")
    if old["Type"] != new["Type"]:
        return Change(id, new["Type"], _path(id, new), "changed", _given(old), _given(new), anew=True, kept=kept)
    names = frozenset(
        name for name in {*_given(old), *_given(new)} if _plain(_given(old).get(name)) != _plain(_given(new).get(name))
    )
    if not names:
        return None
    anew: bool | None = False
    for path, surely in replacing(new["Type"]).items():
        if _at(_given(old), path) != _at(_given(new), path):
            anew = True if surely or anew else None
    return Change(id, new["Type"], _path(id, new), "changed", _given(old), _given(new), names, anew, kept)


def _following(
    found: Mapping[str, Change], before: Mapping[str, Any], after: Mapping[str, Any], replacing: Replacing
) -> Iterator[tuple[str, Change]]:
    """What gets another value, without a change of its own, because what it refers to changes or is made anew."""
    anew = {id for id, change in found.items() if change.anew}
    versions = {id for id, change in found.items() if change.kind == "AWS::EC2::LaunchTemplate"}
    for id, resource in after.items():
        if id not in before or before[id]["Type"] != resource["Type"]:
            continue
        known = found.get(id)
        given = _given(resource)
        moved = {
            name
            for name, value in given.items()
            if set(_refers(value)) & anew or {*_attributes(value, "LatestVersionNumber")} & versions
        }
        fixed: bool | None = False
        for path, surely in replacing(resource["Type"]).items():
            if set(_refers(_at(given, path))) & anew:
                fixed = True if surely or fixed else None
        if not moved:
            continue
        if known is None:
            kept = str(before[id].get("UpdateReplacePolicy", "")).startswith("Retain")
            yield (
                id,
                Change(id, resource["Type"], _path(id, resource), "moved", given, given, frozenset(moved), fixed, kept),
            )
        elif not moved <= known.properties or (fixed and not known.anew):
            yield id, replace(known, properties=known.properties | moved, anew=known.anew or fixed)


def _given(resource: Mapping[str, Any] | None) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (resource or {}).get("Properties") or {}
    return found


def _path(id: str, resource: Mapping[str, Any]) -> str:
    """Where the construct tree has it, without what the CDK adds; by its id, where nobody says."""
    path = str((resource.get("Metadata") or {}).get("aws:cdk:path", id))
    return path.removesuffix("/Default").removesuffix("/Resource").partition("/")[2] or id


def _plain(value: Any) -> Any:
    """Values as CloudFormation takes them: numbers and truth are texts."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else value


def _at(properties: Any, path: str) -> Any:
    for name in path.split("/"):
        properties = properties.get(name) if isinstance(properties, Mapping) else None
    return _plain(properties)


def _refers(value: Any) -> Iterator[str]:
    """The ids that a value refers to."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            if key == "Ref" and isinstance(each, str):
                yield each
            elif key == "Fn::GetAtt":
                yield each[0] if isinstance(each, list) else str(each).partition(".")[0]
            else:
                yield from _refers(each)
    elif isinstance(value, list):
        for each in value:
            yield from _refers(each)


def _attributes(value: Any, name: str) -> Iterator[str]:
    """The ids of which a value has an attribute of a name."""
    if isinstance(value, Mapping):
        of = value.get("Fn::GetAtt")
        if isinstance(of, list) and of[1] == name:
            yield of[0]
        for each in value.values():
            yield from _attributes(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from _attributes(each, name)
