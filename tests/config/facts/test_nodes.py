"""What a node keeps for itself, by nodeadm's formulas, and what runs on nodes, by the charts' values."""

from typing import Any

import pytest

from blueprint.config.facts.instances import TABLE, architecture, known, known_on
from blueprint.config.facts.nodes import CORE, EVERY_NODE, HUB, Amounts, kept_cpu, kept_memory, most_pods, room
from blueprint.values import file_values
from blueprint.versions import JUPYTERHUB, KARPENTER, KARPENTER_DEFINITIONS, charts
from tools import instance_types

ADDONS = Amounts(2 * 100 + 2 * 100 + 2 * 60, (2 * 70 + 2 * 200 + 2 * 240) * 2**20, 0, 8)
"""CoreDNS, metrics-server, and the controllers of the storage drivers, two of each."""


def test_table_is_what_ec2_tells() -> None:
    assert TABLE.read_text() == instance_types.made(offline=True), "tools/instance_types.py --offline"


def test_table_has_a_day() -> None:
    assert known_on() in instance_types.MOTO.values()


def test_names_tell_the_architecture_of_all_known_types() -> None:
    assert {kind.name for kind in known().values() if architecture(kind.name) != kind.architecture} == set()


# Source: config_test.go and the file of maximum pods in amazon-eks-ami.
@pytest.mark.parametrize(
    ("instance_type", "millicores", "pods"),
    [("m6i.large", 70, 29), ("m6i.xlarge", 80, 58), ("m6i.2xlarge", 90, 58), ("m6i.12xlarge", 190, 234)],
)
def test_a_node_keeps_what_nodeadm_says(instance_type: str, millicores: int, pods: int) -> None:
    kind = known()[instance_type]
    assert round(1000 * kept_cpu(kind.cpus)) == millicores
    assert most_pods(kind.interfaces, kind.addresses) == pods
    assert kept_memory(pods) == 255 + 11 * pods + 100


def test_a_large_node_has_no_more_pods_than_eks_gives_it() -> None:
    assert [room(known()[name], 100).pods + EVERY_NODE.pods for name in ("m6i.4xlarge", "m6i.24xlarge")] == [110, 250]


def requested(values: dict[str, Any]) -> Amounts:
    resources = values.get("resources") or values["controller"]["resources"]
    cpu, memory = resources["requests"]["cpu"], resources["requests"]["memory"]
    return Amounts(int(cpu.removesuffix("m")), int(memory.removesuffix("Mi")) * 2**20)


REPLICAS = {KARPENTER.name: 2}
"""The charts' own."""


@pytest.mark.parametrize("scaling", CORE)
def test_core_pods_ask_for_what_their_charts_values_say(scaling: str) -> None:
    hub = file_values(JUPYTERHUB.name)
    pods = [requested(hub["hub"]), requested(hub["proxy"]["chp"])]
    for chart in charts(scaling):
        if chart not in (JUPYTERHUB, KARPENTER_DEFINITIONS):
            values = file_values(chart.name)
            pods += [requested(values)] * values.get("replicaCount", REPLICAS.get(chart.name, 1))
    assert pods[0] == HUB
    assert sum(pods, ADDONS) == CORE[scaling]


def test_the_image_puller_is_counted() -> None:
    puller = requested(file_values(JUPYTERHUB.name)["prePuller"])
    others = Amounts(180, 120 * 2**20, 0, 5)
    assert others + puller == EVERY_NODE
