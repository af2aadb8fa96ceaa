"""Kubernetes' API: objects read and changed, and followed as they change."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import aiohttp

from rehearsal.certificates import Pair

Object = dict[str, Any]
Listener = Callable[[Object, bool], None]
"""Told of an object that is new or has changed, or is gone (then with False)."""

MERGE: Final = "application/merge-patch+json"
STRATEGIC: Final = "application/strategic-merge-patch+json"
_JSON: Final = "application/json"
_GONE, _CONFLICT = 410, 409
_PAUSE = 0.2


class ApiError(Exception):
    """What the API server refused."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Kubernetes:
    """An API server, as somebody with a certificate asks it."""

    def __init__(self, url: str, ca: Path, client: Pair) -> None:
        self.url = url
        context = ssl.create_default_context(cafile=str(ca))
        context.load_cert_chain(client.certificate, client.key)
        connector = aiohttp.TCPConnector(ssl=context, limit=0)
        self._session = aiohttp.ClientSession(base_url=url, connector=connector, timeout=aiohttp.ClientTimeout())

    async def close(self) -> None:
        """Ask no more."""
        await self._session.close()

    async def get(self, path: str, kind: str = _JSON) -> Object | None:
        """An object, or None where there is none."""
        try:
            return await self._ask("GET", path, accept=kind)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    async def create(self, path: str, thing: Object) -> Object | None:
        """Make an object in a list; None where it is there."""
        try:
            return await self._ask("POST", path, thing)
        except ApiError as error:
            if error.status == _CONFLICT:
                return None
            raise

    async def patch(self, path: str, change: Object, kind: str = MERGE) -> Object | None:
        """Change an object; None where it is gone."""
        try:
            return await self._ask("PATCH", path, change, kind)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    async def post(self, path: str, thing: Object) -> Object:
        """Ask for something that is no object, such as a token."""
        return await self._ask("POST", path, thing)

    async def delete(self, path: str, *, at_once: bool = False, uid: str | None = None) -> None:
        """Delete an object, if it is there; a certain one, if its uid is told."""
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions"}
        if at_once:
            options["gracePeriodSeconds"] = 0
        if uid:
            options["preconditions"] = {"uid": uid}
        try:
            await self._ask("DELETE", path, options)
        except ApiError as error:
            if error.status not in (404, _CONFLICT):
                raise

    async def follow(self, path: str, heard: Callable[[Mapping[str, Object]], None], changed: Listener) -> None:
        """Tell all objects of a list, and from then on each that changes. Goes on until it is cancelled.

        `heard` is told all of them by uid, first and whenever changes may have been missed.
        """
        while True:
            try:
                listed = await self._ask("GET", path)
                kind = {"kind": listed["kind"].removesuffix("List"), "apiVersion": listed["apiVersion"]}
                heard({each["metadata"]["uid"]: {**kind, **each} for each in listed["items"]})
                await self._watch(path, listed["metadata"]["resourceVersion"], changed)
            except (aiohttp.ClientError, ApiError, TimeoutError, OSError):
                await asyncio.sleep(_PAUSE)  # the control plane is being updated, or ends

    async def _watch(self, path: str, version: str, changed: Listener) -> None:
        parameters = {"watch": "1", "resourceVersion": version, "allowWatchBookmarks": "true"}
        async with self._session.get(path, params=parameters) as answer:
            if answer.status >= 400:
                raise ApiError(answer.status, await answer.text())
            buffer = b""
            async for chunk in answer.content.iter_any():
                *lines, buffer = (buffer + chunk).split(b"\n")
                for line in lines:
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        raise ApiError(event["object"].get("code", _GONE), event["object"].get("message", ""))
                    if event["type"] != "BOOKMARK":
                        changed(event["object"], event["type"] != "DELETED")

    async def _ask(
        self, method: str, path: str, thing: Object | None = None, kind: str = _JSON, accept: str = _JSON
    ) -> Object:
        body = None if thing is None else json.dumps(thing)
        headers = {"Content-Type": kind, "Accept": accept}
        async with self._session.request(method, path, data=body, headers=headers) as answer:
            if answer.status >= 400:
                raise ApiError(answer.status, f"{method} {path}: {await answer.text()}")
            found: Object = await answer.json(content_type=None)
            return found


class Mirror:
    """The objects of a list as they are, and who wants to know of changes."""

    def __init__(self, kubernetes: Kubernetes, path: str) -> None:
        self._kubernetes = kubernetes
        self._path = path
        self._objects: dict[str, Object] = {}
        self._listeners: list[Listener] = []
        self._heard = asyncio.Event()
        self._turn = asyncio.Event()

    def __iter__(self) -> Any:
        return iter(list(self._objects.values()))

    def find(self, namespace: str | None, name: str) -> Object | None:
        """The object of a name."""
        for each in self._objects.values():
            if each["metadata"]["name"] == name and each["metadata"].get("namespace") == namespace:
                return each
        return None

    def listen(self, listener: Listener) -> None:
        """Tell somebody of all changes to come, and of what there is, as new."""
        self._listeners.append(listener)
        for each in self:
            listener(each, True)

    async def run(self) -> None:
        """Follow the list until cancelled."""
        await self._kubernetes.follow(self._path, self._all, self._one)

    async def ready(self) -> None:
        """Wait until the list was heard once."""
        await self._heard.wait()

    async def change(self) -> None:
        """Wait for the next change."""
        await self._turn.wait()

    def _all(self, objects: Mapping[str, Object]) -> None:
        for uid in self._objects.keys() - objects.keys():
            self._one(self._objects[uid], False)
        for each in objects.values():
            self._one(each, True)
        self._heard.set()

    def _one(self, thing: Object, there: bool) -> None:
        uid = thing["metadata"]["uid"]
        if there:
            self._objects[uid] = thing
        else:
            self._objects.pop(uid, None)
        for listener in self._listeners:
            listener(thing, there)
        self._turn.set()
        self._turn = asyncio.Event()
