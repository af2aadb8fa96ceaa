"""What a sandbox's network lets through: each pod's rules, and where the addresses of Services lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rehearsal.sandbox import nftables
from rehearsal.sandbox.nftables import DESTINATION, SOURCE, Address, Network, Table

_BEFORE_SERVICES, _SERVICES, _AFTER_ROUTING, _LAST = -150, -100, 0, 100


@dataclass(frozen=True)
class Way:
    """Traffic that is let through: with a network, less parts of it, to ports of a protocol, or to all."""

    network: Network
    without: tuple[Network, ...] = ()
    protocol: str | None = None
    ports: tuple[int, int] | None = None

    def rule(self, where: int) -> bytes:
        """What tells its packets, by their source or their destination."""
        parts = [nftables.address(where, self.network)]
        parts += [nftables.address(where, each, inside=False) for each in self.without]
        if self.protocol:
            parts.append(nftables.protocol(self.protocol))
            if self.ports:
                parts.append(nftables.ports(*self.ports))
        return b"".join(parts)


@dataclass(frozen=True)
class Guard:
    """A pod's rules, at its end of the network; None is no rule, which lets everything through."""

    link: str
    address: str
    out: tuple[Way, ...] | None
    into: tuple[Way, ...] | None


class Firewall:
    """The rules of all pods and Services. Raises nftables.FilterError where the kernel has none."""

    def __init__(self, node: str) -> None:
        self._node = Network(node)
        self._guards: tuple[Guard, ...] = ()
        self._services: dict[Address, tuple[Address, ...]] = {}

    def guard(self, guards: Sequence[Guard]) -> None:
        """Let these rules hold, for connections that begin from now on, and no others."""
        if self._guards != tuple(guards):
            self._guards = tuple(guards)
            self._apply()

    def lead(self, services: Mapping[Address, Sequence[Address]]) -> None:
        """Let these addresses lead to pods' own, by turns of chance. Who asks is seen there by their own address."""
        wanted = {address: tuple(targets) for address, targets in services.items()}
        if self._services != wanted:
            self._services = wanted
            self._apply()

    def _apply(self) -> None:
        table = Table("rehearsal")
        # What a pod sends is judged by the address that it asks for, a Service's, too; what it gets, by who sent it.
        out, into = _Chain(table, "out", DESTINATION), _Chain(table, "into", SOURCE)
        table.chain("sent", "prerouting", priority=_BEFORE_SERVICES)
        table.rule("sent", nftables.continues(), nftables.accept())
        table.chain("got", "postrouting", priority=_AFTER_ROUTING)
        table.rule("got", nftables.continues(), nftables.accept())
        table.rule("got", nftables.address(SOURCE, self._node), nftables.accept())
        table.chain("last", "postrouting", kind="nat", priority=_LAST)
        for guard in self._guards:
            to_itself = nftables.goes_out(guard.link) + nftables.address(SOURCE, Network(guard.address))
            table.rule("got", to_itself, nftables.accept())
            if guard.out is not None:
                table.rule("sent", nftables.comes_in(guard.link), nftables.jump(out.name(guard.out)))
            if guard.into is not None:
                table.rule("got", nftables.goes_out(guard.link), nftables.jump(into.name(guard.into)))
            # A pod that asks itself through a Service would see its own address, and answer itself.
            table.rule("last", to_itself, nftables.masquerade())
        self._lead(table)
        table.replace()

    def _lead(self, table: Table) -> None:
        for hook in ("prerouting", "output"):
            chain = f"services-{hook}"
            table.chain(chain, hook, kind="nat", priority=_SERVICES)
            for (host, port), targets in self._services.items():
                asked = [
                    nftables.address(DESTINATION, Network(host)),
                    nftables.protocol("TCP"),
                    nftables.ports(port, port),
                ]
                for left, target in zip(range(len(targets), 0, -1), targets, strict=True):
                    turn = [nftables.one_in(left)] if left > 1 else []
                    table.rule(chain, *asked, *turn, nftables.send_on(target))


class _Chain:
    """Chains of rules, one for all pods that have the same ones."""

    def __init__(self, table: Table, kind: str, where: int) -> None:
        self._table = table
        self._kind = kind
        self._where = where
        self._names: dict[tuple[Way, ...], str] = {}

    def name(self, ways: tuple[Way, ...]) -> str:
        """The chain that lets through what is let through on these ways, and nothing else."""
        if ways not in self._names:
            self._names[ways] = name = f"{self._kind}-{len(self._names) + 1}"
            self._table.chain(name)
            for way in ways:
                self._table.rule(name, way.rule(self._where), nftables.accept())
            self._table.rule(name, nftables.drop())
        return self._names[ways]
