"""Whether nodes hold what is to run on them: users' servers, and the pods that always run."""

import math
from collections.abc import Callable, Iterator
from ipaddress import ip_network

from blueprint.config.facts.instances import InstanceType, known, known_on
from blueprint.config.facts.nodes import CORE, HUB, Amounts, disk_room, held_addresses, room
from blueprint.config.machines import machines
from blueprint.config.offers import in_table, room_for_servers
from blueprint.config.problems import Problem
from blueprint.config.rules.rule import Rule, Surroundings, problem
from blueprint.config.settings import Config
from blueprint.config.types import sizes


def server(config: Config) -> Amounts:
    """What a user's server is sure to get."""
    return Amounts(
        math.ceil(1000 * config.singleuser_cpu_guarantee),
        sizes.memory(config.singleuser_memory_guarantee),
        sizes.quantity(config.singleuser_disk_guarantee),
    )


def servers_on(kind: InstanceType, config: Config) -> int:
    """How many servers a node of a type holds."""
    return room_for_servers(kind, config).holds(server(config))


def every_type_holds_a_server(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Any type of the group may be what Auto Scaling starts, and a server that is too large for it waits for ever."""
    wanted, types = server(config), in_table(config.nodes_user_instance_types)

    def larger() -> str:
        return _larger(types, lambda kind: servers_on(kind, config) > 0)

    for attribute, name, shown in (
        ("singleuser_cpu_guarantee", "cpu", cpus),
        ("singleuser_memory_guarantee", "memory", memory),
    ):
        rooms = {kind.name: getattr(room(kind, config.nodes_disk_size), name) for kind in types}
        smallest = min(rooms, key=rooms.__getitem__, default=None)
        if smallest and rooms[smallest] < getattr(wanted, name):
            allowed = f"at most {shown(rooms[smallest])}, which a node of the type {smallest} has for servers"
            fix = f"lower it, or set nodes.user.instance.types to larger ones{larger()}"
            yield problem(config, attribute, allowed, fix)
    if cramped := [kind.name for kind in types if room(kind, config.nodes_disk_size).pods < 1]:
        allowed = f"types that have an address for a server; {cramped[0]} has them for a node's own pods only"
        yield problem(config, "nodes_user_instance_types", allowed, f"take larger ones{larger()}")


def karpenters_types_are_known(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Its limit is a number of CPUs, and a pool of types that do not exist makes no node, and no fault either."""
    unknown = [name for name in config.nodes_user_instance_types if name not in known()]
    if config.nodes_user_scaling == "karpenter" and unknown:
        allowed = f"with karpenter, types that EC2 knew on {known_on()}; {', '.join(unknown)} is not among them"
        fix = 'correct it, or set "nodes.user.scaling": "managed"'
        yield problem(config, "nodes_user_instance_types", allowed, fix)


def gpus_need_karpenter(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Managed groups have one kind of machine, and none with GPUs."""
    if config.nodes_gpu_max and config.nodes_user_scaling != "karpenter":
        fix = 'remove it, or set "nodes.user.scaling": "karpenter"'
        yield problem(config, "nodes_gpu_max", "0 with nodes.user.scaling managed", fix)


def disk_holds_a_server(config: Config, _: Surroundings) -> Iterator[Problem]:
    """A limit that the disk does not reach keeps nobody from filling it."""
    has = disk_room(config.nodes_disk_size)
    for attribute in ("singleuser_disk_guarantee", "singleuser_disk_limit"):
        if sizes.quantity(getattr(config, attribute)) > has:
            allowed = f"at most {has // 2**30}Gi, which a disk of {config.nodes_disk_size} GiB has for servers"
            yield problem(config, attribute, allowed, "lower it, or raise nodes.disk.size")


def core_nodes_hold_what_always_runs(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Without room for the autoscaler and cluster DNS nothing would ever make more nodes."""
    count = 2 * config.nodes_core_min
    core = CORE[config.nodes_user_scaling]

    def suffices(kind: InstanceType) -> bool:
        has = room(kind, config.nodes_disk_size)
        return has.holds(HUB) > 0 and (has * count).holds(core) > 0

    types = in_table(config.nodes_core_instance_types)
    if all(map(suffices, types)):
        return
    needed = f"{cpus(core.cpu)} CPUs, {core.memory / 2**30:.1f} GiB of memory and {core.pods} pods"
    allowed = f"types of which {count} nodes (nodes.core.min in each of two groups) hold what always runs: {needed}"
    fix = f"take larger ones{_larger(types, suffices)}, or raise nodes.core.min"
    yield problem(config, "nodes_core_instance_types", allowed, fix)


def network_holds_all_nodes(config: Config, _: Surroundings) -> Iterator[Problem]:
    """A node that finds no address for a pod takes none, and servers wait on it."""
    if config.network_vpc_id is not None:
        return
    zones = len(config.network_zone_names) or config.network_zones
    everywhere = zones if config.storage_home == "efs" else 1
    needed = _OTHER_ADDRESSES + sum(
        math.ceil(kind.most / everywhere)
        * max((held_addresses(each, servers_on(each, config)) for each in in_table(kind.types)), default=0)
        for kind in machines(config)
    )
    holders, keys = "all nodes", ["nodes.user.max"]
    if any(kind.has_gpus for kind in machines(config)):
        keys.append("nodes.gpu.max")
    if config.without_machines and config.singleuser_servers_max:  # each has an address of its own
        needed += math.ceil(config.singleuser_servers_max / zones)
        holders, keys = "all nodes and servers on Fargate", [*keys, "singleuser.servers.max"]
    has = addresses_of_a_subnet(config)
    if needed > has:
        allowed = f"a range with {needed:,} addresses in each private subnet, as many as {holders} may hold there"
        larger = "" if config.network_cidr.endswith("/16") else "take a larger one, of up to /16, or "
        yield problem(config, "network_cidr", allowed, f"{larger}lower {' or '.join(keys)}: this one has {has:,}")


def addresses_of_a_subnet(config: Config) -> int:
    """Those of a new VPC's private subnets: CDK divides evenly what the public ones, of 256 each, leave of it."""
    zones = len(config.network_zone_names) or config.network_zones
    left = ip_network(config.network_cidr).num_addresses - 256 * zones
    return int(2 ** math.floor(math.log2(left / zones))) - 5


_OTHER_ADDRESSES = 150
"""In a zone, at most: core nodes, load balancer, functions, control plane."""


def _larger(types: list[InstanceType], suffices: Callable[[InstanceType], bool]) -> str:
    """The smallest type that suffices, of the family of the first one."""
    of_family = [kind for kind in known().values() if types and kind.family == types[0].family and suffices(kind)]
    found = min(of_family, key=lambda kind: (kind.memory, kind.cpus), default=None)
    return f", such as {found.name}" if found else ""


def cpus(thousandths: int) -> str:
    """Thousandths of a CPU as settings write them."""
    return f"{thousandths / 1000:g}"


def memory(count: int) -> str:
    """As JupyterHub writes it, and no more than it is."""
    return f"{max(0, math.floor(count / 2**30 * 10) / 10):g}G"


def room_to_keep_is_known(config: Config, _: Surroundings) -> Iterator[Problem]:
    """A placeholder that is too large for a node has none started, and nobody would see why."""
    types = config.nodes_user_instance_types
    unknown = [name for name in types if name not in {kind.name for kind in in_table(types)}]
    if config.nodes_user_warm and unknown:
        allowed = f"only with instance types whose sizes are known here; {', '.join(unknown)} is none"
        yield problem(config, "nodes_user_warm", allowed, "take others in nodes.user.instance.types, or remove the key")


RULES: tuple[Rule, ...] = (
    karpenters_types_are_known,
    gpus_need_karpenter,
    every_type_holds_a_server,
    disk_holds_a_server,
    core_nodes_hold_what_always_runs,
    network_holds_all_nodes,
    room_to_keep_is_known,
)
