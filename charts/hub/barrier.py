"""Runs in the hub: users' servers start behind the network policies, or not at all."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kubernetes_asyncio.client import (
    V1Container,
    V1EnvVar,
    V1EnvVarSource,
    V1ObjectFieldSelector,
    V1OwnerReference,
)

from hub.storage.homes import ready

FARGATE = "fargate-scheduler"
GROUPS = "metadata.annotations['fargate.amazonaws.com/pod-sg']"
"""Where EKS tells a pod's security groups."""


def configure(c: Any, settings: Mapping[str, Any]) -> None:
    """Let pods wait for the policies, and give them an owner; `settings` is `custom.barrier` of the chart's values."""
    change_before = c.KubeSpawner.modify_pod_hook if "modify_pod_hook" in c.KubeSpawner else None
    program = Path(__file__).parents[1].joinpath("server", "shut_in.py").read_text()
    command = ["python3", "-c", program, str(settings["patience"]), str(settings["silence"])]

    async def shut_in(spawner: Any, pod: Any) -> Any:
        pod = change_before(spawner, pod) if change_before else pod
        server = pod.spec.containers[0]
        first = V1Container(
            name="network-policies",
            image=server.image,  # which the node has to have anyway
            image_pull_policy=server.image_pull_policy,
            security_context=server.security_context,
            command=command,
        )
        if spawner.scheduler_name == FARGATE:
            first.command = [*command, settings["securityGroup"]]
            source = V1EnvVarSource(field_ref=V1ObjectFieldSelector(field_path=GROUPS))
            first.env = [V1EnvVar("SECURITY_GROUPS", value_from=source)]
            # There each container has to be sure of what it may take. This one ends before the server begins.
            first.resources = server.resources
        pod.spec.init_containers = [first, *(pod.spec.init_containers or [])]
        if spawner.storage_pvc_ensure:
            # EKS promises policies to pods that have an owner. This one does not go before the pod: Kubernetes keeps a
            # claim that is in use.
            claim = await ready(spawner, settings.get("homeClass"))
            owner = {"name": claim.metadata.name, "uid": claim.metadata.uid}
            pod.metadata.owner_references = [V1OwnerReference(api_version="v1", kind="PersistentVolumeClaim", **owner)]
        return pod

    c.KubeSpawner.modify_pod_hook = shut_in
