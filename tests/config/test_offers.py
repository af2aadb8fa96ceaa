"""What sizes come to: shares of the smallest node, and prices of the dearest."""

from typing import Any

import pytest

from blueprint.config import machines
from blueprint.config.facts.nodes import Amounts
from blueprint.config.offers import keeps_others_away, price, rooms, server_size
from blueprint.config.types.profiles import Size
from tests.config.seed import config

GIB = 2**30


def of(types: str = "m6i.xlarge", **changes: Any) -> Any:
    return config({"nodes.user.instance.types": types, "workload.region": "us-east-1", **changes})


@pytest.mark.parametrize("types", ["m6i.xlarge", "m6i.large", "r6i.4xlarge", "c7g.medium", "m6i.xlarge,r6i.large"])
@pytest.mark.parametrize("parts", [1, 2, 4, 8, 16, 32])
def test_as_many_servers_fit_on_a_node_as_its_share_says(types: str, parts: int) -> None:
    settings = of(types)
    size = server_size(Size(share="1" if parts == 1 else f"1/{parts}"), settings)
    assert size.memory == size.memory_limit
    for room in rooms(settings).values():
        assert room.cpu >= parts * size.cpu
        assert room.memory >= parts * size.memory
    if parts == 1:
        node = min(rooms(settings).values(), key=lambda room: room.memory)
        assert node.holds(Amounts(size.cpu, size.memory)) == 1
        assert node.memory - size.memory < 2**20


def test_whole_node_leaves_no_room_for_another_server() -> None:
    settings = of()
    whole = server_size(Size(share="1"), settings)
    (room,) = rooms(settings).values()
    left = room - Amounts(whole.cpu, whole.memory)
    assert left.holds(Amounts(10, 2**27)) == 0


def test_share_may_use_the_cpus_of_the_whole_node() -> None:
    size, whole = server_size(Size(share="1/4"), of()), server_size(Size(share="1"), of())
    assert (size.cpu, size.cpu_limit) == (whole.cpu // 4, whole.cpu)


@pytest.mark.parametrize(("share", "dollars"), [("1", 0.192), ("1/2", 0.096), ("1/8", 0.024)])
def test_share_costs_its_part_of_the_node(share: str, dollars: float) -> None:
    found = price(Size(share=share), of())
    assert found == pytest.approx(dollars, rel=0.001)


def test_larger_of_the_two_parts_is_what_a_server_takes_from_others() -> None:
    (room,) = rooms(of()).values()
    found = price(Size(cpu=0.1, memory="7G"), of())
    assert found == pytest.approx(0.192 * 7 * GIB / room.memory)


def test_disk_counts_as_well() -> None:
    found = price(Size(share="1/8", disk="45Gi"), of())
    assert found == pytest.approx(0.192 * 45 / 89)


def test_dearest_type_counts() -> None:
    settings = of("m6i.xlarge,m6id.xlarge")
    assert price(Size(share="1"), settings) == pytest.approx(0.2373, rel=0.001)


def test_whole_node_costs_all_of_it() -> None:
    """Karpenter takes the cheapest that is to be had; with spot nobody knows which."""
    settings = of("m6i.xlarge,m6i.4xlarge")
    assert price(Size(share="1"), settings) == pytest.approx(0.192)
    assert price(Size(share="1", capacity="spot"), settings) == pytest.approx(0.768)
    assert price(Size(share="1/2"), settings) == pytest.approx(0.096, rel=0.01)
    assert [keeps_others_away(Size(share=each), settings) for each in ("1", "1/2")] == [True, False]
    assert not keeps_others_away(Size(share="1"), of("m6i.xlarge"))


@pytest.mark.parametrize(
    ("size", "types"),
    [
        pytest.param(Size(share="1", instance_types=["m6i.*"]), ("m6i.large",), id="all of a machine"),
        pytest.param(
            Size(share="1", cpu=7, memory="28G", instance_types=["m7i.*", "m6i.*"]),
            ("m6i.2xlarge", "m7i.2xlarge"),
            id="all of a machine of some size, of each family",
        ),
        pytest.param(Size(share="1", cpu=8, instance_types=["m6i.*"]), ("m6i.4xlarge",), id="what a node keeps counts"),
        pytest.param(Size(cpu=2, memory="20G", instance_types=["m6i.*"]), ("m6i.2xlarge",), id="amounts"),
        pytest.param(
            Size(instance_types=["c6i.*"], cpu=1), ("c6i.large",), id="and the settings' where none are given"
        ),
        pytest.param(Size(share="1", gpus=4, instance_types=["g5.*"]), ("g5.12xlarge",), id="GPUs"),
        pytest.param(Size(share="1", cpu=100, instance_types=["m7i.*"]), ("m7i.48xlarge",), id="no bare metal"),
        pytest.param(
            Size(share="1", instance_types=["m6i.*", "c6i.xlarge"]), ("c6i.xlarge", "m6i.large"), id="beside others"
        ),
        pytest.param(Size(cpu=100, instance_types=["t3.*"]), (), id="none"),
    ],
)
def test_of_a_family_the_smallest_machine_that_suffices_is_meant(size: Size, types: tuple[str, ...]) -> None:
    assert machines.of(size, of()).types == types


def test_type_without_a_price_has_none() -> None:
    settings = of("m6i.7xlarge")
    assert price(Size(cpu=1), settings) is None
