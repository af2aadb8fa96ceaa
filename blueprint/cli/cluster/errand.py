"""What an errand is, and the Kubernetes objects that it takes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from blueprint.cli.cluster.kubernetes import Object
from blueprint.versions import JUPYTERHUB

USER, GROUP = 1000, 100
"""jovyan and users, of the Jupyter images, whose all homes are."""
MANAGED: Final = {"app.kubernetes.io/managed-by": "blueprint"}
_SIZE: Final = "1Gi"  # a size is required, and nothing comes of it
_ZONE: Final = "topology.kubernetes.io/zone"


@dataclass(frozen=True)
class Directory:
    """A directory of a file system, entered as the homes' user; it is made where it is not there."""

    file_system: str
    path: str


@dataclass(frozen=True)
class Volume:
    """A volume of EBS's."""

    id: str
    zone: str


@dataclass(frozen=True)
class Claim:
    """What a claim that is there already has."""

    name: str


Source = Directory | Volume | Claim


@dataclass(frozen=True)
class Errand:
    """What is done: a module of `blueprint.cli.errands`, what it is told, and what it finds at which paths."""

    purpose: str
    argument: Mapping[str, Any]
    sources: Mapping[str, Source]
    group: int = GROUP

    @property
    def name(self) -> str:
        """Of all that it takes."""
        told = json.dumps([self.purpose, self.argument, {path: str(each) for path, each in self.sources.items()}])
        return f"blueprint-{self.purpose}-{hashlib.sha256(told.encode()).hexdigest()[:10]}"

    @property
    def script(self) -> str:
        """What the pod runs, with nothing but Python's own library."""
        folder = Path(__file__).parents[1] / "errands"
        return (folder / f"{self.purpose}.py").read_text(encoding="utf-8")


def pod(errand: Errand, claims: Mapping[str, str], image: str) -> Object:
    """Within the restricted pod security standard, without a token for the cluster."""
    volumes = {path: f"volume-{number}" for number, path in enumerate(claims)}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": errand.name, "namespace": JUPYTERHUB.namespace, "labels": MANAGED},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "nodeSelector": {"hub.jupyter.org/node-purpose": "core"},
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": USER,
                "runAsGroup": errand.group,
                "fsGroup": errand.group,
                "fsGroupChangePolicy": "OnRootMismatch",
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "errand",
                    "image": image,
                    "command": ["python3", "-I", "-c", errand.script, json.dumps(errand.argument)],
                    "resources": {
                        "requests": {"cpu": "100m", "memory": "128Mi"},
                        "limits": {"memory": "1Gi"},
                    },
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "volumeMounts": [{"name": volumes[path], "mountPath": path} for path in claims],
                }
            ],
            "volumes": [
                {"name": volumes[path], "persistentVolumeClaim": {"claimName": claim}} for path, claim in claims.items()
            ],
        },
    }


def volume(name: str, csi: Mapping[str, str], zone: str | None) -> Object:
    """A volume that is reserved for the claim of its name: of a file system, or with a zone of EBS's."""
    modes = ["ReadWriteOnce" if zone else "ReadWriteMany"]
    spec: Object = {
        "capacity": {"storage": _SIZE},
        "accessModes": modes,
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": "",
        "claimRef": {"namespace": JUPYTERHUB.namespace, "name": name},
        "csi": dict(csi),
    }
    if zone:
        inside = {"key": _ZONE, "operator": "In", "values": [zone]}
        spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": [{"matchExpressions": [inside]}]}}
    else:
        spec["mountOptions"] = ["iam"]
    kind = {"apiVersion": "v1", "kind": "PersistentVolume"}
    return {**kind, "metadata": {"name": name, "labels": MANAGED}, "spec": spec}


def claim(of: Object) -> Object:
    """The claim that a volume is reserved for."""
    name, modes = of["metadata"]["name"], of["spec"]["accessModes"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": JUPYTERHUB.namespace, "labels": MANAGED},
        "spec": {
            "accessModes": modes,
            "storageClassName": "",
            "volumeName": name,
            "resources": {"requests": {"storage": _SIZE}},
        },
    }
