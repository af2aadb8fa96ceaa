"""What a configuration is made of is counted as its templates have it; lines are the products that they show."""

import math
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from blueprint.config import Config, load
from blueprint.config.costs.bill import at_rest, homes, of_people
from blueprint.config.costs.line import Line, total
from blueprint.config.costs.load import Load, servers, unknown_types
from blueprint.config.costs.parts import Parts, parts
from blueprint.config.costs.tariff import Tariff
from blueprint.config.facts.prices import prices
from blueprint.config.facts.services import VOLUME_THROUGHPUT
from blueprint.config.types.profiles import Size
from blueprint.constructs.compute.nodes import GP3
from tests.conftest import Synthesized
from tests.templates import kinds
from tests.templates.assembly import Assembly
from tests.templates.variants import VARIANTS

TODAY = date(2026, 11, 20)
TARIFF = Tariff(prices("us-east-1"))
LOAD = Load(50, 120, 10)


def of(variant: str, **changes: Any) -> Config:
    return load({**VARIANTS[variant], **changes}, today=TODAY).config


def lines(variant: str, **changes: Any) -> dict[str, str]:
    config = of(variant, **changes)
    both = (*at_rest(config, TARIFF, TODAY), *of_people(config, TARIFF, LOAD, servers(config, Size(), TARIFF)))
    return {line.name: line.arithmetic for line in both}


def counted(assembly: Assembly) -> Parts:
    """As the templates of the workload account have it."""
    hub, own = assembly["Hub"], [assembly[stack] for stack in ("Data", "Hub", "Dns") if stack in assembly.stacks]
    nodes = {id: each["Properties"] for id, each in hub.resources.items() if each["Type"] == kinds.NODES}
    sizes = {id: each["ScalingConfig"]["MinSize"] for id, each in nodes.items()}
    purposes = {id: each["Labels"]["hub.jupyter.org/node-purpose"] for id, each in nodes.items()}
    kept = [each["spec"]["replicas"] for (_, name), each in hub.objects.items() if name == "kept-nodes"]
    (ingress,) = (each["metadata"]["annotations"] for (kind, _), each in hub.objects.items() if kind == "Ingress")
    prefix = "alb.ingress.kubernetes.io"
    public = ingress[f"{prefix}/scheme"] == "internet-facing"
    gateways = len(hub.all(kinds.NAT))
    return Parts(
        core_nodes=sum(size for id, size in sizes.items() if purposes[id] == "core"),
        kept_nodes=sum(size for id, size in sizes.items() if purposes[id] == "user") + sum(kept),
        nat_gateways=gateways,
        addresses=gateways + (len(ingress[f"{prefix}/subnets"].split(",")) if public else 0),
        keys=sum(len(stack.all(kinds.KEY)) for stack in own),
        secrets=sum(len(stack.all(kinds.SECRET)) for stack in own),
        hosted_zones=sum(len(stack.all(kinds.ZONE)) for stack in own),
    )


@pytest.mark.parametrize(
    "variant",
    [
        "shipped",
        "parent",
        "listed subnets",
        "EBS homes",
        "internal",
        "own parts",
        "a gateway a zone",
        "four user nodes",
        "Karpenter",
        "Karpenter, own parts",
        "Cognito",
        "seed",
    ],
)
def test_parts_are_those_of_the_templates(synthesized: Synthesized, variant: str) -> None:
    config = of(variant)
    made = counted(synthesized(variant))
    # A client secret that the settings name is there before, and costs the same.
    named = config.client_secret_arn is not None
    assert parts(config) == replace(made, secrets=made.secrets + named)


@pytest.mark.parametrize("variant", VARIANTS)
def test_lines_are_the_products_that_they_show(variant: str) -> None:
    config = of(variant)
    assert not unknown_types(config, Size(), TARIFF)
    found = [
        *at_rest(config, TARIFF, TODAY),
        *of_people(config, TARIFF, LOAD, servers(config, Size(), TARIFF)),
    ]
    for line in found:
        numbers = [part.split()[0].replace(",", "") for part in line.arithmetic.split("\N{MULTIPLICATION SIGN}")]
        assert math.prod(map(float, numbers)) == pytest.approx(line.dollars, abs=0.006), line
    assert total(found) == pytest.approx(sum(line.dollars for line in found))


def test_cluster_in_extended_support_costs_six_times_as_much() -> None:
    config = of("shipped", **{"kubernetes.version": "1.33", "kubernetes.running": "1.33"})
    now, earlier = (next(at_rest(config, TARIFF, day)) for day in (TODAY, date(2026, 7, 1)))
    assert now == Line("EKS control plane, in extended support", ((730.0, "h"), (0.6, "")))
    assert now.dollars == pytest.approx(6 * earlier.dollars)


def test_throughput_above_what_is_given_is_paid_for() -> None:
    assert "Their disks, throughput" not in lines("shipped")
    assert lines("four user nodes")["Their disks, throughput"].endswith("475 MiB/s \N{MULTIPLICATION SIGN} 0.04")
    assert VOLUME_THROUGHPUT == GP3


def test_homes_on_volumes_are_paid_for_as_large_as_they_are_made() -> None:
    config = of("EBS homes", **{"storage.home.size": "20Gi"})
    assert [line.dollars for line in homes(config, TARIFF, LOAD)] == [50 * 20 * 0.08, 50 * 10 * 0.05]
    assert [line.name for line in homes(of("EBS homes", **{"storage.backup.days": 0}), TARIFF, LOAD)] == [
        "Homes on EBS"
    ]


def test_nodes_that_are_kept_are_not_paid_for_twice() -> None:
    four = lines("four user nodes")
    assert four["User nodes kept ready, m6i.xlarge"].startswith("4 \N{MULTIPLICATION SIGN} 730 h")
    assert four["User nodes, m6i.xlarge, while needed"].startswith("4 \N{MULTIPLICATION SIGN}")  # of eight
    assert "User nodes, m6i.xlarge, while needed" not in lines("shipped", **{"nodes.user.min": 8})
    assert "User nodes kept ready, m6i.xlarge" not in lines("shipped", **{"nodes.user.min": 0})


def test_room_that_a_calendar_keeps_is_paid_for_at_most_as_a_node() -> None:
    found = lines("shipped", **{"nodes.user.warm": ["weekdays 08:30-18:00 Europe/Berlin"]})
    name = "Room kept free by nodes.user.warm, at most"
    assert found[name] == "1 \N{MULTIPLICATION SIGN} 205.8 h \N{MULTIPLICATION SIGN} 0.192"
    assert name not in lines("shipped")


def test_dearest_of_several_types_counts() -> None:
    found = lines("shipped", **{"nodes.user.instance.types": "m6i.xlarge,m6id.xlarge"})
    assert found["User nodes kept ready, m6i.xlarge or m6id.xlarge"].endswith("0.2373")
    assert "User nodes, m6id.xlarge, while needed" in found


def test_types_without_a_price_are_told() -> None:
    types = {"nodes.user.instance.types": "m99i.xlarge,m6i.xlarge", "nodes.core.instance.types": "t99.large"}
    assert unknown_types(of("shipped", **types), Size(), TARIFF) == ["t99.large", "m99i.xlarge"]
