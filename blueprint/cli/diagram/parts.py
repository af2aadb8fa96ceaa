"""The cards of an architecture: what the settings say of each thing, in few words."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from blueprint.cli.diagram.elements import Card, Group
from blueprint.config import Config
from blueprint.config.costs.parts import parts, zones
from blueprint.config.machines import USUAL, Machines, machines
from blueprint.versions import charts


def outside(config: Config) -> Iterator[Card]:
    """Who comes, and who says who they are."""
    if config.identity_provider == "cognito":
        yield Card("provider", "Amazon Cognito", ("the pool in the stack Data",))
    else:
        host = urlsplit(config.auth_url or "").netloc
        yield Card("provider", "Identity provider", (host, "signs people in", "tells the hub who they are"))
    yield Card("people", "People", ("with a browser",))


def zone_card(config: Config) -> Card:
    """The hub's zone."""
    lines = (f"{config.jupyterhub_subzone_name}", "leads to the load balancer")
    return Card("zone", f"Zone {config.dev_subzone_name}", lines, {"AWS::Route53::HostedZone": 1})


def entry_cards(config: Config) -> Iterator[Card]:
    """The way in, and the way out."""
    if config.network_vpc_id is None:
        count = parts(config).nat_gateways
        yield Card(
            "egress",
            _counted(count, "NAT gateway"),
            ("the way to the internet",),
            {"AWS::EC2::NatGateway": count, "AWS::EC2::EIP": count},
        )
    if config.certificate_arn is not None:
        yield Card("certificate", "Certificate", ("one of your own",))
    elif config.dns_subzone_account == "workload":
        yield Card(
            "certificate", "Certificate", ("of ACM, renewed by itself",), {"AWS::CertificateManager::Certificate": 1}
        )
    else:
        yield Card(
            "certificate", "Certificate", ("of ACM, renewed by itself",), {"Custom::CertificateAcrossAccounts": 1}
        )
    if config.cost_budget is not None:
        yield Card("budget", "Budget", (f"{config.cost_budget:,g} US dollars a month",), {"AWS::Budgets::Budget": 1})
    lines = [f"{config.ingress_scheme}, TLS 1.3", "made by its controller"]
    if config.ingress_waf_arn is not None:
        lines.append("behind AWS WAF")
    if config.ingress_logs_bucket is not None:
        lines.append(f"logs to {config.ingress_logs_bucket}")
    yield Card("balancer", "Load balancer", tuple(lines))


def node_groups(config: Config) -> Iterator[Group]:
    """Nodes of the core, and of users."""
    core = (
        f"{' or '.join(config.nodes_core_instance_types)}, {2 * config.nodes_core_min} to {2 * config.nodes_core_max}"
    )
    if config.nodes_user_scaling == "karpenter":
        core = f"{' or '.join(config.nodes_core_instance_types)}, {2 * config.nodes_core_min}"
    addons = 6 + (config.storage_home == "efs") + config.has_bucket_folders
    queue = {"AWS::SQS::Queue": 1} if config.nodes_user_scaling == "karpenter" else {}
    yield Group(
        f"Core nodes: {core}",
        "nodes",
        (
            Card(
                "controllers",
                "Controllers and add-ons",
                tuple(
                    _columns([chart.name for chart in charts(config.nodes_user_scaling) if chart.name != "jupyterhub"])
                ),
                {"AWS::EKS::Nodegroup": 2, "AWS::EKS::Addon": addons, **queue},
            ),
            Card(
                "hub",
                "JupyterHub",
                ("hub and proxy", "secrets and disks are encrypted"),
                {
                    "AWS::EKS::Cluster": 1,
                    "AWS::KMS::Key": 1,
                    "Custom::AWSCDK-EKS-HelmChart": len(charts(config.nodes_user_scaling)),
                },
                "Hub",
            ),
        ),
    )
    karpenter = config.nodes_user_scaling == "karpenter"
    kinds = [*machines(config)]
    yield Group(
        f"User nodes, {'by Karpenter' if karpenter else 'in managed groups'}",
        "nodes",
        (
            *(_pool(config, kind) for kind in kinds),
            *_without_machines(config),
            Card(
                "servers",
                "JupyterLab",
                (
                    "a server for each person",
                    config.singleuser_image.rpartition("/")[2],
                    *(("with rights in AWS by group",) if config.aws_access else ()),
                ),
                style="Hub",
            ),
        ),
    )


def _without_machines(config: Config) -> Iterator[Card]:
    if titles := [each.title for each in config.without_machines.values()]:
        yield Card(
            "fargate", "Fargate", (", ".join(titles), "a machine for each server"), {"AWS::EKS::FargateProfile": 1}
        )


def _pool(config: Config, kind: Machines) -> Card:
    name = "user" if kind.name == USUAL else kind.name
    least = config.nodes_user_min if kind.name == USUAL else 0
    lines = [
        " or ".join(kind.types[:3]) + (f" and {len(kind.types) - 3} more" if len(kind.types) > 3 else ""),
        f"{least} to {kind.most}, {'spot' if kind.spot else 'on demand'}{', GPUs' if kind.has_gpus else ''}",
    ]
    if config.nodes_user_scaling == "karpenter":
        return Card(f"pool-{name}", f"Pool {name}", tuple(lines), {"NodePool": 1})
    groups = zones(config) if config.storage_home == "efs" else 1
    lines.append(f"{_counted(groups, 'group')}, {'one a zone' if groups > 1 else 'in the zone of the homes'}")
    return Card(f"pool-{name}", "Node groups", tuple(lines), {"AWS::EKS::Nodegroup": groups})


def data_cards(config: Config) -> Iterator[Card]:
    """What outlives a cluster."""
    if config.network_vpc_id is None:
        lines = (f"{config.network_cidr}, {_counted(zones(config), 'zone')}", "with flow logs")
        yield Card("network", "VPC", lines, {"AWS::EC2::VPC": 1, "AWS::EC2::FlowLog": 1})
    else:
        yield Card("network", f"VPC {config.network_vpc_id}", ("which was there",))
    yield Card("database", "The hub's database", (f"EBS, {config.storage_database_size} GiB",), {"AWS::EC2::Volume": 1})
    if config.storage_home == "efs":
        yield Card("homes", "Homes on EFS", ("a directory for each person",), {"AWS::EFS::FileSystem": 1})
    else:
        yield Card("homes", "Homes on EBS", (f"a volume of {config.storage_home_size} each", "made by its driver"))
    keys = 0 if config.storage_kms_key_arn else 1
    days = config.storage_backup_days
    vault = {"AWS::Backup::BackupVault": 1, "AWS::Backup::BackupPlan": 1} if days else {"AWS::Backup::BackupVault": 1}
    yield Card("backups", "AWS Backup", (f"daily, kept {days} days" if days else "no plan",), vault)
    yield Card(
        "keys",
        "Key and secrets",
        ("one of your own" if not keys else "KMS, of this deployment", _secrets(config)),
        {"AWS::KMS::Key": keys} if keys else {},
    )
    if config.identity_provider == "cognito":
        invited = ("whom an admin invites",)
        yield Card("pool", "Cognito user pool", invited, {"AWS::Cognito::UserPool": 1})


def _secrets(config: Config) -> str:
    return (
        "client secret, state key"
        if config.client_secret_arn is None
        else f"{config.client_secret_arn.rpartition(':')[2]}"
    )


def _columns(words: list[str]) -> Iterator[str]:
    """Two a line."""
    for start in range(0, len(words), 2):
        yield ", ".join(words[start : start + 2])


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
