"""Pods in rendered objects, and what Kubernetes' pod security standard "restricted" has against them."""

from collections.abc import Iterator
from typing import Any

from tests.values.charts import Object

Pod = dict[str, Any]

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
PROFILES = {"RuntimeDefault", "Localhost"}


def pods(objects: list[Object]) -> dict[str, Pod]:
    """The specifications of all pods that objects make, by the kind and name of their maker."""
    return {
        f"{each['kind']} {each['metadata']['name']}": each["spec"]["template"]["spec"]
        for each in objects
        if isinstance(each.get("spec"), dict) and "spec" in each["spec"].get("template", {})
    }


def containers(pod: Pod) -> list[dict[str, Any]]:
    """All containers of a pod."""
    return [*pod.get("initContainers", []), *pod["containers"]]


def breaches(pod: Pod) -> list[str]:
    """What "restricted" forbids in a pod.

    https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
    """
    return [*_of_pod(pod), *(breach for each in containers(pod) for breach in _of_container(pod, each))]


def _of_pod(pod: Pod) -> Iterator[str]:
    for sharing in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(sharing):
            yield sharing
    for volume in pod.get("volumes", []):
        for kind in volume.keys() - {"name"} - VOLUMES:
            yield f"volume {volume['name']}: {kind}"


def _of_container(pod: Pod, container: dict[str, Any]) -> Iterator[str]:
    own = container.get("securityContext") or {}
    both = {**(pod.get("securityContext") or {}), **own}
    capabilities = own.get("capabilities", {})
    profile = both.get("seccompProfile", {}).get("type")
    wrong = {
        "privileged": own.get("privileged", False),
        "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation", True),
        "runs as root": both.get("runAsUser") == 0 or not both.get("runAsNonRoot"),
        "capabilities": capabilities.get("drop") != ["ALL"] or set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"},
        "seccompProfile": profile not in PROFILES,
        "host port": any(port.get("hostPort") for port in container.get("ports", [])),
    }
    yield from (f"{container['name']}: {what}" for what, is_wrong in wrong.items() if is_wrong)
