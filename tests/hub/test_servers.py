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


async def server(folder: Path, *, admin: bool = False, **changes: Any) -> Any:
    """Somebody's server as the hub has it."""
    (folder / "client-secret").write_text("secret")
    (folder / "state-key").write_text("ab" * 32)
    context = {key.replace("_", "."): value for key, value in changes.items()}
    options = hub_config(context, folder)
    return KubeSpawner(config=options, user=User(admin=admin), hub=Hub(), orm_spawner=Spawner(name=""), _mock=True)


def pod(folder: Path, *, admin: bool, **changes: Any) -> dict[str, Any]:
    """The specification of somebody's pod as Kubernetes gets it."""

    async def make() -> dict[str, Any]:
        spawner = await server(folder, admin=admin, **changes)
        made = await spawner.get_pod_manifest()
        changed = await spawner.modify_pod_hook(spawner, made)
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


@pytest.mark.parametrize("seconds", [600, 900])
def test_a_server_has_as_long_to_answer_as_to_start(tmp_path: Path, seconds: int) -> None:
    made = asyncio.run(server(tmp_path, singleuser_start_timeout=seconds))
    assert (made.start_timeout, made.http_timeout) == (seconds, seconds)


def test_users_who_get_no_server_do_not_end_the_hub(tmp_path: Path) -> None:
    assert asyncio.run(server(tmp_path)).consecutive_failure_limit == 0


@pytest.mark.parametrize(("limit", "half"), [("4G", "2048Mi"), ("0.5G", "256Mi"), ("1.5T", "786432Mi")])
def test_shared_memory_is_half_of_a_servers_memory(tmp_path: Path, limit: str, half: str) -> None:
    made = pod(tmp_path, admin=False, singleuser_memory_guarantee="256M", singleuser_memory_limit=limit)
    (container,) = made["containers"]
    (volume,) = (each for each in made["volumes"] if each["name"] == "shm")
    assert volume["emptyDir"] == {"medium": "Memory", "sizeLimit": half}
    assert {"name": "shm", "mountPath": "/dev/shm"} in container["volumeMounts"]


def test_no_user_fills_the_disk_of_a_node(tmp_path: Path) -> None:
    (container,) = pod(tmp_path, admin=False, singleuser_disk_limit="20Gi")["containers"]
    resources = container["resources"]
    assert (resources["requests"]["ephemeral-storage"], resources["limits"]["ephemeral-storage"]) == ("1Gi", "20Gi")


@pytest.mark.parametrize("home", ["efs", "ebs"])
def test_files_that_are_a_users_already_are_not_given_to_them_at_each_start(tmp_path: Path, home: str) -> None:
    context = pod(tmp_path, admin=False, storage_home=home)["securityContext"]
    assert (context["fsGroup"], context["fsGroupChangePolicy"]) == (100, "OnRootMismatch")
