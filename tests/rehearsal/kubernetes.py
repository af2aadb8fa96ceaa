"""The Kubernetes that EKS has in tests of EKS: who runs, and whose tokens are good."""

from __future__ import annotations

from blueprint.rehearsal.aws.eks_store import Endpoint


class NoKubernetes:
    """Notes what EKS asks for."""

    def __init__(self) -> None:
        self.running: dict[str, str] = {}
        self.webhooks: dict[str, str] = {}
        self.owners: dict[tuple[str, str, str], str] = {}

    def start(self, name: str, version: str, token_webhook: str) -> Endpoint:
        self.running[name] = version
        self.webhooks[name] = token_webhook
        return Endpoint(f"https://{name}.invalid", b"certificate")

    def owner(self, name: str, token: str, audience: str) -> str | None:
        return self.owners.get((name, token, audience))

    def stop(self, name: str) -> None:
        del self.running[name]
