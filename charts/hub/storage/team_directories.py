"""Runs in the hub: groups of the identity provider that share a directory find it in their members' servers."""

from collections.abc import Mapping
from typing import Any

from kubernetes_asyncio.client import V1PersistentVolumeClaimVolumeSource, V1Volume, V1VolumeMount
from kubespawner.slugs import safe_slug  # type: ignore[import-untyped]


def configure(c: Any, settings: Mapping[str, Any]) -> None:
    """Mount the directories of a user's groups; `settings` is `custom.teamDirectories` of the chart's values."""
    teams, claim, folder = settings["groups"], settings["claim"], settings["folder"]
    change_before = c.KubeSpawner.modify_pod_hook if "modify_pod_hook" in c.KubeSpawner else None

    def add_team_directories(spawner: Any, pod: Any) -> Any:
        pod = change_before(spawner, pod) if change_before else pod
        own = sorted({group.name for group in spawner.user.groups} & set(teams))
        if own:
            source = V1PersistentVolumeClaimVolumeSource(claim_name=claim)
            pod.spec.volumes.append(V1Volume(name="teams", persistent_volume_claim=source))
        # A group's name may hold anything; the directory's must be one that no other group gets.
        for name in map(safe_slug, own):
            mount = V1VolumeMount(name="teams", mount_path=f"{folder}/{name}", sub_path=name)
            for container in pod.spec.containers:
                container.volume_mounts.append(mount)
        return pod

    c.KubeSpawner.modify_pod_hook = add_team_directories
