"""The way to Services: their addresses lead to endpoints that are ready, and their names to their addresses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from rehearsal.kubelet.api import Mirror, Object
from rehearsal.kubernetes.control_plane import CLUSTER_DNS
from rehearsal.sandbox import dns, relay
from rehearsal.sandbox.dns import Record

API_SERVER: Final = ("default", "kubernetes")
NAME_SERVER: Final = ("kube-system", "kube-dns")
_DOMAIN: Final = "cluster.local"
_SLICE_OF: Final = "kubernetes.io/service-name"

Lead = Callable[[Mapping[relay.Address, Sequence[relay.Address]]], None]
"""Told where the addresses of Services are to lead."""


class Services:
    """What kube-proxy and CoreDNS do in a cluster. A port is open as long as an endpoint of it is ready.

    So are names looked up, as long as a pod of CoreDNS is: that nothing runs in it makes no difference to who asks.
    """

    def __init__(self, services: Mirror, slices: Mirror, api_server: str, lead: Lead, resolver: dns.Resolver) -> None:
        self._services = services
        self._slices = slices
        address = urlsplit(api_server)
        assert address.hostname
        assert address.port
        self._api_server = address.hostname, address.port
        self._lead = lead
        self._resolver = resolver
        self._api: asyncio.Server | None = None
        self._name_server: dns.NameServer | None = None
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Follow the cluster until cancelled; then all ports are closed."""
        for mirror in (self._services, self._slices):
            mirror.listen(lambda thing, there: self._changed.set())
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                self._lead(self._wanted())
                await self._serve_the_api()
                await self._serve_names()
        finally:
            self._lead({})
            for server in (self._api, self._name_server):
                if server:
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
        """The ports that are to be open, and the pods that they lead to."""
        wanted: dict[relay.Address, list[relay.Address]] = {}
        for service in self._services:
            spec = service["spec"]
            if spec.get("clusterIP", "None") in ("", "None") or _is(service, API_SERVER) or _is(service, NAME_SERVER):
                continue
            for port in spec.get("ports", ()):
                if port.get("protocol", "TCP") != "TCP":
                    continue  # but for the name server, nothing here speaks UDP
                if targets := self._targets_of(service, port):
                    wanted[spec["clusterIP"], port["port"]] = targets
        return wanted

    async def _serve_the_api(self) -> None:
        """The API server is no pod, but a process of the sandbox on loopback."""
        service = self._services.find(*API_SERVER)
        if service and self._api is None:
            address = service["spec"]["clusterIP"], service["spec"]["ports"][0]["port"]
            self._api = await relay.forward(address, lambda: self._api_server)

    async def _serve_names(self) -> None:
        service = self._services.find(*NAME_SERVER)
        ready = bool(service and self._endpoints(service))
        if ready and self._name_server is None:
            self._name_server = await dns.serve(self._resolver, CLUSTER_DNS)
        elif not ready and self._name_server is not None:
            self._name_server.close()
            self._name_server = None

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


def _is(service: Object, which: tuple[str, str]) -> bool:
    return (service["metadata"]["namespace"], service["metadata"]["name"]) == which


def _ready(endpoint: Object) -> bool:
    return endpoint.get("conditions", {}).get("ready") is not False
