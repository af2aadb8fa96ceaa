"""The Kubernetes that EKS has in tests of EKS: who runs, and whose tokens are good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.aws.eks.store import ClusterId, Endpoint


class NoKubernetes:
    """Notes what EKS asks for."""

    def __init__(self) -> None:
        self.running: dict[ClusterId, str] = {}
        self.webhooks: dict[ClusterId, str] = {}
        self.objects: dict[ClusterId, list[str]] = {}
        self.owners: dict[tuple[ClusterId, str, str], str] = {}

    def start(self, cluster: ClusterId, version: str, token_webhook: str) -> Endpoint:
        self.running[cluster] = version
        self.webhooks[cluster] = token_webhook
        return Endpoint(f"https://{cluster.name}.invalid", b"certificate")

    def owner(self, cluster: ClusterId, token: str, audience: str) -> str | None:
        return self.owners.get((cluster, token, audience))

    def apply(self, cluster: ClusterId, objects: Sequence[Mapping[str, Any]]) -> None:
        self.objects.setdefault(cluster, []).extend(each["metadata"]["name"] for each in objects)

    def remove(self, cluster: ClusterId, objects: Sequence[Mapping[str, Any]]) -> None:
        gone = [each["metadata"]["name"] for each in objects]
        self.objects[cluster] = [name for name in self.objects[cluster] if name not in gone]

    def stop(self, cluster: ClusterId) -> None:
        del self.running[cluster]
