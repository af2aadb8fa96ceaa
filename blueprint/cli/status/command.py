"""The command: each part is looked at by itself, so that what cannot be told does not keep the rest from being."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import typer
from rich.console import Console
from rich.status import Status

from blueprint.cli.changing.trouble import TroubleError, ending
from blueprint.cli.checks.findings import Finding
from blueprint.cli.cluster import hub
from blueprint.cli.cluster.access import endpoint, workload
from blueprint.cli.cluster.kubernetes import Kubernetes
from blueprint.cli.status import nodes, report, servers, starts, storage
from blueprint.command_line import loaded

Part = TypeVar("Part")


@dataclass
class Found:
    """What there is; a part that could not be told is None, and `faults` says why."""

    now: datetime
    servers: list[servers.Row] | None = None
    nodes: list[nodes.Row] | None = None
    starts: list[starts.Row] | None = None
    storage: list[storage.Row] | None = None
    faults: list[Finding] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """All of it by name."""
        parts = {name: getattr(self, name) for name in ("servers", "nodes", "starts", "storage")}
        told = {name: None if of is None else [each.as_json() for each in of] for name, of in parts.items()}
        faults = [each.as_json() for each in self.faults]
        return {"time": self.now.isoformat(timespec="seconds"), **told, "faults": faults}


def status(overrides: list[str] | None, profile: str | None, role: str | None, *, as_json: bool) -> None:
    """Print it; end with 1 where a part could not be told."""
    config = loaded(overrides).config
    with ending(as_json=as_json):
        account = workload(config, profile)
    found = Found(datetime.now(UTC))
    with Status("Looking …", console=Console(stderr=True)):
        cluster = _tried(found, lambda: Kubernetes(endpoint(config, account, role), config))
        pods = _tried(found, lambda: servers.pods(cluster)) if cluster else None
        if cluster and pods is not None:
            people = _tried(found, lambda: hub.people(config, cluster, active=True))
            found.servers = _tried(found, lambda: servers.rows(pods, people, found.now))
            found.nodes = _tried(found, lambda: nodes.rows(cluster, found.now))
            found.starts = _tried(found, lambda: starts.rows(cluster, pods, found.now))
        found.storage = _tried(found, lambda: storage.rows(config, account))
    if as_json:
        typer.echo(report.as_json(found.as_json()))
    else:
        report.show(found.servers, found.nodes, found.starts, found.storage, found.now)
    report.faults(found.faults)
    if found.faults:
        raise typer.Exit(1)


def _tried(found: Found, look: Callable[[], Part]) -> Part | None:
    """What a look finds; why it found nothing, where that is so, is noted once."""
    try:
        return look()
    except TroubleError as error:
        found.faults += [each for each in error.findings if each not in found.faults]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        found.faults.append(report.not_understood(error))
    return None
