"""Contradictions in the cluster's network, nodes, storage and notebook servers."""

from collections.abc import Iterator

from blueprint.config.facts.kubernetes import KARPENTER_FROM, MINORS
from blueprint.config.facts.zones import FEWER
from blueprint.config.problems import Problem
from blueprint.config.rules.rule import Rule, Surroundings, problem
from blueprint.config.settings import Config
from blueprint.config.types import sizes


def minor_can_be_had(config: Config, surroundings: Surroundings) -> Iterator[Problem]:
    """EKS makes clusters of minors with support, and takes one that runs up one minor at a time."""
    version, running = config.kubernetes_version, config.kubernetes_running
    minors = list(MINORS)
    if running is None and MINORS[version].support(surroundings.today) == "none":
        offered = [each for each in minors if MINORS[each].support(surroundings.today) != "none"]
        allowed = f"{', '.join(offered)}: EKS makes no new cluster of {version} since {MINORS[version].extended_ends}"
        fix = f'take one of them; where a cluster runs {version} already, say so: "kubernetes.running": "{version}"'
        yield problem(config, "kubernetes_version", allowed, fix)
    if running is not None and minors.index(version) - minors.index(running) not in (0, 1):
        allowed = f"kubernetes.running ({running}) or the minor after it: EKS goes up one at a time, and never down"
        yield problem(config, "kubernetes_version", allowed, "go there minor by minor, or correct kubernetes.running")


