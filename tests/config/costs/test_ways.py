"""Other ways, and where the hub begins to cost less."""

from datetime import date
from typing import Any

import pytest

from blueprint.config.costs.load import Load, servers
from blueprint.config.costs.tariff import Tariff
from blueprint.config.costs.ways import MOST_PEOPLE, Way, cheaper_from, ways
from blueprint.config.facts.prices import prices
from blueprint.config.types.profiles import Size
from tests.config.seed import config

TARIFF = Tariff(prices("us-east-1"))
LOAD = Load(50, 120, 10)


def of(changes: dict[str, Any] | None = None, size: Size | None = None, *, on_fargate: bool = False) -> dict[str, Way]:
    settings = config(changes or {})
    started = servers(settings, size or Size(), TARIFF, on_fargate=on_fargate)
    found = ways(settings, TARIFF, started, date(2026, 11, 20))
    return {each.id: each for each in found}


def arithmetic(way: Way) -> list[str]:
    return [line.arithmetic.replace("\N{MULTIPLICATION SIGN}", "x") for line in way.lines(LOAD) or []]


@pytest.mark.parametrize("other", ["own", "own-always", "one"])
def test_from_the_break_even_on_the_hub_costs_less(other: str) -> None:
    found = of()
    people = cheaper_from(found["hub"], found[other], LOAD)
    assert people is not None

    def cheaper(count: int) -> bool:
        load = Load(count, LOAD.hours, LOAD.gigabytes)
        ours, theirs = found["hub"].dollars(load), found[other].dollars(load)
        assert ours is not None
        return theirs is None or ours <= theirs

    assert not cheaper(people - 1)
    assert all(cheaper(count) for count in range(people, MOST_PEOPLE + 1, 7))


def test_break_even_that_is_not_reached_is_none() -> None:
    found = of()
    assert cheaper_from(found["hub"], found["fargate"], LOAD) is None


def test_machine_of_ones_own_holds_what_a_server_gets_at_most() -> None:
    assert of()["own"].remark == "m6i.large"
    assert of({"singleuser.memory.limit": "16G"})["own"].remark == "m6i.xlarge"
    assert of({"nodes.user.instance.types": "m7g.xlarge"})["own"].remark == "m7g.large"
    assert arithmetic(of()["own"])[0] == "50 x 120 h x 0.096"
    assert arithmetic(of()["own-always"])[0] == "50 x 730 h x 0.096"


def test_big_machine_holds_all_who_are_there_at_a_time() -> None:
    # 50 x 0.5 CPUs and the hub's: 32 CPUs.
    assert arithmetic(of()["one"])[0] == "730 h x 1.536"
    few = Load(50, 10, 10)
    assert few.peak == 6
    (machine, *_) = of()["one"].lines(few) or []
    assert machine.name == "Machine, m6i.xlarge"


def test_no_machine_is_large_enough_for_a_thousand() -> None:
    assert of()["one"].dollars(Load(5000, 120, 10)) is None


def test_fargate_bills_each_server_and_needs_no_user_nodes() -> None:
    found = [line.name for line in of()["fargate"].lines(LOAD) or []]
    assert "Servers" in found
    assert not [name for name in found if name.startswith("User nodes")]
    # Half a CPU and 2 GB, to which 1.25 are rounded up.
    hour = 0.5 * 0.04048 + 2 * 0.004445
    assert f"50 x 120 h x {hour:.6f}".rstrip("0") in arithmetic(of()["fargate"])


def test_fargate_has_no_gpus_and_nothing_larger_than_sixteen_cpus() -> None:
    large = {"singleuser.cpu.guarantee": 17, "singleuser.cpu.limit": 17, "nodes.user.instance.types": "m6i.8xlarge"}
    assert of(large)["fargate"].dollars(LOAD) is None
    size = Size(instance_types=["g4dn.xlarge"], gpus=1)
    gpus = {"nodes.user.scaling": "karpenter", "nodes.gpu.max": 1}
    assert of(gpus, size)["fargate"].dollars(LOAD) is None
    assert of(gpus, size)["own"].remark == "g4dn.xlarge"


LARGE = Size(cpu=4, memory="16G", disk="100Gi")


def test_hub_whose_servers_are_on_fargate_bills_each_and_its_other_way_is_nodes() -> None:
    found = of(size=LARGE, on_fargate=True)
    assert [*found] == ["hub", "own", "own-always", "nodes", "one"]
    lines = {line.name: line for line in found["hub"].lines(LOAD) or []}
    # 256 MB more are Fargate's own, and rounded up; of the disk 100 GiB, a tenth and 5 more, and 20 are not billed.
    hour = 4 * 0.04048 + 17 * 0.004445 + 95 * 0.000111
    assert lines["Servers on Fargate, 4 CPUs and 17 GB"].dollars == pytest.approx(50 * 120 * hour, abs=0.01)
    assert not [name for name in lines if name.startswith("User nodes, ")]
    assert not [line for line in found["nodes"].lines(LOAD) or [] if line.name.startswith("Servers")]
    assert found["nodes"].dollars(LOAD) is None  # on none of the usual nodes is room for it
    assert found["nodes"].remark == "none is large enough"
    fits = of({"nodes.user.instance.types": "m6i.4xlarge", "nodes.disk.size": 200}, LARGE, on_fargate=True)["nodes"]
    assert "User nodes, m6i.4xlarge, while needed" in [line.name for line in fits.lines(LOAD) or []]


def test_on_fargate_a_machine_each_has_what_is_paid_for_there() -> None:
    """16 GB and what is rounded up: no more fit into 16 GiB."""
    assert of(size=Size(cpu=4, memory="16G"), on_fargate=True)["own"].remark == "m6i.2xlarge"


def test_hub_on_fargate_costs_what_the_row_beside_nodes_says() -> None:
    none_kept = {"nodes.user.min": 0}
    assert of(none_kept, on_fargate=True)["hub"].dollars(LOAD) == of(none_kept)["fargate"].dollars(LOAD)
    assert of(none_kept, on_fargate=True)["nodes"].dollars(LOAD) == of(none_kept)["hub"].dollars(LOAD)


def test_whole_machine_of_several_sizes_is_reckoned_as_the_cheapest_and_for_one() -> None:
    settings = config({"nodes.user.scaling": "karpenter"})
    found = servers(settings, Size(share="1", instance_types=["m6i.xlarge", "m6i.4xlarge"]), TARIFF)
    assert (found.type, found.on_a_node) == ("m6i.xlarge", 1)
