"""What KubeSpawner needs wherever it is made."""

import ssl
from pathlib import Path

import pytest
from kubernetes_asyncio.config import kube_config

KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: here, user: me}}]
clusters: [{name: here, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: me, user: {}}]
"""


@pytest.fixture(autouse=True)
def kubeconfig(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """KubeSpawner reads one before it does anything; nobody is called."""
    file = tmp_path / "kubeconfig"
    file.write_text(KUBECONFIG)
    # The library takes the variable KUBECONFIG when it is imported, and never again.
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(file))
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *_: None)  # a hundred, for each spawner
