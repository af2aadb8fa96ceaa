"""A least number of Karpenter's nodes, which it knows none of: each is kept by a pod that does nothing."""

from blueprint.config import Config
from blueprint.constructs.compute.nodes import PURPOSE
from blueprint.hub.names import DEDICATED
from blueprint.versions import JUPYTERHUB, PAUSE

_LABEL = {"app": "kept-nodes"}


def kept_nodes(config: Config) -> dict[str, object]:
    """As many pods as `nodes.user.min`, each on a node of its own."""
    affinity = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": _LABEL}}
    container = {
        "name": "pause",
        "image": PAUSE,
        # Nothing, so that a server may have the whole node.
        "resources": {"requests": {"cpu": "0", "memory": "0"}, "limits": {"memory": "16Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "runAsUser": 65535,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    pod = {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 0,
        "nodeSelector": {PURPOSE: "user"},
        "tolerations": [{**DEDICATED, "operator": "Equal"}],
        "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [affinity]}},
        "containers": [container],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": _LABEL["app"], "namespace": JUPYTERHUB.namespace},
        "spec": {
            "replicas": config.nodes_user_min,
            "selector": {"matchLabels": _LABEL},
            "template": {"metadata": {"labels": _LABEL}, "spec": pod},
        },
    }
