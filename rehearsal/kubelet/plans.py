"""What a container of a pod is on this machine: command, user, variables, files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from rehearsal.kubelet.api import Object
from rehearsal.kubelet.environment import expanded
from rehearsal.kubernetes.control_plane import CLUSTER_DNS
from rehearsal.kubernetes.programs import Program
from rehearsal.sandbox.container import Mount, Plan
from rehearsal.sandbox.place import NAME_SERVICE, resolver_settings

_LONGEST_NAME = 63


def plan(
    pod: Object,
    container: Object,
    program: Program,
    *,
    own: Mapping[str, str],
    every: Mapping[str, str],
    files: Mapping[str, str],
    shown: Sequence[Path],
    mounts: Sequence[Mount],
    network: int | None,
    staging: Path,
) -> Plan:
    """A container, with its own variables and those of every container. Raises ValueError where it may not run."""
    security = {**pod["spec"].get("securityContext", {}), **container.get("securityContext", {})}
    user, group = security.get("runAsUser", program.user), security.get("runAsGroup", program.group)
    if security.get("runAsNonRoot") and user == 0:
        raise ValueError("container has runAsNonRoot and image will run as root")
    host_name = (pod["spec"].get("hostname") or pod["metadata"]["name"])[:_LONGEST_NAME]
    path = os.pathsep.join([*program.path, os.environ.get("PATH", os.defpath)])
    values = {"PATH": path, "HOSTNAME": host_name, **program.environment, **every, **own}
    return Plan(
        argv=program.command(
            [expanded(each, own) for each in container.get("command", ())],
            [expanded(each, own) for each in container.get("args", ())],
        ),
        environment=values,
        folder=container.get("workingDir") or program.folder,
        host_name=host_name,
        network=network,
        staging=str(staging.resolve()),
        user=user,
        group=group,
        read_only_root=security.get("readOnlyRootFilesystem", False),
        init=program.init,
        shown=[*program.shown, *(str(each) for each in shown)],
        files={
            "/etc/hostname": f"{host_name}\n",
            "/etc/hosts": _hosts(pod, host_name),
            "/etc/resolv.conf": _name_server(pod),
            "/etc/nsswitch.conf": NAME_SERVICE,
            "/etc/passwd": _users(user, group, values.get("HOME", "/")),
            "/etc/group": f"root:x:0:\nusers:x:{group or 100}:\n",
            **files,
        },
        mounts=list(mounts),
    )


def _name_server(pod: Object) -> str:
    """Where a pod looks names up: at its cluster's, or where its node does."""
    policy, on_the_node = pod["spec"].get("dnsPolicy", "ClusterFirst"), pod["spec"].get("hostNetwork", False)
    if policy == "Default" or (policy == "ClusterFirst" and on_the_node):
        return resolver_settings()
    namespace = pod["metadata"]["namespace"]
    return resolver_settings(CLUSTER_DNS, f"{namespace}.svc.cluster.local svc.cluster.local cluster.local")


def _users(user: int, group: int, home: str) -> str:
    root = "root:x:0:0:root:/root:/bin/sh\n"
    return root if user == 0 else f"{root}{'jovyan' if user == 1000 else 'user'}:x:{user}:{group}::{home}:/bin/bash\n"


def _hosts(pod: Object, host_name: str) -> str:
    lines = ["127.0.0.1 localhost", f"{pod['status']['podIP']} {host_name}"]
    lines += [f"{each['ip']} {' '.join(each['hostnames'])}" for each in pod["spec"].get("hostAliases", ())]
    return "\n".join(lines) + "\n"
