"""Which address of a subnet who gets."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Container

# Of all clusters: the address of a machine that is gone is not given again soon, by moto neither.
_TURNS: dict[tuple[ipaddress.IPv4Network, bool], itertools.count[int]] = {}


def free(network: ipaddress.IPv4Network, taken: Container[str], *, upper: bool = True) -> str:
    """An address of a subnet, in turn: from its upper half for pods, from the quarter below for machines.

    Whatever else has an address in the subnet gets one of the first ones.
    """
    half = network.num_addresses // 2
    first, count = (half, half - 1) if upper else (half // 2, half // 2)
    turns = _TURNS.setdefault((network, upper), itertools.count())
    for _ in range(count):
        address = str(network[first + next(turns) % count])
        if address not in taken:
            return address
    raise ValueError(f"the subnet {network} has no address left")
