"""The architecture of a configuration: which things there are in which stack of which account, and how they meet."""

from collections.abc import Iterator

from blueprint.cli.diagram.elements import Architecture, Card, Group, Link
from blueprint.cli.diagram.parts import data_cards, entry_cards, node_groups, outside, zone_card
from blueprint.config import Config


def architecture(config: Config) -> Architecture:
    """Accounts, stacks in them, and what each stack makes."""
    workload = "the account of the credentials in use" if config.workload_account is None else config.workload_account
    region = "" if config.workload_region is None else f", {config.workload_region}"
    own_zone = config.dns_subzone_account == "workload"
    stacks = [
        *([Group("Stack Dns", "Dns", (zone_card(config),))] if own_zone else []),
        Group(
            "Stack Hub",
            "Hub",
            (
                Group("", "plain", tuple(entry_cards(config))),
                Group(
                    f"EKS cluster {config.name}, Kubernetes {config.kubernetes_version}",
                    "cluster",
                    tuple(node_groups(config)),
                    across=True,
                ),
            ),
            across=True,
        ),
        Group("Stack Data, which outlives the cluster", "Data", tuple(data_cards(config)), across=True),
    ]
    root = Group(
        "",
        "plain",
        (
            Group("", "plain", tuple(outside(config))),
            Group(
                "",
                "plain",
                (
                    Group(
                        f"DNS account {config.parent_dns_account}",
                        "account",
                        (
                            Card("parent", f"Zone {config.parent_hostedzone_name}", ("made by nobody here",)),
                            Group("Stack ParentDns", "ParentDns", tuple(_parent_dns(config)), across=True),
                        ),
                        across=True,
                    ),
                    Group(f"Workload account {workload}{region}", "account", tuple(stacks)),
                ),
            ),
        ),
        across=True,
    )
    return Architecture(f"{config.name}: {config.hub_url}", root, tuple(_links(config)))


def _parent_dns(config: Config) -> Iterator[Card]:
    yield Card(
        "role",
        f"Role {config.parent_dns_role}",
        ("writes the subzone's NS record",)
        if config.dns_subzone_account == "workload"
        else ("writes the hub's records", "into the subzone"),
    )
    if config.dns_subzone_account != "workload":
        yield zone_card(config)


def _links(config: Config) -> Iterator[Link]:
    yield Link("people", "balancer", "HTTPS")
    yield Link("people", "provider", "sign in")
    yield Link("balancer", "hub", "HTTP, websockets")
    yield Link("hub", "servers", "starts, and leads to")
    yield Link("hub", "database", "its volume")
    yield Link("servers", "homes", "homes" if config.storage_home == "ebs" else "homes, by NFS over TLS")
    if config.dns_subzone_account == "workload":
        yield Link("controllers", "zone", "the hub's records")
        yield Link("zone", "role", "delegation")
    else:
        yield Link("controllers", "role", "the hub's records")
