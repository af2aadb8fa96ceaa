"""What of AWS a deployment is made of and paid for while it is there, whoever uses it."""

from dataclasses import dataclass

from blueprint.config.settings import Config
from blueprint.config.types.windows import window

_WEEK = 168


@dataclass(frozen=True)
class Parts:
    """Numbers of things; tests count them in templates."""

    core_nodes: int
    kept_nodes: int
    nat_gateways: int
    addresses: int
    keys: int
    secrets: int
    hosted_zones: int


def parts(config: Config) -> Parts:
    """Those of a configuration."""
    gateways = min(config.network_nat_gateways, zones(config)) if config.network_vpc_id is None else 0
    balancer = zones(config) if config.ingress_scheme == "internet-facing" else 0
    return Parts(
        core_nodes=2 * config.nodes_core_min,
        kept_nodes=config.nodes_user_min,
        nat_gateways=gateways,
        addresses=gateways + balancer,
        keys=1 if config.storage_kms_key_arn else 2,
        secrets=2,
        hosted_zones=1 if config.dns_subzone_account == "workload" else 0,
    )


def zones(config: Config) -> int:
    """How many zones the load balancer is in; of an existing VPC that is looked up, as many as a new one would span."""
    if config.network_vpc_id is None:
        return len(config.network_zone_names) or config.network_zones
    named = config.network_subnets_public or config.network_subnets_private
    return len(named) or config.network_zones


def warm_hours(config: Config) -> float:
    """Hours of a week in which room of a node is kept free."""
    return min(sum(window(each).hours for each in config.nodes_user_warm), _WEEK)
