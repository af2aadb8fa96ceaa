"""The environment of a container: what its pod says, with values from ConfigMaps, Secrets, the pod and its Services."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from rehearsal.kubelet.api import Object

Find = Callable[[str, str], Object | None]
"""A ConfigMap or Secret of the pod's namespace, by "ConfigMap" or "Secret" and its name."""

_REFERENCE: Final = re.compile(r"\$\$|\$\(([A-Za-z_][\w.-]*)\)")
_KEY: Final = re.compile(r"metadata\.(labels|annotations)\['(.+)'\]")
_UNITS: Final[Mapping[str, Decimal]] = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    **{unit: Decimal(1000**power) for power, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": Decimal(1024**power) for power, unit in enumerate("KMGTPE", 1)},
}


class NotYetError(Exception):
    """What a pod needs is not there: the kubelet tells it, and tries again."""


def environment(pod: Object, container: Object, services: Iterable[Object], find: Find) -> dict[str, str]:
    """A container's variables. Raises NotYetError, and ValueError for what the stand-in does not know."""
    values = service_variables(pod["metadata"]["namespace"], services) if _links(pod) else {}
    for source in container.get("envFrom", ()):
        values.update(_all_of(source, find))
    for each in container.get("env", ()):
        if "valueFrom" in each:
            value = _value_from(each["valueFrom"], pod, container, find)
            if value is not None:
                values[each["name"]] = value
        else:
            values[each["name"]] = expanded(each.get("value", ""), values)
    return values


def expanded(text: str, values: Mapping[str, str]) -> str:
    """A text with its `$(NAME)`s replaced; unknown ones stay, and `$$` is a `$`."""

    def replaced(match: re.Match[str]) -> str:
        name = match[1]
        return "$" if name is None else values.get(name, match[0])

    return _REFERENCE.sub(replaced, text)


def service_variables(namespace: str, services: Iterable[Object]) -> dict[str, str]:
    """Where the Services of a namespace are, and the API server."""
    values: dict[str, str] = {}
    for service in services:
        metadata, spec = service["metadata"], service["spec"]
        name = metadata["name"]
        if not (metadata["namespace"] == namespace or (metadata["namespace"], name) == ("default", "kubernetes")):
            continue
        address = spec.get("clusterIP", "None")
        if address in ("", "None") or not spec.get("ports"):
            continue
        prefix = name.upper().replace("-", "_")
        ports = spec["ports"]
        values[f"{prefix}_SERVICE_HOST"] = address
        values[f"{prefix}_SERVICE_PORT"] = str(ports[0]["port"])
        for port in ports:
            protocol = port.get("protocol", "TCP")
            if "name" in port:
                values[f"{prefix}_SERVICE_PORT_{port['name'].upper().replace('-', '_')}"] = str(port["port"])
            url = f"{protocol.lower()}://{address}:{port['port']}"
            values.setdefault(f"{prefix}_PORT", url)
            one = f"{prefix}_PORT_{port['port']}_{protocol}"
            values |= {one: url, f"{one}_PROTO": protocol.lower(), f"{one}_PORT": str(port["port"])}
            values[f"{one}_ADDR"] = address
    return values


def field(pod: Object, path: str) -> str:
    """A fact about a pod, as the downward API names it. Raises ValueError for one that is unknown."""
    if key := _KEY.fullmatch(path):
        return str(pod["metadata"].get(key[1], {}).get(key[2], ""))
    if path in ("metadata.labels", "metadata.annotations"):
        entries = pod["metadata"].get(path.removeprefix("metadata."), {})
        return "".join(f'{key}="{value}"\n' for key, value in sorted(entries.items()))
    section, _, name = path.partition(".")
    known = {
        "metadata": ("name", "namespace", "uid"),
        "spec": ("nodeName", "serviceAccountName"),
        "status": ("podIP", "podIPs", "hostIP", "hostIPs"),
    }
    if name not in known.get(section, ()):
        raise ValueError(f"the stand-in knows no field {path} of a pod")
    value = pod.get(section, {}).get(name, "")
    return ",".join(each["ip"] for each in value) if isinstance(value, list) else str(value)


def resource(pod: Object, container: Object | None, wanted: Mapping[str, Any]) -> str:
    """A resource that a container requests or is limited to."""
    if name := wanted.get("containerName"):
        container = next(each for each in pod["spec"]["containers"] if each["name"] == name)
    kind, _, what = wanted["resource"].partition(".")
    found = (container or {}).get("resources", {}).get(kind, {}).get(what, "0")
    return str(math.ceil(quantity(found) / (quantity(str(wanted.get("divisor", "1"))) or 1)))


def quantity(text: str) -> Decimal:
    """A number as Kubernetes writes it: 100m, 2Gi."""
    match = re.fullmatch(r"([+-]?[\d.]+(?:[eE][+-]?\d+)?)([A-Za-z]*)", text)
    if match is None or match[2] not in _UNITS:
        raise ValueError(f"{text} is no quantity")
    return Decimal(match[1]) * _UNITS[match[2]]


def data(kind: str, thing: Object) -> dict[str, bytes]:
    """What a ConfigMap or a Secret holds."""
    if kind == "Secret":
        return {key: base64.b64decode(value) for key, value in (thing.get("data") or {}).items()}
    binary = {key: base64.b64decode(value) for key, value in (thing.get("binaryData") or {}).items()}
    return binary | {key: value.encode() for key, value in (thing.get("data") or {}).items()}


def found(kind: str, name: str, find: Find, *, optional: bool = False) -> dict[str, bytes]:
    """What one holds that is looked for. Raises NotYetError where it must be there, and is not."""
    thing = find(kind, name)
    if thing is None:
        if optional:
            return {}
        raise NotYetError(f'{kind.lower()} "{name}" not found')
    return data(kind, thing)


def _links(pod: Object) -> bool:
    return bool(pod["spec"].get("enableServiceLinks", True))


def _all_of(source: Object, find: Find) -> dict[str, str]:
    for kind, key in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
        if key in source:
            values = found(kind, source[key]["name"], find, optional=source[key].get("optional", False))
            return {source.get("prefix", "") + name: value.decode() for name, value in values.items()}
    raise ValueError(f"the stand-in knows no source of variables like {source}")


def _value_from(source: Object, pod: Object, container: Object, find: Find) -> str | None:
    for kind, key in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
        if key in source:
            wanted = source[key]
            optional = wanted.get("optional", False)
            values = found(kind, wanted["name"], find, optional=optional)
            if wanted["key"] not in values:
                if optional:
                    return None
                raise NotYetError(f"couldn't find key {wanted['key']} in {kind} {wanted['name']}")
            return values[wanted["key"]].decode()
    if "fieldRef" in source:
        return field(pod, source["fieldRef"]["fieldPath"])
    if "resourceFieldRef" in source:
        return resource(pod, container, source["resourceFieldRef"])
    raise ValueError(f"the stand-in knows no source of a variable like {source}")
