"""The sandbox's network: pods with addresses of their own, and addresses that processes of the sandbox serve."""

from __future__ import annotations

import ipaddress
import os
import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from rehearsal.sandbox import linux
from rehearsal.sandbox.firewall import Firewall

OWN: Final = "198.18.0.1"
"""What pods know the sandbox itself by. These ranges are set aside for tests (RFC 2544), and nobody's elsewhere."""

DNS: Final = "198.18.0.2"
"""Where names are looked up."""

AWS: Final = "198.18.0.3"
"""Where pods find AWS's APIs."""

LOAD_BALANCERS: Final = ipaddress.IPv4Network("198.19.0.0/16")
"""The addresses of load balancers."""

POD_IDENTITY: Final = "169.254.170.23"
"""Where AWS's SDKs expect the agent that gives pods their credentials; they take them from no other address."""

METADATA: Final = "169.254.169.254"
"""Where instances of EC2 find their metadata, their credentials among them."""

_STAND_INS: Final = "198.18.0.0/24"
_GATEWAY: Final = "169.254.1.1"
_UNPRIVILEGED_PORTS: Final = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


class NetworkError(Exception):
    """The network cannot be made; the message says why."""


@dataclass(frozen=True)
class PodNetwork:
    """A pod's network: its address, and the namespace that its processes enter. It is gone when it is closed."""

    address: str
    namespace: int
    link: str
    """The sandbox's end of it."""

    def close(self) -> None:
        """Let go of it: it ends with its last process."""
        os.close(self.namespace)


class Network:
    """The network of a sandbox in which this process runs."""

    def __init__(self) -> None:
        self.firewall = Firewall(OWN)
        self._numbers = count(1)
        self._ranges: set[str] = set()
        _ip(["link set lo up", f"addr add {OWN}/32 dev lo"])
        for each in (_STAND_INS, str(LOAD_BALANCERS), f"{POD_IDENTITY}/32"):
            self.serve(each)
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        _UNPRIVILEGED_PORTS.write_text("0")

    def serve(self, addresses: str) -> None:
        """Let processes of the sandbox listen on the addresses of a range."""
        if addresses not in self._ranges:
            _ip([f"route add local {addresses} dev lo src {OWN}"])
            self._ranges.add(addresses)

    def pod(self, address: str) -> PodNetwork:
        """A network of its own, as AWS's VPC CNI makes one: a pair of interfaces and a route to the address."""
        namespace = _new_namespace()
        link = f"pod{next(self._numbers)}"
        try:
            _ip(
                [
                    f"link add {link} type veth peer name eth0 netns /proc/{os.getpid()}/fd/{namespace}",
                    f"addr add {_GATEWAY}/32 dev {link}",
                    f"link set {link} up",
                    f"route add {address}/32 dev {link} src {OWN}",
                ]
            )
            _ip(
                [
                    "link set lo up",
                    f"addr add {address}/32 dev eth0",
                    "link set eth0 up",
                    f"route add {_GATEWAY} dev eth0 scope link",
                    f"route add default via {_GATEWAY} src {address}",
                ],
                namespace,
            )
        except BaseException:
            os.close(namespace)
            raise
        return PodNetwork(address, namespace, link)


def _ip(commands: Sequence[str], namespace: int | None = None) -> None:
    """Run commands of iproute2, in one go."""
    try:
        subprocess.run(
            ["ip", "-batch", "-"],
            input="\n".join(commands),
            capture_output=True,
            text=True,
            check=True,
            preexec_fn=None if namespace is None else lambda: linux.setns(namespace),
        )
    except FileNotFoundError:
        raise NetworkError("The rehearsal needs the command `ip`: install the package iproute2.") from None
    except subprocess.CalledProcessError as error:
        raise NetworkError(f"The sandbox's network cannot be made: {error.stderr.strip()}") from None


def _new_namespace() -> int:
    """A new network namespace, made by a thread that ends; the others stay where they are."""
    made: Future[int] = Future()

    def make() -> None:
        try:
            linux.unshare(linux.CLONE_NEWNET)
            _UNPRIVILEGED_PORTS.write_text("0")  # as containerd does: port 80 is anybody's
            made.set_result(os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC))
        except OSError as error:
            made.set_exception(error)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    return made.result()
