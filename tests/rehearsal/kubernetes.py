"""The Kubernetes that EKS has in tests of EKS: who runs, and whose tokens are good."""

from __future__ import annotations

from blueprint.rehearsal.aws.eks_store import ClusterId, Endpoint


class NoKubernetes:
    """Notes what EKS asks for."""

    def __init__(self) -> None:
        self.running: dict[ClusterId, str] = {}
        self.webhooks: dict[ClusterId, str] = {}
        self.owners: dict[tuple[ClusterId, str, str], str] = {}

    def start(self, cluster: ClusterId, version: str, token_webhook: str) -> Endpoint:
        self.running[cluster] = version
        self.webhooks[cluster] = token_webhook
        return Endpoint(f"https://{cluster.name}.invalid", b"certificate")

    def owner(self, cluster: ClusterId, token: str, audience: str) -> str | None:
        return self.owners.get((cluster, token, audience))

    def stop(self, cluster: ClusterId) -> None:
        del self.running[cluster]
