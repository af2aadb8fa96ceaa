"""What tells Kubernetes of a node's GPUs, and hands them out; the drivers are in the image of the nodes."""

from blueprint.versions import KARPENTER, NVIDIA_DEVICE_PLUGIN

_WITH_GPUS = "karpenter.k8s.aws/instance-gpu-count"
"""Karpenter's label of nodes with GPUs."""


def device_plugin() -> dict[str, object]:
    """NVIDIA's, on each node that has some: https://github.com/NVIDIA/k8s-device-plugin."""
    label, folder = {"app": "nvidia-device-plugin"}, "/var/lib/kubelet/device-plugins"
    container = {
        "name": "device-plugin",
        "image": NVIDIA_DEVICE_PLUGIN,
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        # As root, since the folder is the kubelet's; it needs nothing else of what root may.
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": [{"name": "device-plugins", "mountPath": folder}],
    }
    with_gpus = {"matchExpressions": [{"key": _WITH_GPUS, "operator": "Exists"}]}
    pod = {
        "automountServiceAccountToken": False,
        "priorityClassName": "system-node-critical",
        "affinity": {
            "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [with_gpus]}}
        },
        "tolerations": [{"operator": "Exists"}],
        "containers": [container],
        "volumes": [{"name": "device-plugins", "hostPath": {"path": folder, "type": "Directory"}}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": label["app"], "namespace": KARPENTER.namespace},
        "spec": {"selector": {"matchLabels": label}, "template": {"metadata": {"labels": label}, "spec": pod}},
    }
