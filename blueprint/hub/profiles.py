"""What people choose from, as the hub's code has it (`charts/hub/profiles.py`), with amounts and prices in words."""

import math
from collections.abc import Iterator
from typing import Final

from blueprint.config import Config
from blueprint.config.facts.prices import HOME_REGION, prices
from blueprint.config.facts.services import SERVICES
from blueprint.config.machines import of, usual
from blueprint.config.offers import (
    ServerSize,
    in_table,
    keeps_others_away,
    price,
    price_without_machine,
    server_size,
    without_machine,
)
from blueprint.config.types.profiles import Choice, ImageChoice, Profile, Size
from blueprint.config.types.sizes import quantity
from blueprint.hub.names import DEDICATED, GPU_TAINT, GPUS, POOL, WITHOUT_MACHINE, pool_taint, server_account
from blueprint.hub.startup import startup_command
from blueprint.values import Values, merge


def profile_values(config: Config) -> Values:
    """`custom.profiles` of the chart's values. Lists, where the order counts: Helm sorts the keys of mappings."""
    offers = config.singleuser_profiles
    assert offers is not None
    return {"offers": [_offer(id, profile, config) for id, profile in offers.by_id.items()]}


def about_prices(config: Config) -> str:
    """What is said of the prices; nothing where there are none."""
    table, profiles = prices(config.workload_region), config.singleuser_profiles
    told = []
    if profiles and price(Size(), config) is not None:
        told.append(f"the server's share of its machine, on demand in {table.region} by EC2's list of {table.date}")
    if config.without_machines:
        told.append(f"what Fargate takes for a machine of its own in {HOME_REGION} by the list of {SERVICES.date}")
    if not told:
        return ""
    return f"Prices: {', or '.join(told)}, in US dollars. Disks, storage and traffic come on top."


def _offer(id: str, profile: Profile, config: Config) -> Values:
    return {
        "slug": id,
        "display_name": profile.title,
        "description": profile.description or "",
        "override": {
            **({"cmd": startup_command(config, id)} if profile.startup else {}),
            **(_without_machine(id) if profile.compute == "fargate" else {}),
        },
        **_allowed(profile),
        "options": [
            {"name": "image", "display_name": "Image", "choices": [*_images(profile, config)], **_own_image(profile)},
            {"name": "size", "display_name": "Size", "choices": [*_sizes(profile, config)]},
        ],
    }


def _without_machine(id: str) -> Values:
    """What has EKS take a server to Fargate, and what no other scheduler may read otherwise."""
    return {
        "extra_labels": WITHOUT_MACHINE,
        # It waits, and lands on nobody's node, even where no Fargate profile takes it.
        "scheduler_name": "fargate-scheduler",
        "node_affinity_required": [],
        "tolerations": [],
        # EKS's webhook adds a token for AWS. One for Kubernetes would let its user ask there.
        "service_account": server_account(id),
        "automount_service_account_token": False,
    }


def _allowed(choice: Choice) -> Values:
    """Who may choose something; nothing where everybody may."""
    if choice.allowed_groups is None and choice.allowed_users is None:
        return {}
    # JupyterHub writes names small.
    users = [name.lower() for name in choice.allowed_users or ()]
    return {"allowed": {"groups": choice.allowed_groups or [], "users": users}}


def _images(profile: Profile, config: Config) -> Iterator[Values]:
    usual = ImageChoice(title=config.singleuser_image.rpartition("/")[2], image=config.singleuser_image)
    for name, each in (profile.images or {"default": usual}).items():
        yield {"name": name, "display_name": each.title, "override": {"image": each.image}, **_allowed(each)}


def _own_image(profile: Profile) -> Values:
    own = profile.own_image
    if own is None:
        return {}
    return {"free": {"display_name": own.title, "pattern": own.pattern, "hint": own.hint, **_allowed(own)}}


def _sizes(profile: Profile, config: Config) -> Iterator[Values]:
    for name, each in (profile.sizes or {"default": Size()}).items():
        size = (without_machine if profile.compute == "fargate" else server_size)(each, config)
        assert size is not None  # blueprint/config/rules/fargate.py
        override = {
            "cpu_guarantee": size.cpu / 1000,
            "cpu_limit": size.cpu_limit / 1000,
            # As text: Helm writes large numbers with exponents.
            "mem_guarantee": f"{size.memory // 2**20}M",
            "mem_limit": f"{size.memory_limit // 2**20}M",
            "extra_resource_guarantees": {"ephemeral-storage": each.disk or config.singleuser_disk_guarantee},
            "extra_resource_limits": {"ephemeral-storage": each.disk or config.singleuser_disk_limit},
        }
        words = ", ".join(
            [*_amounts(size), *_disk(each), *_machine(profile, each, config), *_price(profile, each, config)]
        )
        title = f"{each.title}: {words}" if each.title else words
        override = merge(override, _placement(each, config))
        yield {"name": name, "display_name": title, "override": override, **_allowed(each)}


def _placement(size: Size, config: Config) -> Values:
    """On which nodes a server may be, if not on the usual ones, and with how many of their GPUs."""
    kind = of(size, config)
    alone = {"pod_anti_affinity_required": [_OTHER_SERVERS]} if keeps_others_away(size, config) else {}
    if kind == usual(config):
        return alone
    taints = [DEDICATED, pool_taint(kind.name), *([GPU_TAINT] if kind.has_gpus else [])]
    gpus = {GPUS: str(size.gpus)} if size.gpus else {}
    return {
        **alone,
        "node_selector": {POOL: kind.name},
        "tolerations": [{**taint, "operator": "Equal"} for taint in taints],
        "extra_resource_guarantees": gpus,
        "extra_resource_limits": gpus,
    }


_OTHER_SERVERS: Final = {
    "labelSelector": {"matchLabels": {"component": "singleuser-server"}},
    "topologyKey": "kubernetes.io/hostname",
}


def _amounts(size: ServerSize) -> Iterator[str]:
    gigabytes, most = _number(size.memory / 2**30), _number(size.memory_limit / 2**30)
    yield f"{gigabytes} GB of memory" if gigabytes == most else f"{gigabytes} to {most} GB of memory"
    cpus, most = _number(size.cpu / 1000), _number(size.cpu_limit / 1000)
    yield f"{cpus} {'CPU' if cpus == '1' else 'CPUs'}" if cpus == most else f"{cpus} to {most} CPUs"


def _disk(size: Size) -> Iterator[str]:
    if size.disk:
        yield f"{_number(quantity(size.disk) / 2**30)} GB of disk"


def _machine(profile: Profile, size: Size, config: Config) -> Iterator[str]:
    if profile.compute == "fargate":
        yield "alone on its machine"
    if size.gpus:
        kinds = " or ".join(dict.fromkeys(kind.gpu for kind in in_table(of(size, config).types)))
        yield f"{size.gpus} {'GPU' if size.gpus == 1 else 'GPUs'} ({kinds})"
    if size.capacity == "spot":
        yield "may be stopped"


def _price(profile: Profile, size: Size, config: Config) -> Iterator[str]:
    dollars = (price_without_machine if profile.compute == "fargate" else price)(size, config)
    if dollars is not None:
        bound = "at most " if of(size, config).spot else "from " if keeps_others_away(size, config) else ""
        yield f"{bound}${dollars:.2f} an hour" if dollars >= 0.1 else f"{bound}${dollars:.3f} an hour"


def _number(value: float) -> str:
    """Short, and no more than it is."""
    places = 10 if value >= 1 else 100
    return f"{math.floor(value * places) / places:g}"
