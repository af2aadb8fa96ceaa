"""What the pods of a cluster need beside what they are themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.kubelet.api import Kubernetes, Object
from rehearsal.kubelet.capacity.machines import Machine
from rehearsal.kubelet.storage.volumes import Token
from rehearsal.kubernetes.programs import Programs
from rehearsal.sandbox.network import PodNetwork


@dataclass
class Surroundings:
    """What pods need of their cluster and of AWS."""

    kubernetes: Kubernetes
    programs: Programs
    folder: Path
    find: Callable[[str, str, str], Object | None]
    """A ConfigMap or Secret, by kind, namespace and name."""
    services: Callable[[], list[Object]]
    claim: Callable[[str, Machine, str, Token], Awaitable[tuple[Path, bool]]]
    """Where the data of a claim lies for a machine, by namespace and name, for a pod with tokens."""
    identity: Callable[[str, str], Awaitable[dict[str, str] | None]]
    """Variables for the pods of a service account (namespace, name) that has a role in AWS."""
    address: Callable[[Machine], Awaitable[str]]
    release: Callable[[Machine, str], Awaitable[None]]
    network: Callable[[str], Awaitable[PodNetwork]]
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables of every container."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Texts of files that every container sees."""
    shown: tuple[Path, ...] = ()
    """Folders of this machine that every container sees."""
