"""The pod that keeps room for whoever comes next (`nodes.user.warm`): `charts/hub/warm.py` makes and removes it."""

from dataclasses import asdict

from blueprint.config import Config
from blueprint.config.offers import rooms
from blueprint.config.types.windows import window
from blueprint.hub.names import DEDICATED
from blueprint.values import Values
from blueprint.versions import JUPYTERHUB, PAUSE

PRIORITY = "hub-placeholder"
_SHARE = 0.9
"""Of the smallest user node: what else runs on each of them is not known to a byte."""


def placeholder_priority() -> Values:
    """Below all other pods', and just not so low that the autoscaler starts no node for it."""
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": PRIORITY},
        "value": -10,
        "preemptionPolicy": "Never",
        "description": "Keeps room until somebody needs it: nodes.user.warm of the hub's settings",
    }


def warm_values(config: Config) -> Values:
    """The hub's `custom.warm`."""
    windows = (window(each) for each in config.nodes_user_warm)
    return {"windows": [{**asdict(each), "days": list(each.days)} for each in windows], "pod": _pod(config)}


def _pod(config: Config) -> Values:
    has = rooms(config).values()
    cpu = min((room.cpu for room in has), default=0)
    memory = min((room.memory for room in has), default=0)
    spec: Values = {
        "priorityClassName": PRIORITY,
        "nodeSelector": {"hub.jupyter.org/node-purpose": "user"},
        "tolerations": [DEDICATED],
        "terminationGracePeriodSeconds": 0,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65534,
            "runAsGroup": 65534,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "pause",
                "image": PAUSE,
                "resources": {
                    "requests": {"cpu": f"{int(cpu * _SHARE)}m", "memory": f"{int(memory * _SHARE) // 2**20}Mi"}
                },
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "placeholder",
            "namespace": JUPYTERHUB.namespace,
            "labels": {"app": "jupyterhub", "component": "placeholder"},
            # The autoscaler would keep the node of a pod that nobody would make anew elsewhere.
            "annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"},
        },
        "spec": spec,
    }
