"""What the configuration means for a user's server: the chart's values of `singleuser`."""

from blueprint.config import Config
from blueprint.config.types import sizes
from blueprint.hub.names import HOME_CLASS, HOME_CLASS_WITHOUT_IAM, SHARED_READERS
from blueprint.hub.notices import notice_files
from blueprint.hub.startup import startup_command, startup_files
from blueprint.values import CHARTS, Values

SERVER_CODE = CHARTS / "server"
"""Python that users' servers read."""
_HUB_HEARS = 3600
"""Seconds after which a server tells the hub of its activity at the latest."""


def server_values(config: Config) -> Values:
    """The server that each user gets."""
    # The last colon that no slash follows: before it there may be a registry's port, after it a tag with its digest.
    image, _, tag = config.singleuser_image.partition("@")[0].rpartition(":")
    digest = config.singleuser_image.partition("@")[2]
    volumes, mounts = _volumes(config)
    found: Values = {
        "image": {"name": image, "tag": f"{tag}@{digest}" if digest else tag},
        "cpu": {"guarantee": config.singleuser_cpu_guarantee, "limit": config.singleuser_cpu_limit},
        "memory": {"guarantee": config.singleuser_memory_guarantee, "limit": config.singleuser_memory_limit},
        "extraResource": {
            # Of the node's disk, for all that is not the home. Who takes more is stopped, instead of filling the disk.
            "guarantees": {"ephemeral-storage": config.singleuser_disk_guarantee},
            "limits": {"ephemeral-storage": config.singleuser_disk_limit},
        },
        # Well within the time after which the hub stops a server that is not active, and no more: the hub is busy with
        # what thousands of servers tell it (docs/scale.md).
        "extraEnv": {"JUPYTERHUB_ACTIVITY_INTERVAL": str(min(_HUB_HEARS, config.culling_timeout // 6))},
        "extraFiles": {**_files(), **startup_files(config), **notice_files(config)},
        "defaultUrl": config.singleuser_default_url,
        "startTimeout": config.singleuser_start_timeout,
        "storage": {
            "capacity": config.storage_home_size,
            "dynamic": {
                "storageClass": home_class_name(config),
                "storageAccessModes": ["ReadWriteMany" if config.storage_home == "efs" else "ReadWriteOnce"],
            },
            "extraVolumes": volumes,
            "extraVolumeMounts": mounts,
        },
    }
    if command := startup_command(config):
        found["cmd"] = command
    if config.nodes_user_scaling == "karpenter":
        # Its node neither goes nor is drained before the server has ended by itself.
        found["extraAnnotations"] = {"karpenter.sh/do-not-disrupt": "true"}
    return found


def home_class_name(config: Config) -> str:
    """Of the class of which homes are made."""
    return HOME_CLASS_WITHOUT_IAM if config.without_machines else HOME_CLASS


def _files() -> Values:
    """What is added to the files of `charts/values/jupyterhub.yaml`."""
    file = SERVER_CODE / "jupyter_config.py"
    # For all Jupyter programs: the file of the server's own name is the Jupyter images'.
    text = file.read_text(encoding="utf-8")
    return {"jupyter-config-py": {"mountPath": f"/etc/jupyter/{file.name}", "stringData": text}}


def _volumes(config: Config) -> tuple[Values, Values]:
    """What a server mounts beside its home."""
    # Half of the memory, as Linux gives, and it counts as such. Containers get 64 MB otherwise, with which PyTorch's
    # workers end in a bus error.
    half = f"{sizes.memory(config.singleuser_memory_limit) // 2**21}Mi"
    volumes: Values = {"shm": {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": half}}}
    mounts: Values = {"shm": {"name": "shm", "mountPath": "/dev/shm"}}  # noqa: S108
    if config.storage_shared:
        volumes["shared"] = {"name": "shared", "persistentVolumeClaim": {"claimName": SHARED_READERS}}
        mounts["shared"] = {"name": "shared", "mountPath": "/home/jovyan/shared", "readOnly": True}
    return volumes, mounts
