"""What installing EKS's managed add-ons means here: the Kubernetes objects of CoreDNS and of the CSI drivers.

Of a driver, its controller runs with the provisioner; its pods on the nodes do nothing, for the kubelet's stand-in
mounts volumes by itself. Nothing attaches, resizes or takes snapshots. Nor does CoreDNS run, but as long as a pod of it
is ready, the sandbox answers in its place (`kubelet/services.py`). The other add-ons install nothing: networking,
addresses of Services and pod identities are parts of the rehearsal, and there are no metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from rehearsal.kubernetes.control_plane import CLUSTER_DNS

Object = dict[str, Any]
Settings = Mapping[str, Any]

_NO_SETTINGS: Final[Settings] = {}
_KNOWN: Final = frozenset({"", "extraVolumeTags", "ADDITIONAL_ENI_TAGS", "reservedVolumeAttachments"})
"""Settings within a part of an add-on's; the network interfaces that the VPC CNI would tag are never made here, and the
attachments that the EBS driver reserves count where nodes are registered."""

NAMESPACE: Final = "kube-system"
_COMPONENTS: Final = "public.ecr.aws/csi-components"
_SOCKET: Final = "/csi/csi.sock"
_SHARED, _STATIC = "socket-dir", "static-files"
_CORE: Final = ""


class UnknownAddonError(Exception):
    """An add-on that nobody here knows."""


def objects(name: str, version: str, cluster: str, settings: Settings = _NO_SETTINGS) -> list[Object]:
    """What an add-on installs in the Kubernetes of a cluster, in order. Raises UnknownAddonError."""
    if name not in _NOTHING | _INSTALLED.keys():
        known = ", ".join(sorted([*_NOTHING, *_INSTALLED]))
        raise UnknownAddonError(f"The stand-in does not know the add-on {name}; it knows {known}.")
    if unknown := [f"{part}.{key}" for part in settings for key in _keys(settings[part]) if key not in _KNOWN]:
        raise UnknownAddonError(f"The stand-in does nothing with {', '.join(unknown)} of the add-on {name}.")
    return [] if name in _NOTHING else _INSTALLED[name](version.partition("-")[0], cluster, settings)


def _keys(setting: Any) -> Iterable[str]:
    return setting if isinstance(setting, Mapping) else [""]


def _dns(release: str, _: str, __: Settings) -> list[Object]:
    """Source: what EKS's clusters list of it."""
    name, labels = "coredns", {"k8s-app": "kube-dns"}
    requests = {"cpu": "100m", "memory": "70Mi"}
    term = {"labelSelector": {"matchLabels": labels}, "topologyKey": "kubernetes.io/hostname"}
    apart = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": term}]}
    pod = {
        "serviceAccountName": name,
        "priorityClassName": "system-cluster-critical",
        "dnsPolicy": "Default",
        "affinity": {"podAntiAffinity": apart},
        "tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists"}],
        "containers": [
            {"name": name, "image": f"public.ecr.aws/eks/coredns:{release}", "resources": {"requests": requests}}
        ],
    }
    ports = [{"name": f"dns-{each}".lower(), "port": 53, "protocol": each} for each in ("UDP", "TCP")]
    budget = {"maxUnavailable": 1, "selector": {"matchLabels": labels}}
    return [
        _account(name),
        _workload("Deployment", name, labels, pod, replicas=2),
        {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": _metadata(name), "spec": budget},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": _metadata("kube-dns"),
            "spec": {"clusterIP": CLUSTER_DNS, "selector": labels, "ports": ports},
        },
    ]


def _efs(release: str, _: str, __: Settings) -> list[Object]:
    """Source: the chart of aws-efs-csi-driver 3.4.1."""
    plugin = {
        "name": "efs-plugin",
        "image": f"public.ecr.aws/efs-csi-driver/amazon/aws-efs-csi-driver:{release}",
        "args": [f"--endpoint=unix://{_SOCKET}", "--logtostderr", "--v=2", "--delete-access-point-root-dir=false"],
        # Nobody answers for an instance, as on EKS with the hop limit of 1: it would ask for ten seconds.
        "env": [_NODE_NAME, {"name": "AWS_EC2_METADATA_DISABLED", "value": "true"}],
        # In the image, it holds what the node's part mounts with.
        "volumeMounts": [{"name": _STATIC, "mountPath": "/etc/amazon/efs-static-files"}],
    }
    controller, nodes = "efs-csi-controller-sa", "efs-csi-node-sa"
    return [
        _account(controller),
        _account(nodes),
        *_rights("efs-csi-external-provisioner", controller, [*_PROVISIONER, _LEASES]),
        *_rights("efs-csi-node", nodes, [_rule(_CORE, ["nodes"], _READ), _rule(_CORE, ["nodes"], ["patch"])]),
        _driver("efs.csi.aws.com", {"attachRequired": False}),
        _deployment("efs-csi-controller", controller, [plugin, _provisioner()]),
        _daemon_set("efs-csi-node", nodes),
    ]


