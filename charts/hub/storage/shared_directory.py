"""Runs in the hub: the shared directory is read-only for everybody but admins."""

from collections.abc import Mapping
from typing import Any


def configure(c: Any, settings: Mapping[str, Any]) -> None:
    """Give admins' servers the claim that may write; `settings` is `custom.sharedDirectory` of the chart's values."""
    volume_name, writers = settings["volume"], settings["writersClaim"]

    def let_admins_write(spawner: Any, pod: Any) -> Any:
        if spawner.user.admin:
            for volume in pod.spec.volumes:
                if volume.name == volume_name:
                    volume.persistent_volume_claim = {"claimName": writers}
            for container in pod.spec.containers:
                for mount in container.volume_mounts:
                    if mount.name == volume_name:
                        mount.read_only = False
        return pod

    c.KubeSpawner.modify_pod_hook = let_admins_write
