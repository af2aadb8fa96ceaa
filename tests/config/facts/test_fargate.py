"""What Fargate makes of a pod, by the examples that AWS gives."""

import pytest

from blueprint.config.facts.fargate import Machine, disk, hour, largest, machine
from blueprint.config.facts.nodes import Amounts
from blueprint.config.facts.services import SERVICES

GIB = 2**30


@pytest.mark.parametrize(
    ("cpu", "gigabytes", "expected"),
    [
        pytest.param(1000, 8, Machine(2, 9), id="AWS's own example: more CPUs than asked, for the memory"),
        pytest.param(100, 0.2, Machine(0.25, 0.5), id="the smallest"),
        pytest.param(250, 0.5, Machine(0.25, 1), id="the kubelet's part counts"),
        pytest.param(250, 1.75, Machine(0.25, 2), id="and fits to the byte"),
        pytest.param(250, 2.5, Machine(0.5, 3), id="three do not exist with the least of CPUs"),
        pytest.param(251, 0.2, Machine(0.5, 1), id="a thousandth more"),
        pytest.param(1000, 0.5, Machine(1, 2), id="the least memory of a CPU"),
        pytest.param(4000, 29.75, Machine(4, 30), id="the most of four CPUs"),
        pytest.param(4000, 30, Machine(8, 32), id="steps of four"),
        pytest.param(8001, 33, Machine(16, 40), id="steps of eight"),
        pytest.param(16000, 119.75, Machine(16, 120), id="the largest"),
    ],
)
def test_amounts_are_rounded_up_to_what_there_is(cpu: int, gigabytes: float, expected: Machine) -> None:
    assert machine(Amounts(cpu, int(gigabytes * GIB))) == expected


@pytest.mark.parametrize(("cpu", "gigabytes"), [(16001, 1), (1000, 119.8)])
def test_nothing_larger_exists(cpu: int, gigabytes: float) -> None:
    assert machine(Amounts(cpu, int(gigabytes * GIB))) is None
    assert hour(Amounts(cpu, int(gigabytes * GIB)), SERVICES) is None


def test_what_is_paid_for_asks_for_itself() -> None:
    """A server that asks for all that it is given gets the same machine, not the next one."""
    for asked in ((100, 0.2), (500, 3), (3000, 20), (9000, 50), (16000, 119.75)):
        found = machine(Amounts(asked[0], int(asked[1] * GIB)))
        assert found is not None
        assert machine(found.room) == found


def test_largest_is_the_largest() -> None:
    assert largest() == Machine(16, 120)


@pytest.mark.parametrize(("asked", "expected"), [(0, 20), (1, 20), (13, 20), (50, 60), (100, 115), (175, 198)])
def test_disk_is_larger_than_what_is_asked_for(asked: int, expected: float) -> None:
    """AWS's example: 115 for 100."""
    assert disk(asked * GIB) == expected


def test_price_has_three_parts() -> None:
    found = hour(Amounts(1000, 8 * GIB, 100 * GIB), SERVICES)
    assert found == pytest.approx(2 * 0.04048 + 9 * 0.004445 + 95 * 0.000111)
