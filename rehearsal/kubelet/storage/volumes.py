"""The volumes of a pod as folders of this machine; those of ConfigMaps, Secrets and tokens follow what they show."""

from __future__ import annotations

import shutil
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from rehearsal.kubelet.api import Object
from rehearsal.kubelet.environment import Find, NotYetError, field, found, resource
from rehearsal.sandbox.container import Mount

Files = dict[str, tuple[bytes, int]]
"""Contents and modes, by path."""

Token = Callable[[str | None, int], Awaitable[str]]
"""A token of the pod's service account for an audience (None: the API server's), valid for so many seconds."""

Claim = Callable[[str], Awaitable[tuple[Path, bool]]]
"""Where a claim's data lies on this machine, and whether it may only be read."""

IDENTITY_TOKEN_FILE: Final = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token"  # noqa: S105
WEB_TOKEN_FILE: Final = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"  # noqa: S105
_AUDIENCES: Final = {IDENTITY_TOKEN_FILE: "pods.eks.amazonaws.com", WEB_TOKEN_FILE: "sts.amazonaws.com"}
_RENEW: Final = 0.8


def with_identity(pod: Object, variables: Mapping[str, str]) -> Object:
    """A pod as EKS's webhook makes it whose service account has a role: with the token that its variables name."""
    path = next(Path(each) for each in _AUDIENCES if each in variables.values())
    token = {"audience": _AUDIENCES[str(path)], "expirationSeconds": 86400, "path": path.name}
    name = "aws-token"
    volume = {"name": name, "projected": {"sources": [{"serviceAccountToken": token}]}}
    mount = {"name": name, "mountPath": str(path.parent), "readOnly": True}
    spec = dict(pod["spec"])
    spec["volumes"] = [*spec.get("volumes", ()), volume]
    for kind in ("containers", "initContainers"):
        spec[kind] = [{**each, "volumeMounts": [*each.get("volumeMounts", ()), mount]} for each in spec.get(kind, ())]
    return {**pod, "spec": spec}