def karpenter_runs_on_the_minor(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Older ones lack what it asks Kubernetes for."""
    minors = list(MINORS)
    old = minors.index(config.kubernetes_version) < minors.index(KARPENTER_FROM)
    if config.nodes_user_scaling == "karpenter" and old:
        allowed = f"managed with Kubernetes {config.kubernetes_version}: Karpenter needs {KARPENTER_FROM} or newer"
        yield problem(config, "nodes_user_scaling", allowed, "raise kubernetes.version, or set it to managed")


def tags_are_not_karpenters(config: Config, _: Surroundings) -> Iterator[Problem]:
    """By these it knows its own, and it refuses a class of nodes that would set them otherwise."""
    if config.nodes_user_scaling == "karpenter":
        beginnings = ("kubernetes.io/cluster", "karpenter.sh/", "karpenter.k8s.aws/", "eks:eks-cluster-name")
        if its_own := [key for key in config.tags if key.startswith(beginnings)]:
            allowed = f"with karpenter, none of the tags by which it knows its instances: {', '.join(its_own)}"
            yield problem(config, "tags", allowed, "remove these")


def api_addresses_fit_its_endpoint(config: Config, _: Surroundings) -> Iterator[Problem]:
    """A public API says who reaches it; a private one has nobody to name."""
    if config.api_endpoint == "public" and not config.api_allowed_cidrs:
        allowed = "at least one IPv4 range that may reach the public Kubernetes API"
        fix = 'for example "api.allowed.cidrs": ["203.0.113.0/24"]'
        yield problem(config, "api_allowed_cidrs", allowed, fix)
    if config.api_endpoint == "private" and config.api_allowed_cidrs:
        fix = 'remove it, or set "api.endpoint": "public"'
        yield problem(config, "api_allowed_cidrs", "only with api.endpoint public", fix)


def new_and_existing_vpc_do_not_mix(config: Config, _: Surroundings) -> Iterator[Problem]:
    """A VPC is described to be made, or named because it is there."""
    new = ("network_cidr", "network_zones", "network_nat_gateways")
    existing = ("network_subnets_private", "network_subnets_public")
    vpc = config.network_vpc_id
    if vpc is None:
        allowed, fix = "only with network.vpc.id", "remove it, or set network.vpc.id"
    else:
        allowed, fix = "only for a new VPC, without network.vpc.id", "remove it, or remove network.vpc.id"
    for attribute in existing if vpc is None else new:
        if attribute in config.model_fields_set and getattr(config, attribute, None):
            yield problem(config, attribute, allowed, fix)


def nat_gateways_fit_zones(config: Config, _: Surroundings) -> Iterator[Problem]:
    """A zone needs no second NAT gateway."""
    zones = len(config.network_zone_names) or config.network_zones
    if config.network_vpc_id is None and config.network_nat_gateways > zones:
        yield problem(config, "network_nat_gateways", f"at most one for each of {zones} zones", f"set it to {zones}")


def named_zones_of_a_new_vpc_are_its_number(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Zones are counted or named; where they are both, the two agree."""
    names = config.network_zone_names
    if config.network_vpc_id is not None or not names:
        return
    if not 2 <= len(names) <= 3:
        yield problem(config, "network_zone_names", "two or three zones for a new VPC", "name two or three")
    elif "network_zones" in config.model_fields_set and len(names) != config.network_zones:
        allowed = f"as many as network.zone.names has ({len(names)})"
        yield problem(config, "network_zones", allowed, "remove network.zones")


def region_has_the_zones(config: Config, surroundings: Surroundings) -> Iterator[Problem]:
    """Some regions have fewer zones than others."""
    region = config.workload_region or surroundings.region or ""
    most, names = FEWER.get(region, 3), config.network_zone_names
    if config.network_vpc_id is None and (len(names) or config.network_zones) > most:
        allowed = f"at most {most} in {region}: an account finds no more zones there that can hold EKS"
        if names:
            yield problem(config, "network_zone_names", allowed, f"name {most}")
        else:
            yield problem(config, "network_zones", allowed, f'set "network.zones": {most}, or take another region')


def subnets_fit_zones(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Each zone has its private subnet, and its public one unless the hub is internal."""
    private, public, zones = (
        config.network_subnets_private,
        config.network_subnets_public,
        config.network_zone_names,
    )
    if config.network_vpc_id is None or not (private or public or zones):
        return
    one_each = "give one of each zone, in the order of network.zone.names"
    if len(zones) < 2:
        fix = "name the zones of the subnets, in their order"
        yield problem(config, "network_zone_names", "at least two availability zones", fix)
    if len(private) != len(zones):
        allowed = f"as many subnets as network.zone.names has zones ({len(zones)})"
        yield problem(config, "network_subnets_private", allowed, one_each)
    if len(public) != len(zones) and (public or config.ingress_scheme == "internet-facing"):
        allowed = f"as many subnets as network.zone.names has zones ({len(zones)})"
        fix = one_each if public else f'{one_each}, or set "ingress.scheme": "internal"'
        yield problem(config, "network_subnets_public", allowed, fix)


def subnets_and_zones_stand_once(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Their order tells which belongs to which."""
    for attribute in ("network_subnets_private", "network_subnets_public", "network_zone_names"):
        names = getattr(config, attribute, [])
        twice = dict.fromkeys(each for each in names if names.count(each) > 1)
        if twice:
            yield problem(config, attribute, f"each once: {', '.join(twice)} stands twice", "name others, or fewer")


def subnets_are_public_or_private(config: Config, _: Surroundings) -> Iterator[Problem]:
    """A subnet has a way in, or none."""
    both = [each for each in config.network_subnets_public if each in config.network_subnets_private]
    if both:
        allowed = f"subnets that network.subnets.private does not name ({', '.join(both)})"
        yield problem(config, "network_subnets_public", allowed, "name each in one of the two lists")


def looked_up_vpc_has_an_environment(config: Config, surroundings: Surroundings) -> Iterator[Problem]:
    """CDK looks a VPC up in one account and region."""
    if config.network_vpc_id is None or config.network_subnets_private:
        return
    if config.network_subnets_public or config.network_zone_names:
        return
    for attribute, known in (
        ("workload_account", surroundings.account),
        ("workload_region", surroundings.region),
    ):
        if getattr(config, attribute) is None and known is None:
            allowed = "given, or known from AWS credentials: CDK looks up the subnets of network.vpc.id there"
            fix = "set it, or name the subnets: network.subnets.private, network.subnets.public, network.zone.names"
            yield problem(config, attribute, allowed, fix)


def zones_are_of_the_region(config: Config, surroundings: Surroundings) -> Iterator[Problem]:
    """The subnets lie in the cluster's region."""
    region = config.workload_region or surroundings.region
    if region is not None and any(zone[:-1] != region for zone in config.network_zone_names):
        fix = "take zones of that region, or correct workload.region"
        yield problem(config, "network_zone_names", f"zones of the region {region}", fix)


def nodes_have_room(group: str) -> Rule:
    """No group of nodes starts above its maximum."""

    def rule(config: Config, _: Surroundings) -> Iterator[Problem]:
        highest = getattr(config, f"nodes_{group}_max")
        if getattr(config, f"nodes_{group}_min") > highest:
            allowed = f"at most nodes.{group}.max ({highest})"
            yield problem(config, f"nodes_{group}_min", allowed, f"lower it, or raise nodes.{group}.max")

    return rule


def shared_directory_needs_efs(config: Config, _: Surroundings) -> Iterator[Problem]:
    """There is no EFS where homes are on EBS."""
    if config.storage_home == "ebs" and config.storage_shared:
        allowed = "false with storage.home ebs: the directory lives on EFS"
        yield problem(config, "storage_shared", allowed, 'remove it, or set "storage.home": "efs"')


def team_directories_need_efs(config: Config, _: Surroundings) -> Iterator[Problem]:
    """A volume of EBS is one user's."""
    if config.storage_home == "ebs" and config.team_directories:
        allowed = "none with storage.home ebs: the directories live on EFS"
        yield problem(config, "team_directories", allowed, 'remove it, or set "storage.home": "efs"')


def cpu_limit_holds_its_guarantee(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Kubernetes refuses a request above the limit."""
    limit = config.singleuser_cpu_limit
    if config.singleuser_cpu_guarantee > limit:
        allowed = f"at most singleuser.cpu.limit ({limit:g})"
        fix = "lower it, or raise singleuser.cpu.limit"
        yield problem(config, "singleuser_cpu_guarantee", allowed, fix)


def memory_limit_holds_its_guarantee(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Kubernetes refuses a request above the limit."""
    limit = config.singleuser_memory_limit
    if sizes.memory(config.singleuser_memory_guarantee) > sizes.memory(limit):
        allowed = f"at most singleuser.memory.limit ({limit})"
        fix = "lower it, or raise singleuser.memory.limit"
        yield problem(config, "singleuser_memory_guarantee", allowed, fix)


def idle_servers_stop_before_busy_ones(config: Config, _: Surroundings) -> Iterator[Problem]:
    """A server that is used is not stopped sooner than one that is not."""
    timeout = config.culling_timeout
    if config.culling_enabled and 0 < config.culling_max_age < timeout:
        allowed = f"0, or at least culling.timeout ({timeout}): it ends busy servers too"
        yield problem(config, "culling_max_age", allowed, "raise it, lower culling.timeout, or remove it")


def disk_limit_holds_its_guarantee(config: Config, _: Surroundings) -> Iterator[Problem]:
    """Kubernetes refuses a request above the limit."""
    limit = config.singleuser_disk_limit
    if sizes.quantity(config.singleuser_disk_guarantee) > sizes.quantity(limit):
        allowed = f"at most singleuser.disk.limit ({limit})"
        fix = "lower it, or raise singleuser.disk.limit"
        yield problem(config, "singleuser_disk_guarantee", allowed, fix)


RULES: tuple[Rule, ...] = (
    minor_can_be_had,
    karpenter_runs_on_the_minor,
    tags_are_not_karpenters,
    api_addresses_fit_its_endpoint,
    new_and_existing_vpc_do_not_mix,
    nat_gateways_fit_zones,
    named_zones_of_a_new_vpc_are_its_number,
    region_has_the_zones,
    subnets_fit_zones,
    subnets_and_zones_stand_once,
    subnets_are_public_or_private,
    looked_up_vpc_has_an_environment,
    zones_are_of_the_region,
    nodes_have_room("core"),
    nodes_have_room("user"),
    shared_directory_needs_efs,
    team_directories_need_efs,
    cpu_limit_holds_its_guarantee,
    memory_limit_holds_its_guarantee,
    idle_servers_stop_before_busy_ones,
    disk_limit_holds_its_guarantee,
)
