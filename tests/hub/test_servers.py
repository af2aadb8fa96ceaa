"""Users' pods, made by the real KubeSpawner with the configuration that is deployed."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from jupyterhub.objects import Hub, Server  # type: ignore[import-untyped]
from jupyterhub.orm import Spawner  # type: ignore[import-untyped]
from kubernetes_asyncio.client import ApiClient
from kubespawner import KubeSpawner  # type: ignore[import-untyped]

from tests.hub.deployed import hub_config
from tests.values.pods import breaches


class User:
    """Somebody, as far as KubeSpawner looks at them."""

    def __init__(self, *, admin: bool) -> None:
        self.id, self.name, self.escaped_name, self.url = 1, "ann", "ann", "/user/ann"
        self.admin = admin
        self.server = Server()


def pod(folder: Path, *, admin: bool) -> dict[str, Any]:
    """The specification of somebody's pod as Kubernetes gets it."""
    (folder / "client-secret").write_text("secret")
    (folder / "state-key").write_text("ab" * 32)

    async def make() -> dict[str, Any]:
        spawner = KubeSpawner(
            config=hub_config({}, folder), user=User(admin=admin), hub=Hub(), orm_spawner=Spawner(name=""), _mock=True
        )
        made = await spawner.get_pod_manifest()
        changed = spawner.modify_pod_hook(spawner, made)
        async with ApiClient() as client:
            found: dict[str, Any] = client.sanitize_for_serialization(changed)["spec"]
        return found

    return asyncio.run(make())


def test_users_pod_is_restricted(tmp_path: Path) -> None:
    assert breaches(pod(tmp_path, admin=False)) == []


def test_users_pod_has_no_kubernetes_token(tmp_path: Path) -> None:
    made = pod(tmp_path, admin=False)
    assert made.get("serviceAccountName") is None
    assert made["automountServiceAccountToken"] is False


def test_user_has_the_groups_of_the_jupyter_images(tmp_path: Path) -> None:
    made = pod(tmp_path, admin=False)
    (container,) = made["containers"]
    context = container["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"], made["securityContext"]["fsGroup"]) == (1000, 100, 100)


@pytest.mark.parametrize(
    ("admin", "claim", "read_only"),
    [
        pytest.param(False, "shared-readers", True, id="user"),
        pytest.param(True, "shared-writers", False, id="admin"),
    ],
)
def test_shared_directory_can_be_written_by_admins_alone(
    tmp_path: Path, admin: bool, claim: str, read_only: bool
) -> None:
    made = pod(tmp_path, admin=admin)
    (container,) = made["containers"]
    (mount,) = (each for each in container["volumeMounts"] if each["name"] == "shared")
    (volume,) = (each for each in made["volumes"] if each["name"] == "shared")
    assert mount == {"name": "shared", "mountPath": "/home/jovyan/shared", "readOnly": read_only}
    assert volume["persistentVolumeClaim"] == {"claimName": claim}
