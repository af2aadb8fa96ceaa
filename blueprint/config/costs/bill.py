"""The bill of a configuration: what it costs at rest, and what its people add."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from blueprint.config.costs.line import Line
from blueprint.config.costs.load import Load, Servers, node_hours
from blueprint.config.costs.parts import parts, warm_hours
from blueprint.config.costs.tariff import Tariff
from blueprint.config.facts import fargate
from blueprint.config.facts.kubernetes import MINORS
from blueprint.config.facts.services import HOURS, VOLUME_THROUGHPUT
from blueprint.config.settings import Config
from blueprint.config.types import sizes

_HOURS: Final = (float(HOURS), "h")
_CALLS: Final = HOURS * 60
"""External Secrets asks for each secret once a minute."""


def at_rest(config: Config, tariff: Tariff, today: date) -> Iterator[Line]:
    """What is there though nobody signs in."""
    yield from without_user_nodes(config, tariff, today)
    if kept := parts(config).kept_nodes:
        price = tariff.dearest(config.nodes_user_instance_types)
        name = f"User nodes kept ready, {' or '.join(config.nodes_user_instance_types)}"
        yield Line(name, ((kept, ""), _HOURS, (price, "")))
        yield from disks("Their disks", config, tariff, kept)
    if week := warm_hours(config):
        hours = round(week * 52 / 12, 1)
        price = tariff.dearest(config.nodes_user_instance_types)
        yield Line("Room kept free by nodes.user.warm, at most", ((1, ""), (hours, "h"), (price, "")))
        yield from disks("Its disk", config, tariff, 1, hours / HOURS)


def without_user_nodes(config: Config, tariff: Tariff, today: date) -> Iterator[Line]:
    """What a hub needs whatever servers run on."""
    has, services = parts(config), tariff.services
    extended = MINORS[config.kubernetes_version].support(today) == "extended"
    plane = services.control_plane_in_extended_support_hour if extended else services.control_plane_hour
    yield Line(f"EKS control plane, in {'extended' if extended else 'standard'} support", (_HOURS, (plane, "")))
    core = (has.core_nodes, ""), _HOURS, (tariff.dearest(config.nodes_core_instance_types), "")
    yield Line(f"Core nodes, {' or '.join(config.nodes_core_instance_types)}", core)
    yield from disks("Their disks", config, tariff, has.core_nodes)
    counted: tuple[tuple[str, float, tuple[tuple[float, str], ...]], ...] = (
        ("NAT gateways", has.nat_gateways, (_HOURS, (services.nat_gateway_hour, ""))),
        ("Load balancer", 1, (_HOURS, (services.load_balancer_hour, ""))),
        ("Public addresses", has.addresses, (_HOURS, (services.public_address_hour, ""))),
        ("KMS keys", has.keys, ((services.key, ""),)),
        ("The hub's database, gp3", config.storage_database_size, ((services.volume_gb, ""),)),
        ("Hosted zone", has.hosted_zones, ((services.hosted_zone, ""),)),
        ("Client secret and state key", has.secrets, ((services.secret, ""),)),
        ("Asking for each once a minute", has.secrets, ((_CALLS, ""), (services.secret_call, ""))),
    )
    units = {"The hub's database, gp3": "GiB"}
    yield from (Line(name, ((count, units.get(name, "")), *rest)) for name, count, rest in counted if count)


def of_people(config: Config, tariff: Tariff, load: Load, servers: Servers) -> Iterator[Line]:
    """What people add: nodes beside those kept, or pods on Fargate, and homes."""
    if servers.on_nodes:
        yield on_fargate(tariff, load, servers)
    more, hours = servers.more_nodes(load, config), node_hours(load, config)
    if more:
        price = tariff.instance(servers.type)
        yield Line(f"User nodes, {servers.type}, while needed", ((more, ""), (hours, "h"), (price, "")))
        yield from disks("Their disks", config, tariff, more, hours / HOURS)
    yield from homes(config, tariff, load)


def on_fargate(tariff: Tariff, load: Load, servers: Servers) -> Line:
    """Servers there, of which each is billed by itself."""
    has = fargate.machine(servers.size.sure)
    assert has is not None
    name = f"Servers on Fargate, {has.cpus:g} CPU{'' if has.cpus == 1 else 's'} and {has.memory:g} GB"
    return Line(name, ((load.people, ""), (load.hours, "h"), (has.hour(tariff.services), "")))


def homes(config: Config, tariff: Tariff, load: Load, kind: str | None = None) -> Iterator[Line]:
    """Where they are, and their backups; EBS is paid for as large as it is made, EFS as full as it is."""
    services, people = tariff.services, (load.people, "")
    files = (kind or config.storage_home) == "efs"
    if files:
        yield Line("Homes on EFS", (people, (load.gigabytes, "GB"), (services.files_gb, "")))
    else:
        size = sizes.quantity(config.storage_home_size) / 2**30
        yield Line("Homes on EBS", (people, (size, "GiB"), (services.volume_gb, "")))
    if config.storage_backup_days:
        price = services.files_backup_gb if files else services.snapshot_gb
        yield Line("Their backups", (people, (load.gigabytes, "GB"), (price, "")))


def disks(name: str, config: Config, tariff: Tariff, nodes: int, months: float = 1) -> Iterator[Line]:
    """The root volumes of nodes."""
    services = tariff.services
    part = ((nodes, ""), *(((round(months, 4), "months"),) if months != 1 else ()))
    yield Line(f"{name}, gp3", (*part, (config.nodes_disk_size, "GiB"), (services.volume_gb, "")))
    if more := config.nodes_disk_throughput - VOLUME_THROUGHPUT:
        yield Line(f"{name}, throughput", (*part, (more, "MiB/s"), (services.volume_throughput, "")))
