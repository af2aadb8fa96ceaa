"""What AWS publishes about each resource type, as cfn-lint carries it: its properties, and which cannot be changed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError  # type: ignore[import-untyped]

from rehearsal.aws.cloudformation.template import TemplateError


@cache
def schema(region: str, kind: str) -> Mapping[str, Any]:
    """The schema of a type. Raises TemplateError for one that is not in the region."""
    try:
        found: Mapping[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind).schema
    except ResourceNotFoundError:
        raise TemplateError(f"Template format error: Unrecognized resource types: [{kind}]") from None
    return found


def check(region: str, kind: str, properties: Mapping[str, Any]) -> None:
    """Raises TemplateError for properties that the type does not have, or lacks."""
    declared = schema(region, kind)
    unknown = properties.keys() - declared["properties"].keys()
    missing = set(declared.get("required", ())) - properties.keys()
    if unknown or missing:
        faults = [f"extraneous key [{name}] is not permitted" for name in sorted(unknown)]
        faults += [f"required key [{name}] not found" for name in sorted(missing)]
        raise TemplateError(f"Properties validation failed for {kind}: {'; '.join(faults)}")


def replaces(region: str, kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a change of properties needs a new resource."""
    paths = schema(region, kind).get("createOnlyProperties", ())
    return any(_at(old, path) != _at(new, path) for path in paths)


def goes_first(region: str, kind: str) -> bool:
    """Whether what is replaced is unmade before the new one is made, since there can be one at a time only."""
    return not kind.startswith("Custom::") and schema(region, kind).get("replacementStrategy") == "delete_then_create"


def tagged(region: str, kind: str, properties: Mapping[str, Any], tags: Mapping[str, str]) -> Mapping[str, Any]:
    """Properties with a stack's tags, where its type can have them; a resource's own count for more."""
    declared = schema(region, kind)
    tagging = declared.get("tagging", {})
    if not tags or not tagging.get("taggable"):
        return properties
    name = str(tagging["tagProperty"]).removeprefix("/properties/")
    own = properties.get(name)
    if declared["properties"][name].get("type") == "object":
        return {**properties, name: {**tags, **(own or {})}}
    listed = {**tags, **{each["Key"]: each["Value"] for each in own or ()}}
    return {**properties, name: [{"Key": key, "Value": value} for key, value in listed.items()]}


def _at(properties: Any, path: str) -> Any:
    for name in path.removeprefix("/properties/").split("/"):
        properties = properties.get(name) if isinstance(properties, Mapping) else None
    return properties