def _ebs(release: str, cluster: str, settings: Settings) -> list[Object]:
    """Source: the chart of aws-ebs-csi-driver 2.63.1, to which EKS tells the cluster's name."""
    tags = ",".join(
        f"{key}={value}" for key, value in settings.get("controller", {}).get("extraVolumeTags", {}).items()
    )
    plugin = {
        "name": "ebs-plugin",
        "image": f"public.ecr.aws/ebs-csi-driver/aws-ebs-csi-driver:{release}",
        "args": [
            "controller",
            f"--endpoint=unix://{_SOCKET}",
            f"--k8s-tag-cluster-id={cluster}",
            *([f"--extra-tags={tags}"] if tags else []),
            "--batching=true",
            "--v=2",
        ],
        "env": [_NODE_NAME],
    }
    controller, nodes = "ebs-csi-controller-sa", "ebs-csi-node-sa"
    attachments = _rule("storage.k8s.io", ["volumeattachments"], _READ)
    classes = _rule("storage.k8s.io", ["volumeattributesclasses"], ["get"])
    return [
        _account(controller),
        _account(nodes),
        *_rights("ebs-csi-external-provisioner", controller, [*_PROVISIONER, attachments, classes, _LEASES]),
        *_rights("ebs-csi-node", nodes, [_rule(_CORE, ["nodes"], [*_READ, "patch"]), attachments]),
        # On AWS `attachRequired` is true; here nobody would attach.
        _driver("ebs.csi.aws.com", {"attachRequired": False, "fsGroupPolicy": "File"}),
        _deployment("ebs-csi-controller", controller, [plugin, _provisioner("--default-fstype=ext4")]),
        _daemon_set("ebs-csi-node", nodes),
    ]


def _s3(release: str, _: str, __: Settings) -> list[Object]:
    """Its controller makes pods that mount, which the kubelet's stand-in does by itself. Source: its chart, 2.7.0."""
    nodes = "s3-csi-driver-sa"
    return [_account(nodes), _driver("s3.csi.aws.com", {"attachRequired": False}), _daemon_set("s3-csi-node", nodes)]


_NOTHING: Final = frozenset({"eks-pod-identity-agent", "kube-proxy", "metrics-server", "vpc-cni"})
_INSTALLED: Final[Mapping[str, Callable[[str, str, Settings], list[Object]]]] = {
    "coredns": _dns,
    "aws-ebs-csi-driver": _ebs,
    "aws-efs-csi-driver": _efs,
    "aws-mountpoint-s3-csi-driver": _s3,
}
_NODE_NAME: Final = {"name": "CSI_NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
_READ: Final = ["get", "list", "watch"]


def _rule(group: str, resources: Sequence[str], verbs: Sequence[str]) -> Object:
    return {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}


_PROVISIONER: Final = [
    _rule(_CORE, ["persistentvolumes"], [*_READ, "create", "patch", "delete"]),
    _rule(_CORE, ["persistentvolumeclaims"], [*_READ, "update"]),
    _rule(_CORE, ["events"], ["list", "watch", "create", "update", "patch"]),
    _rule(_CORE, ["nodes"], _READ),
    _rule("storage.k8s.io", ["storageclasses", "csinodes"], _READ),
]
_LEASES: Final = _rule("coordination.k8s.io", ["leases"], [*_READ, "create", "update", "delete"])


def _provisioner(*more: str) -> Object:
    return {
        "name": "csi-provisioner",
        "image": f"{_COMPONENTS}/csi-provisioner:v6.3.0",
        "args": [
            f"--csi-address={_SOCKET}",
            "--v=2",
            "--feature-gates=Topology=true",
            "--extra-create-metadata",
            "--leader-election",
            "--kube-api-qps=100",  # of the provisioner's own five requests a second, 300 homes would be four minutes'
            "--kube-api-burst=100",
            *more,
        ],
    }


def _metadata(name: str) -> Object:
    return {"name": name, "namespace": NAMESPACE}


def _account(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _metadata(name)}


def _rights(name: str, account: str, rules: Sequence[Object]) -> list[Object]:
    """A role for a service account of an add-on, in the whole cluster."""
    group = "rbac.authorization.k8s.io"
    subject = {"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}
    role = {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": {"name": f"{name}-role"}}
    binding = {"apiVersion": f"{group}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": f"{name}-binding"}}
    reference = {"apiGroup": group, "kind": "ClusterRole", "name": f"{name}-role"}
    return [{**role, "rules": list(rules)}, {**binding, "roleRef": reference, "subjects": [subject]}]


_NOT_FARGATE: Final = {
    "nodeSelectorTerms": [
        {"matchExpressions": [{"key": "eks.amazonaws.com/compute-type", "operator": "NotIn", "values": ["fargate"]}]}
    ]
}
"""As the drivers' charts have it for what runs on each node."""


def _driver(name: str, spec: Object) -> Object:
    return {"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": name}, "spec": spec}


def _deployment(name: str, account: str, containers: Sequence[Object]) -> Object:
    """A driver's controller. On AWS it has two replicas, of which one leads."""
    return _of_driver("Deployment", name, account, containers)


def _daemon_set(name: str, account: str) -> Object:
    """What tells the kubelet of a driver, for which nothing runs here."""
    registrar = {"name": "node-driver-registrar", "image": f"{_COMPONENTS}/csi-node-driver-registrar:v2.17.0"}
    return _of_driver("DaemonSet", name, account, [registrar])


def _of_driver(kind: str, name: str, account: str, containers: Sequence[Object]) -> Object:
    """Pods whose containers share the folder of the driver's socket."""
    mount = {"name": _SHARED, "mountPath": _SOCKET.rpartition("/")[0]}
    mounted = [{**each, "volumeMounts": [mount, *each.get("volumeMounts", ())]} for each in containers]
    volumes = dict.fromkeys(each["name"] for container in mounted for each in container["volumeMounts"])
    pod = {
        "serviceAccountName": account,
        "priorityClassName": "system-cluster-critical" if kind == "Deployment" else "system-node-critical",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": _NOT_FARGATE}},
        "tolerations": [{"operator": "Exists"}],
        "containers": mounted,
        "volumes": [{"name": each, "emptyDir": {}} for each in volumes],
    }
    return _workload(kind, name, {"app": name}, pod)


def _workload(kind: str, name: str, labels: Mapping[str, str], pod: Object, **more: Any) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {**_metadata(name), "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
            **more,
        },
    }
