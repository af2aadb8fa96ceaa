"""The Kubernetes of the stand-in's EKS clusters: control planes on this machine, one for each cluster."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from rehearsal import supply
from rehearsal.aws.eks.store import ClusterId, Endpoint
from rehearsal.golang import Progress
from rehearsal.kubernetes import objects as kubernetes_objects
from rehearsal.kubernetes.control_plane import ControlPlane


class LocalClusters:
    """Starts a control plane when EKS makes a cluster, and forgets all of it when EKS unmakes the cluster."""

    def __init__(self, folder: Path, cache: Path, progress: Progress = lambda what, done, total: None) -> None:
        self._folder = folder
        self._cache = cache
        self._progress = progress
        self.running: dict[ClusterId, ControlPlane] = {}

    def start(self, cluster: ClusterId, version: str, token_webhook: str) -> Endpoint:
        """Run a cluster of a Kubernetes minor; one that runs is stopped and goes on with another minor."""
        part = supply.control_plane(version, self._cache)
        supply.supply([part], self._cache, self._progress, lambda line: self._progress(line, 0, 0))
        program = part.installed()
        assert program is not None
        plane = self.running.get(cluster)
        if plane is None:
            folder = self._folder.joinpath(*cluster)
            shutil.rmtree(folder, ignore_errors=True)
            plane = ControlPlane(folder, token_webhook=token_webhook)
            self.running[cluster] = plane
        plane.stop()
        plane.start(program)
        return Endpoint(plane.url, plane.ca.read_bytes())

    def owner(self, cluster: ClusterId, token: str, audience: str) -> str | None:
        """The user that a token belongs to, as the cluster's API server says."""
        plane = self.running.get(cluster)
        return plane.token_owner(token, audience) if plane else None

    def apply(self, cluster: ClusterId, objects: Sequence[kubernetes_objects.Object]) -> None:
        """Have objects in a cluster, as EKS puts those of its add-ons there. Raises ObjectError."""
        kubernetes_objects.apply(self.running[cluster], objects, "eks")

    def remove(self, cluster: ClusterId, objects: Sequence[kubernetes_objects.Object]) -> None:
        """Have them no more. Raises ObjectError."""
        kubernetes_objects.remove(self.running[cluster], objects)

    def stop(self, cluster: ClusterId) -> None:
        """End a cluster, and remove its state."""
        if plane := self.running.pop(cluster, None):
            plane.stop()
        shutil.rmtree(self._folder.joinpath(*cluster), ignore_errors=True)

    def stop_all(self) -> None:
        """End all clusters; their state stays."""
        while self.running:
            self.running.popitem()[1].stop()
