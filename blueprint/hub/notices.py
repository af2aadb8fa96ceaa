"""What people read in JupyterLab of a server that is about to stop (`charts/hub/notices.py`), and what that needs."""

from blueprint.config import Config
from blueprint.config.machines import needs_spot
from blueprint.config.types.limits import Room
from blueprint.values import CHARTS, Values
from blueprint.versions import JUPYTERHUB

_EXTENSION = CHARTS / "server" / "hub-notices"
_MOUNTED = "/usr/local/share/jupyter/labextensions/hub-notices"
"""One of the folders in which JupyterLab looks, wherever an image has it installed."""
_SERVERS = {"app": JUPYTERHUB.name, "component": "singleuser-server"}


def has_notices(config: Config) -> bool:
    """Whether there may be any."""
    return bool(_age(config) or limits_hours(config) or machines_go_away(config))


def machines_go_away(config: Config) -> bool:
    """Whether nodes are taken away one by one, some of them at two minutes' notice."""
    return config.nodes_user_scaling == "karpenter" or needs_spot(config)


def limits_hours(config: Config) -> bool:
    """Whether a month has limits."""
    shares = config.singleuser_limits.shares() if config.singleuser_limits else []
    rooms: list[Room | None] = [room for _, share in shares for room in (share, share.each)]
    return any(room and (room.hours is not None or room.gpu_hours is not None) for room in rooms)


def notice_values(config: Config) -> Values:
    """`custom.notices` of the chart's values."""
    return {"age": _age(config), "nodes": machines_go_away(config), "namespace": JUPYTERHUB.namespace}


def notice_files(config: Config) -> Values:
    """What shows them: an extension in the chart's `singleuser.extraFiles`, for images have none of ours."""
    if not has_notices(config):
        return {}
    files = {"package.json": "package.json", "static/remoteEntry.js": "remoteEntry.js"}
    return {
        f"hub-notices-{source.partition('.')[0].lower()}": {
            "mountPath": f"{_MOUNTED}/{place}",
            "stringData": (_EXTENSION / source).read_text(encoding="utf-8"),
        }
        for place, source in files.items()
    }


def notice_objects(config: Config) -> list[Values]:
    """What the hub may read of nodes, and for how long servers stay on those that EKS drains."""
    if not machines_go_away(config):
        return []
    name = "hub-reads-nodes"
    rules = [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list", "watch"]}]
    found: list[Values] = [
        {**_rbac("ClusterRole", name), "rules": rules},
        {
            **_rbac("ClusterRoleBinding", name),
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": "hub", "namespace": JUPYTERHUB.namespace}],
        },
    ]
    if config.nodes_user_scaling == "managed":
        # EKS drains the node of an interrupted spot instance at once: servers are to have what is left of two minutes.
        found.append(
            {
                "apiVersion": "policy/v1",
                "kind": "PodDisruptionBudget",
                "metadata": {"name": "servers-stay", "namespace": JUPYTERHUB.namespace},
                # More than there are: Kubernetes takes no other number for pods without a controller.
                "spec": {"minAvailable": 100_000, "selector": {"matchLabels": _SERVERS}},
            }
        )
    return found


def _rbac(kind: str, name: str) -> Values:
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": name}}


def _age(config: Config) -> int:
    return config.culling_max_age if config.culling_enabled else 0
