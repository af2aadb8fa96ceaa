"""The way to Services: their addresses lead to endpoints that are ready, and their names to their addresses."""

from __future__ import annotations

import asyncio
import functools
import itertools
import logging
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from rehearsal.kubelet.api import Mirror, Object
from rehearsal.sandbox import relay
from rehearsal.sandbox.dns import Record

API_SERVER: Final = ("default", "kubernetes")
_DOMAIN: Final = "cluster.local"
_SLICE_OF: Final = "kubernetes.io/service-name"

_log = logging.getLogger(__name__)


class Services:
    """What kube-proxy and CoreDNS do in a cluster. A port is open as long as an endpoint of it is ready."""

    def __init__(self, services: Mirror, slices: Mirror, api_server: str) -> None:
        self._services = services
        self._slices = slices
        address = urlsplit(api_server)
        assert address.hostname
        assert address.port
        self._api_server = address.hostname, address.port
        self._open: dict[relay.Address, asyncio.Server] = {}
        self._targets: dict[relay.Address, list[relay.Address]] = {}
        self._turns = itertools.count()
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Follow the cluster until cancelled; then all ports are closed."""
        for mirror in (self._services, self._slices):
            mirror.listen(lambda thing, there: self._changed.set())
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                self._targets = self._wanted()
                await self._listen()
        finally:
            for server in self._open.values():
                server.close()

    def names(self, name: str, kind: str) -> Sequence[Record] | None:
        """A source of names for dns.Resolver: NAME.NAMESPACE.svc.cluster.local, and pods of headless Services."""
        labels = name.removesuffix(f".{_DOMAIN}").split(".")
        if not name.endswith(f".{_DOMAIN}") or labels[-1] != "svc" or len(labels) not in (3, 4):
            return None
        *host, service, namespace, _ = labels
        found = self._services.find(namespace, service)
        if found is None:
            return None
        spec = found["spec"]
        if spec["type"] == "ExternalName":
            return [Record("CNAME", spec["externalName"])]
        if spec.get("clusterIP", "None") != "None" and not host:
            addresses = [spec["clusterIP"]]
        else:
            addresses = [
                address
                for endpoint in self._endpoints(found)
                if not host or endpoint.get("hostname") == host[0]
                for address in endpoint["addresses"]
            ]
        if host and not addresses:
            return None
        return [Record("A", address) for address in addresses] if kind == "A" else []

    def _wanted(self) -> dict[relay.Address, list[relay.Address]]:
        """The ports that are to be open, and where they lead."""
        wanted: dict[relay.Address, list[relay.Address]] = {}
        for service in self._services:
            spec, metadata = service["spec"], service["metadata"]
            if spec.get("clusterIP", "None") in ("", "None"):
                continue
            for port in spec.get("ports", ()):
                if port.get("protocol", "TCP") != "TCP":
                    continue  # names are looked up elsewhere, and nothing else here speaks UDP
                if (metadata["namespace"], metadata["name"]) == API_SERVER:
                    targets = [self._api_server]
                else:
                    targets = self._targets_of(service, port)
                if targets:
                    wanted[spec["clusterIP"], port["port"]] = targets
        return wanted

    def _targets_of(self, service: Object, port: Object) -> list[relay.Address]:
        return [
            (address, each["port"])
            for part in self._parts(service)
            for each in part.get("ports") or ()
            if (each.get("name") or "") == port.get("name", "")
            for endpoint in part.get("endpoints") or ()
            if _ready(endpoint)
            for address in endpoint["addresses"]
        ]

    def _endpoints(self, service: Object) -> list[Object]:
        return [
            endpoint for part in self._parts(service) for endpoint in part.get("endpoints") or () if _ready(endpoint)
        ]

    def _parts(self, service: Object) -> list[Object]:
        metadata = service["metadata"]
        return [
            each
            for each in self._slices
            if each["metadata"]["namespace"] == metadata["namespace"]
            and each["metadata"].get("labels", {}).get(_SLICE_OF) == metadata["name"]
        ]

    async def _listen(self) -> None:
        for address in self._open.keys() - self._targets.keys():
            self._open.pop(address).close()
        for address in self._targets.keys() - self._open.keys():
            try:
                self._open[address] = await relay.forward(address, functools.partial(self._next, address))
            except OSError as error:
                _log.error("no Service at %s:%s: %s", *address, error)

    def _next(self, address: relay.Address) -> relay.Address | None:
        targets = self._targets.get(address)
        return targets[next(self._turns) % len(targets)] if targets else None


def _ready(endpoint: Object) -> bool:
    return endpoint.get("conditions", {}).get("ready") is not False
