"""What pods reach in the sandbox where rules stand: test_sandbox.py runs this."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

import pytest

from rehearsal.sandbox import linux, nftables
from rehearsal.sandbox.firewall import Guard, Way
from rehearsal.sandbox.network import OWN, PodNetwork
from rehearsal.sandbox.nftables import FilterError, Network, Table
from rehearsal.sandbox.place import Sandbox

EVERYWHERE = Network("0.0.0.0/0")
T = TypeVar("T")
SERVICE, OUTSIDE = "10.100.0.9", "198.19.0.80"
PORT = 8000


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        sandbox.network.serve("10.100.0.0/16")
        yield sandbox


@pytest.fixture(scope="module")
def pods(sandbox: Sandbox) -> Iterator[list[PodNetwork]]:
    """Three pods that say who asks them."""
    made = [sandbox.network.pod(f"10.0.1.{number}") for number in (1, 2, 3)]
    for each in made:
        inside(each, lambda: answer("", PORT))
    answer(OUTSIDE, PORT)
    yield made
    for each in made:
        each.close()


@pytest.fixture(autouse=True)
def no_rules(sandbox: Sandbox) -> None:
    """Each test begins without rules."""
    sandbox.network.firewall.guard([])
    sandbox.network.firewall.lead({})


def inside(pod: PodNetwork, act: Callable[[], T]) -> T:
    """Do something in a pod's network, with a thread that ends."""
    done: Future[T] = Future()

    def go() -> None:
        linux.setns(pod.namespace)
        done.set_result(act())

    Thread(target=go).start()
    return done.result()


def answer(host: str, port: int) -> None:
    server = socket.create_server((host, port))

    def serve() -> None:
        while True:
            asking, (address, _) = server.accept()
            with contextlib.suppress(OSError), asking:
                asking.sendall(address.encode())

    Thread(target=serve, daemon=True).start()


def asked(host: str, port: int = PORT) -> str:
    """Whom the other end sees, or why it is not reached."""
    try:
        with socket.create_connection((host, port), 0.2) as asking:
            return asking.recv(100).decode()
    except TimeoutError:
        return "silence"
    except ConnectionRefusedError:
        return "refused"


def reached(pod: PodNetwork, host: str, port: int = PORT) -> str:
    return inside(pod, lambda: asked(host, port))


def guard(pod: PodNetwork, *, out: tuple[Way, ...] | None = None, into: tuple[Way, ...] | None = None) -> Guard:
    return Guard(pod.link, pod.address, out, into)


def test_without_rules_everything_is_reached(pods: list[PodNetwork]) -> None:
    assert reached(pods[0], pods[1].address) == pods[0].address
    assert reached(pods[0], OUTSIDE) == pods[0].address
    assert reached(pods[0], pods[1].address, 9) == "refused"


@pytest.mark.parametrize(
    ("ways", "found"),
    [
        pytest.param((), ("silence", "silence"), id="nothing"),
        pytest.param((Way(EVERYWHERE),), ("10.0.1.1", "10.0.1.1"), id="everywhere"),
        pytest.param((Way(EVERYWHERE, (Network("10.0.0.0/8"),)),), ("silence", "10.0.1.1"), id="all but a network"),
        pytest.param((Way(Network("10.0.1.2/32")),), ("10.0.1.1", "silence"), id="one address"),
        pytest.param((Way(EVERYWHERE, (), "TCP", (7999, 8001)),), ("10.0.1.1", "10.0.1.1"), id="ports"),
        pytest.param((Way(EVERYWHERE, (), "TCP", (8001, 9000)),), ("silence", "silence"), id="other ports"),
        pytest.param((Way(EVERYWHERE, (), "UDP", (8000, 8000)),), ("silence", "silence"), id="another protocol"),
        pytest.param((Way(EVERYWHERE, (), "TCP"),), ("10.0.1.1", "10.0.1.1"), id="a protocol's every port"),
    ],
)
def test_a_pod_sends_where_its_rules_allow(
    sandbox: Sandbox, pods: list[PodNetwork], ways: tuple[Way, ...], found: tuple[str, str]
) -> None:
    one, other, _ = pods
    sandbox.network.firewall.guard([guard(one, out=ways)])
    assert (reached(one, other.address), reached(one, OUTSIDE)) == found
    assert reached(other, one.address) == other.address  # answers go back on any way