class Volumes:
    """The volumes of one pod, below a folder that is the pod's own."""

    def __init__(self, pod: Object, folder: Path, node: Path, *, find: Find, token: Token, claim: Claim) -> None:
        self._pod = pod
        self._folder = folder
        self._node = node
        self._find = find
        self._token = token
        self._claim = claim
        self._tokens: dict[tuple[str | None, int], tuple[str, float]] = {}
        self._places: dict[str, tuple[Path, bool]] = {}
        self._shown: dict[str, Files] = {}

    async def prepare(self) -> None:
        """Make all of them. Raises NotYetError, and ValueError for a kind that the stand-in does not know."""
        for volume in self._pod["spec"].get("volumes", ()):
            self._places[volume["name"]] = await self._prepared(volume)

    async def refresh(self) -> None:
        """Show what has changed since."""
        for volume in self._pod["spec"].get("volumes", ()):
            if volume["name"] in self._shown:
                try:
                    files = await self._files(volume)
                except NotYetError:
                    continue  # what was removed stays in the pods that have it
                if files != self._shown[volume["name"]]:
                    self._show(volume["name"], files)

    @property
    def renewal(self) -> float | None:
        """In how many seconds a token must be renewed."""
        ends = [end for _, end in self._tokens.values()]
        return max(0.0, min(ends) - time.monotonic()) if ends else None

    def mounts(self, container: Object, values: Callable[[str], str]) -> list[Mount]:
        """What a container mounts; `values` replaces variables in `subPathExpr`."""
        mounts = []
        for each in container.get("volumeMounts", ()):
            place, read_only = self._places[each["name"]]
            inside = each.get("subPath") or values(each.get("subPathExpr", ""))
            source = place / inside if inside else place
            if not source.resolve().is_relative_to(place.resolve()):
                raise ValueError(f"the subPath {inside} leads out of the volume {each['name']}")
            if inside and not source.exists():
                if each["name"] in self._shown:
                    raise NotYetError(f"{each['name']} has no {inside}")
                source.mkdir(parents=True)
            mounts.append(Mount(str(source.resolve()), each["mountPath"], read_only or each.get("readOnly", False)))
        return mounts

    def remove(self) -> None:
        """Remove what only the pod had."""
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _prepared(self, volume: Object) -> tuple[Path, bool]:
        place = self._folder / volume["name"]
        kind = next((key for key in volume if key != "name"), "emptyDir")
        match kind:
            case "emptyDir":
                place.mkdir(parents=True, exist_ok=True)
                place.chmod(0o777)
                return place, False
            case "hostPath":
                place = self._node / volume["hostPath"]["path"].lstrip("/")
                place.mkdir(parents=True, exist_ok=True)
                return place, False
            case "persistentVolumeClaim":
                claim = volume["persistentVolumeClaim"]
                path, read_only = await self._claim(claim["claimName"])
                return path, read_only or claim.get("readOnly", False)
        self._show(volume["name"], await self._files(volume))
        return place, True

    async def _files(self, volume: Object) -> Files:
        name, source = next((key, value) for key, value in volume.items() if key != "name")
        mode = source.get("defaultMode", 0o644)
        if name != "projected":
            return await self._part(name, source, mode)
        files: Files = {}
        for each in source["sources"]:
            kind, part = next(iter(each.items()))
            files |= await self._part(kind, part, mode)
        return files

    async def _part(self, kind: str, source: Mapping[str, Any], mode: int) -> Files:
        match kind:
            case "configMap":
                return self._keys("ConfigMap", source["name"], source, mode)
            case "secret":
                return self._keys("Secret", source.get("secretName") or source["name"], source, mode)
            case "serviceAccountToken":
                wanted = source.get("audience"), source.get("expirationSeconds", 3600)
                return {source["path"]: ((await self._fresh(wanted)).encode(), 0o600)}
            case "downwardAPI":
                return {
                    each["path"]: (self._fact(each).encode(), each.get("mode", mode))
                    for each in source.get("items", ())
                }
        raise ValueError(f"the stand-in knows no volumes of the kind {kind}")

    def _keys(self, kind: str, name: str, source: Mapping[str, Any], mode: int) -> Files:
        optional = source.get("optional", False)
        values = found(kind, name, self._find, optional=optional)
        if "items" not in source:
            return {key: (value, mode) for key, value in values.items()}
        files: Files = {}
        for item in source["items"]:
            if item["key"] in values:
                files[item["path"]] = values[item["key"]], item.get("mode", mode)
            elif not optional:
                raise NotYetError(f"references non-existent {kind.lower()} key: {item['key']}")
        return files

    def _fact(self, item: Mapping[str, Any]) -> str:
        if "fieldRef" in item:
            return field(self._pod, item["fieldRef"]["fieldPath"])
        return resource(self._pod, None, item["resourceFieldRef"])

    async def _fresh(self, wanted: tuple[str | None, int]) -> str:
        token, ends = self._tokens.get(wanted, ("", 0.0))
        if time.monotonic() >= ends:
            token = await self._token(*wanted)
            self._tokens[wanted] = token, time.monotonic() + wanted[1] * _RENEW
        return token

    def _show(self, name: str, files: Files) -> None:
        """Write files as the kubelet does: all of them change at once, behind a link."""
        place = self._folder / name
        number = len(list(place.glob("..[0-9]*"))) if place.exists() else 0
        version = place / f"..{number}"
        version.mkdir(parents=True)
        for path, (content, mode) in files.items():
            file = version / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            file.chmod(mode)
        link = place / "..new"
        link.symlink_to(version.name)
        link.replace(place / "..data")
        tops = {Path(path).parts[0] for path in files}
        for top in tops:
            if not (place / top).is_symlink():
                (place / top).symlink_to(f"..data/{top}")
        for old in place.iterdir():
            if not old.name.startswith("..") and old.name not in tops:
                old.unlink()
        self._shown[name] = files
