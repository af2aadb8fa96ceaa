"""What there is to say of a bill: as whose region's it was reckoned, what may come on top, and what may be less."""

from collections.abc import Iterator

from blueprint.config.costs.load import Load, Servers
from blueprint.config.costs.tariff import Tariff
from blueprint.config.facts.prices import HOME_REGION
from blueprint.config.settings import Config


def remarks(config: Config, tariff: Tariff, load: Load, servers: Servers) -> Iterator[str]:
    """Each in a sentence or two."""
    yield from _of_prices(config, tariff)
    yield from _of_servers(config, load, servers)
    yield from _of_storage(config, tariff, load)
    if config.network_vpc_id is not None:
        text = "The NAT gateways of the existing VPC are whoever's it is."
        if not (config.network_subnets_public or config.network_subnets_private):
            text += f" Its zones are looked up when the hub is synthesized: {config.network_zones} are reckoned with."
        yield text
    services = tariff.services
    yield (
        f"Not counted: traffic ({services.nat_gateway_gb:g} a GB through a NAT gateway, images of new nodes among it, "
        f"{services.load_balancer_unit_hour:g} through the load balancer, {services.internet_gb:g} to the internet), "
        f"logs ({services.log_gb:g} a GB), tax, and free tiers."
    )


def _of_prices(config: Config, tariff: Tariff) -> Iterator[str]:
    region, of = config.workload_region, tariff.instances.region
    if region is None:
        yield f"The settings name no region: the prices are those of {of}."
    elif region != of:
        yield (
            f"The table of instance prices lacks {region}, so {of} stands in for it: ask AWS with --live, or add it "
            f"with .venv/bin/python tools/instance_prices.py {region}."
        )
    if region not in (None, HOME_REGION) and region == of:
        yield f"The prices of other services than EC2's instances are those of {HOME_REGION}."


def _of_servers(config: Config, load: Load, servers: Servers) -> Iterator[str]:
    if servers.machines.spot:
        yield "Spot instances are reckoned as if on demand, which is the most that they cost."
    needed, most = servers.nodes(load), servers.machines.most
    if needed > most:
        key = "nodes.gpu.max" if servers.machines.has_gpus else "nodes.user.max"
        text = f"{load.peak} servers at a time need {needed} nodes, and {key} is {most}"
        yield f"{text}: this is what they cost once it is {needed}."
    if 0 < config.singleuser_servers_max < load.peak:
        limit = config.singleuser_servers_max
        yield f"singleuser.servers.max is {limit}, and {load.peak} people want a server at a time: some will have none."
    if not config.culling_enabled:
        yield "culling.enabled is false: servers run until somebody stops them, which may be longer than reckoned here."


def _of_storage(config: Config, tariff: Tariff, load: Load) -> Iterator[str]:
    services = tariff.services
    if config.storage_home != "efs":
        return
    if days := config.storage_efs_archive_days:
        least = load.people * load.gigabytes * services.archived_files_gb
        yield (
            f"Files that nobody opens for {days} days cost {services.archived_files_gb:g} a GB instead of "
            f"{services.files_gb:g}: were it all of them, homes would cost {least:,.2f}."
        )
    if config.storage_efs_throughput == "elastic":
        yield (
            f"EFS counts what is read and written as well: {services.files_read_gb:g} and "
            f"{services.files_written_gb:g} a GB."
        )