def test_a_pod_gets_what_its_rules_allow_and_what_its_node_sends(sandbox: Sandbox, pods: list[PodNetwork]) -> None:
    one, other, third = pods
    sandbox.network.firewall.guard([guard(one, into=(Way(Network(f"{other.address}/32")),))])
    assert [reached(each, one.address) for each in (other, third)] == [other.address, "silence"]
    assert asked(one.address) == OWN


def test_rules_go_when_they_no_longer_hold(sandbox: Sandbox, pods: list[PodNetwork]) -> None:
    sandbox.network.firewall.guard([guard(pods[0], out=())])
    assert reached(pods[0], OUTSIDE) == "silence"
    sandbox.network.firewall.guard([guard(pods[0])])
    assert reached(pods[0], OUTSIDE) == pods[0].address


def test_who_asks_through_a_service_is_seen_and_judged_as_who_they_are(
    sandbox: Sandbox, pods: list[PodNetwork]
) -> None:
    one, other, third = pods
    sandbox.network.firewall.lead({(SERVICE, 80): [(other.address, PORT)]})
    assert reached(one, SERVICE, 80) == one.address
    assert asked(SERVICE, 80) == OWN
    sandbox.network.firewall.guard([guard(other, into=(Way(Network(f"{one.address}/32")),))])
    assert [reached(each, SERVICE, 80) for each in (one, third)] == [one.address, "silence"]


def test_a_pods_rules_name_the_service_and_not_what_is_behind_it(sandbox: Sandbox, pods: list[PodNetwork]) -> None:
    one, other, _ = pods
    sandbox.network.firewall.lead({(SERVICE, 80): [(other.address, PORT)]})
    sandbox.network.firewall.guard([guard(one, out=(Way(Network(f"{other.address}/32")),))])
    assert (reached(one, other.address), reached(one, SERVICE, 80)) == (one.address, "silence")
    sandbox.network.firewall.guard([guard(one, out=(Way(Network(f"{SERVICE}/32")),))])
    assert (reached(one, other.address), reached(one, SERVICE, 80)) == ("silence", one.address)


def test_a_service_leads_to_all_its_endpoints(sandbox: Sandbox, pods: list[PodNetwork]) -> None:
    one, other, third = pods
    sandbox.network.firewall.lead({(SERVICE, 80): [(each.address, PORT) for each in (other, third)]})
    sandbox.network.firewall.guard([guard(third, into=())])  # so that it can be told from the other
    assert {reached(one, SERVICE, 80) for _ in range(20)} == {one.address, "silence"}


def test_a_pod_reaches_itself_through_a_service(sandbox: Sandbox, pods: list[PodNetwork]) -> None:
    one = pods[0]
    sandbox.network.firewall.lead({(SERVICE, 80): [(one.address, PORT)]})
    sandbox.network.firewall.guard([guard(one, out=(Way(Network(f"{SERVICE}/32")),), into=())])
    assert reached(one, SERVICE, 80) == "169.254.1.1"  # its own end of the link: the answer finds its way back


def test_a_service_without_endpoints_is_refused(sandbox: Sandbox, pods: list[PodNetwork]) -> None:
    assert reached(pods[0], SERVICE, 80) == "refused"


def test_rules_that_the_kernel_does_not_take_are_told(sandbox: Sandbox) -> None:
    table = Table("wrong")
    table.rule("no-such-chain", nftables.accept())
    with pytest.raises(FilterError, match="nf_tables"):
        table.replace()


def test_rules_of_many_pods_are_taken(sandbox: Sandbox) -> None:
    peers = tuple(Way(Network(struct.pack("!I", 0x0A010000 + number))) for number in range(300))
    sandbox.network.firewall.guard([Guard(f"many{each}", f"10.2.0.{each}", peers, peers) for each in range(100)])
