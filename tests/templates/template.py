"""A synthesized template, asked in the terms of the deployment: charts, manifests, add-ons, roles."""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.templates import kinds

Resource = dict[str, Any]


class Template:
    """One stack's template."""

    def __init__(self, path: Path) -> None:
        self.text = path.read_text()
        self.body: dict[str, Any] = json.loads(self.text)
        self.resources: dict[str, Resource] = self.body["Resources"]

    def ids(self, kind: str) -> list[str]:
        """The logical ids of all resources of a type."""
        return [id for id, resource in self.resources.items() if resource["Type"] == kind]

    def all(self, kind: str) -> list[Resource]:
        """All resources of a type."""
        return [self.resources[id] for id in self.ids(kind)]

    def one(self, kind: str) -> Resource:
        """The only resource of a type."""
        (resource,) = self.all(kind)
        return resource

    def properties(self, kind: str) -> dict[str, Any]:
        """The properties of the only resource of a type."""
        found: dict[str, Any] = self.one(kind)["Properties"]
        return found

    def chart(self, name: str) -> str:
        """The logical id of a chart's release."""
        (id,) = (id for id in self.ids(kinds.CHART) if self.resources[id]["Properties"]["Chart"] == name)
        return id

    def values(self, chart: str) -> dict[str, Any]:
        """The values of a chart's release, with references as `${Id}` and `${Id.Attribute}`."""
        found: dict[str, Any] = json.loads(plain(self.resources[self.chart(chart)]["Properties"]["Values"]))
        return found

    @cached_property
    def objects(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The Kubernetes objects of all manifests by kind and name."""
        return {
            (each["kind"], each["metadata"]["name"]): each for id in self.ids(kinds.MANIFEST) for each in self._in(id)
        }

    def manifest(self, kind: str) -> str:
        """The logical id of the only manifest with objects of a kind, of those that go with the stack."""
        (id,) = self.manifests(kind)
        return id

    def manifests(self, kind: str) -> list[str]:
        """The logical ids of all of them."""
        going = (id for id in self.ids(kinds.MANIFEST) if self.resources[id].get("DeletionPolicy") != "Retain")
        return [id for id in going if any(each["kind"] == kind for each in self._in(id))]

    def kinds_in(self, path: str) -> set[str]:
        """The kinds of objects in the manifest at a path."""
        return {each["kind"] for each in self._in(self.manifest_at(path))}

    def manifest_at(self, path: str) -> str:
        """The logical id of the manifest whose path in the construct tree ends so."""
        (id,) = (id for id in self.ids(kinds.MANIFEST) if self.path(id).endswith(f"/{path}"))
        return id

    def addon(self, name: str) -> str:
        """The logical id of an EKS add-on."""
        (id,) = (id for id in self.ids(kinds.ADDON) if self.resources[id]["Properties"]["AddonName"] == name)
        return id

    def checkpoint(self, asks_for: str) -> str:
        """The logical id of the checkpoint that has a property."""
        (id,) = (id for id in self.ids(kinds.CHECKPOINT) if asks_for in self.resources[id]["Properties"])
        return id

    def pod_roles(self) -> dict[tuple[str, str], str]:
        """The logical ids of the stack's roles of pods by their namespace and service account."""
        roles = {}
        for association in self.all(kinds.ASSOCIATION):
            given = association["Properties"]
            if isinstance(given["RoleArn"], str):
                continue
            roles[given["Namespace"], given["ServiceAccount"]] = role_id(given["RoleArn"])
        for addon in self.all(kinds.ADDON):
            for given in addon["Properties"].get("PodIdentityAssociations", []):
                roles["kube-system", given["ServiceAccount"]] = role_id(given["RoleArn"])
        return roles

    def path(self, id: str) -> str:
        """Where the construct tree has a resource, without the ids that CDK adds below."""
        path: str = self.resources[id]["Metadata"]["aws:cdk:path"]
        return path.removesuffix("/Default").removesuffix("/Resource").removesuffix("/DefaultPolicy")

    def _in(self, id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(plain(self.resources[id]["Properties"]["Manifest"]))
        for each in found:
            _without_prune_label(each["metadata"])
        return found


def _without_prune_label(metadata: dict[str, Any]) -> None:
    """Take off the label by which CDK knows the objects of a manifest."""
    labels = {key: value for key, value in metadata.pop("labels", {}).items() if not key.startswith("aws.cdk.eks/")}
    if labels:
        metadata["labels"] = labels


def role_id(reference: Mapping[str, Any]) -> str:
    """The logical id of a role from a reference to its ARN."""
    id, attribute = reference["Fn::GetAtt"]
    assert attribute == "Arn"
    return str(id)


def plain(value: Any) -> Any:
    """A value with every intrinsic function as text: `${Id}`, `${Id.Attribute}`, or what it joins."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (name, argument), *_ = value.items()
        match name:
            case "Ref":
                return f"${{{argument}}}"
            case "Fn::GetAtt":
                return f"${{{'.'.join(argument)}}}"
            case "Fn::Join":
                glue, parts = argument
                return glue.join(str(plain(part)) for part in parts)
            case "Fn::ImportValue":
                return f"${{import {argument.rpartition(':')[2]}}}"
            case "Fn::GetAZs":
                return "zones"
            case "Fn::Select":
                index, parts = argument
                return f"{plain(parts)}[{index}]"
    return {key: plain(item) for key, item in value.items()}


def references(value: Any) -> Iterator[str]:
    """The logical ids that a value refers to."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "Ref":
                yield item
            elif key == "Fn::GetAtt":
                yield item[0] if isinstance(item, list) else item.partition(".")[0]
            elif key == "Fn::Sub":
                text, names = item if isinstance(item, list) else (item, {})
                yield from (part.partition("}")[0].partition(".")[0] for part in text.split("${")[1:])
                yield from references(names)
            else:
                yield from references(item)
