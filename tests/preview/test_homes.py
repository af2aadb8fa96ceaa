"""No two users share a home: claims are named by the real KubeSpawner with the template that is deployed."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from jupyterhub.orm import Spawner  # type: ignore[import-untyped]
from kubernetes_asyncio.config import kube_config
from kubespawner import KubeSpawner  # type: ignore[import-untyped]
from kubespawner.clients import shared_client  # type: ignore[import-untyped]

from blueprint.values import file_values
from blueprint.versions import JUPYTERHUB
from preview.running import NO_CLUSTER

TEMPLATE = file_values(JUPYTERHUB.name)["singleuser"]["storage"]["dynamic"]["pvcNameTemplate"]
# Names that look alike once what Kubernetes does not allow is gone, among them the very names made of others.
ALIKE = [
    "ada.l",
    "ada-l",
    "ada_l",
    "ada l",
    "ada@l",
    "ada|l",
    "ada--l",
    "ada---l",
    "-ada-l",
    "ada-l-",
    "ádá-l",
    "ada-łl",
]
OTHERS = ["1", "x-1", "claim-1", "auth0|1", "auth0-1", "孫", "孙", "🙂", "..", "a" * 60, "a" * 61, "a" * 200, "a" * 201]


class User:
    """Somebody, as far as KubeSpawner looks at them."""

    def __init__(self, name: str) -> None:
        self.name = self.escaped_name = name
        self.id, self.url = 1, "/"


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """KubeSpawner reads a kubeconfig before it does anything; nobody is called."""
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(NO_CLUSTER))
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(file))


def claims(names: list[str]) -> list[str]:
    """The claims of their homes."""

    async def make() -> list[str]:
        def claim(name: str) -> str:
            spawner = KubeSpawner(user=User(name), orm_spawner=Spawner(name=""), pvc_name_template=TEMPLATE, _mock=True)
            return str(spawner.pvc_name)

        found = [claim(name) for name in names]
        await shared_client("CoreV1Api").api_client.close()
        return found

    return asyncio.run(make())


def test_names_that_look_alike_get_homes_of_their_own() -> None:
    names = ALIKE + OTHERS
    names += [name.removeprefix("claim-") for name in claims(names)]
    names = list(dict.fromkeys(names))
    assert len(set(claims(names))) == len(names)


def test_every_claim_has_a_name_that_kubernetes_takes() -> None:
    valid = re.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
    assert [claim for claim in claims(ALIKE + OTHERS) if not valid.fullmatch(claim)] == []
