"""The EKS clusters of all accounts, and who runs their Kubernetes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from rehearsal.aws.cloud import Cloud

TOKENS = "/rehearsal/tokens"
"""The path at which API servers ask whom a token belongs to."""


class ClusterId(NamedTuple):
    """Which cluster: one in another account or region may have the same name."""

    account: str
    region: str
    name: str


@dataclass(frozen=True)
class Endpoint:
    """Where a Kubernetes API server is, and the certificate (PEM) that signed its own."""

    url: str
    ca: bytes


class Clusters(Protocol):
    """Who runs the Kubernetes of the clusters."""

    def start(self, cluster: ClusterId, version: str, token_webhook: str) -> Endpoint:
        """Make a cluster of a Kubernetes minor, or give one that runs a newer minor.

        Its API server asks at the given address whom a token belongs to.
        """

    def owner(self, cluster: ClusterId, token: str, audience: str) -> str | None:
        """The Kubernetes user that a token of a cluster belongs to."""

    def apply(self, cluster: ClusterId, objects: Sequence[Mapping[str, Any]]) -> None:
        """Have objects of an add-on in it."""

    def remove(self, cluster: ClusterId, objects: Sequence[Mapping[str, Any]]) -> None:
        """Have them no more."""

    def stop(self, cluster: ClusterId) -> None:
        """Unmake it, with all that it holds."""


@dataclass
class Cluster:
    """A cluster, as EKS describes it, and what belongs to it by kind and name."""

    facts: dict[str, Any]
    parts: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: defaultdict(dict))


class Store:
    """The clusters of all accounts."""

    def __init__(self, clusters: Clusters, url: str, cloud: Callable[[str, str], Cloud]) -> None:
        self.runner = clusters
        self._cloud = cloud
        self._url = url
        self._places: dict[tuple[str, str], dict[str, Cluster]] = defaultdict(dict)

    def client(self, service: str, account: str, region: str) -> Any:
        """The client of another service, as the administrator of an account in a region."""
        return self._cloud(account, region).client(service)

    def at(self, account: str, region: str) -> dict[str, Cluster]:
        """The clusters of one account in one region, by name."""
        return self._places[account, region]

    def everywhere(self) -> Iterator[tuple[tuple[str, str], Cluster]]:
        """All clusters, with the accounts and regions that they are in."""
        for place, clusters in list(self._places.items()):
            yield from ((place, cluster) for cluster in list(clusters.values()))

    def token_webhook(self, cluster: ClusterId) -> str:
        """The address at which a cluster's API server asks whom a token belongs to."""
        return f"{self._url}{TOKENS}/{'/'.join(cluster)}"
