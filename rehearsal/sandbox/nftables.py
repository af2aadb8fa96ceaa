"""The kernel's packet filter, as its own messages: a table of rules that replaces its predecessor at one blow.

No program is needed for it. What the numbers mean: linux/netfilter/nf_tables.h and linux/netfilter/nfnetlink.h.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import struct
from typing import Final

_NETLINK_NETFILTER: Final = 12
_NFTABLES, _BATCH_BEGIN, _BATCH_END = 10, 0x10, 0x11
_NEW_TABLE, _DELETE_TABLE, _NEW_CHAIN, _NEW_RULE = 0, 2, 3, 6
_REQUEST, _ACKNOWLEDGE, _CREATE, _APPEND = 0x1, 0x4, 0x400, 0x800
_ERROR: Final = 2
_IPV4: Final = 2
_NESTED: Final = 0x8000
_VERDICT_REGISTER, _REGISTER, _SECOND = 0, 1, 2
_EQUAL, _NOT_EQUAL = 0, 1
_HOOKS: Final = {"prerouting": 0, "input": 1, "forward": 2, "output": 3, "postrouting": 4}
_IN_NAME, _OUT_NAME, _PROTOCOL = 6, 7, 16
_NAME_LENGTH: Final = 16
_NETWORK_HEADER, _TRANSPORT_HEADER = 1, 2
_ESTABLISHED_OR_RELATED: Final = 0b110
PROTOCOLS: Final = {"TCP": 6, "UDP": 17, "SCTP": 132}

SOURCE, DESTINATION = 12, 16
"""Where a packet has its addresses."""

_LACKING: Final = (
    "The kernel lacks nf_tables, which the sandbox's network is made with. Where it has it as modules, load them: "
    "sudo modprobe -a nf_tables nft_ct nft_nat nft_masq nft_numgen"
)

Network = ipaddress.IPv4Network
Address = tuple[str, int]


class FilterError(Exception):
    """The kernel does not take the rules; the message says what to do."""


class Table:
    """A table under construction. Expressions of a rule are what the functions below give, in their order."""

    def __init__(self, name: str) -> None:
        self._name = _text(1, name)
        self._messages: list[tuple[int, int, bytes]] = []

    def chain(self, name: str, hook: str | None = None, *, kind: str = "filter", priority: int = 0) -> None:
        """Add a chain: where packets pass, or one to jump to."""
        about = self._name + _text(3, name)
        if hook is not None:
            about += _nest(4, _number(1, _HOOKS[hook]) + _number(2, priority)) + _text(7, kind)
        self._messages.append((_NEW_CHAIN, _CREATE, about))

    def rule(self, chain: str, *expressions: bytes) -> None:
        """Add a rule at the end of a chain."""
        about = self._name + _text(2, chain) + _nest(4, b"".join(expressions))
        self._messages.append((_NEW_RULE, _CREATE | _APPEND, about))

    def replace(self) -> None:
        """Let these rules hold in place of the table's former ones. Raises FilterError."""
        fresh = (_NEW_TABLE, _CREATE, self._name)
        # The first makes sure that there is one to delete.
        changes = [fresh, (_DELETE_TABLE, 0, self._name), (_NEW_TABLE, _CREATE | _ACKNOWLEDGE, self._name)]
        batch = _message(_BATCH_BEGIN, 0, b"", _NFTABLES)
        batch += b"".join(_message(_NFTABLES << 8 | kind, flags, about) for kind, flags, about in changes)
        batch += b"".join(_message(_NFTABLES << 8 | kind, flags, about) for kind, flags, about in self._messages)
        batch += _message(_BATCH_END, 0, b"", _NFTABLES)
        _send(batch)


def comes_in(link: str) -> bytes:
    """A packet that comes from a link."""
    return _meta(_IN_NAME) + _compare(link.encode().ljust(_NAME_LENGTH, b"\0"))


def goes_out(link: str) -> bytes:
    """A packet that goes to a link."""
    return _meta(_OUT_NAME) + _compare(link.encode().ljust(_NAME_LENGTH, b"\0"))


def address(where: int, network: Network, *, inside: bool = True) -> bytes:
    """A packet whose source or destination is in a network, or is not."""
    masked = _nest(4, _data(network.netmask.packed)) + _nest(5, _data(bytes(4)))
    mask = _expression("bitwise", _number(1, _REGISTER) + _number(2, _REGISTER) + _number(3, 4) + masked)
    return _payload(_NETWORK_HEADER, where, 4) + mask + _compare(network.network_address.packed, equal=inside)


def protocol(name: str) -> bytes:
    """A packet of TCP, UDP or SCTP."""
    return _meta(_PROTOCOL) + _compare(bytes([PROTOCOLS[name]]))


def ports(first: int, last: int) -> bytes:
    """A packet to a port of a range; its protocol has to be known before."""
    ends = _nest(3, _data(struct.pack("!H", first))) + _nest(4, _data(struct.pack("!H", last)))
    within = _expression("range", _number(1, _REGISTER) + _number(2, _EQUAL) + ends)
    return _payload(_TRANSPORT_HEADER, 2, 2) + within


def continues() -> bytes:
    """A packet of a connection that was let through before, either way."""
    state = _expression("ct", _number(1, _REGISTER) + _number(2, 0))
    wanted = _nest(4, _data(struct.pack("=I", _ESTABLISHED_OR_RELATED))) + _nest(5, _data(bytes(4)))
    mask = _expression("bitwise", _number(1, _REGISTER) + _number(2, _REGISTER) + _number(3, 4) + wanted)
    return state + mask + _compare(bytes(4), equal=False)


def one_in(number: int) -> bytes:
    """One packet in so many, by chance."""
    chance = _number(1, _REGISTER) + _number(2, number) + _number(3, 1)
    return _expression("numgen", chance) + _compare(bytes(4))


def accept() -> bytes:
    """Let it through."""
    return _verdict(1)


def drop() -> bytes:
    """Let it vanish: its sender is not told."""
    return _verdict(0)


def jump(chain: str) -> bytes:
    """Go by another chain, and come back where none of its rules decides."""
    return _verdict(-3, _text(2, chain))


def send_on(target: Address) -> bytes:
    """Give the connection another destination."""
    host, port = target
    to = _immediate(_REGISTER, ipaddress.IPv4Address(host).packed) + _immediate(_SECOND, struct.pack("!H", port))
    return to + _expression("nat", _number(1, 1) + _number(2, _IPV4) + _number(3, _REGISTER) + _number(5, _SECOND))


def masquerade() -> bytes:
    """Let it come from this end of the link."""
    return _expression("masq", b"")


def _meta(key: int) -> bytes:
    return _expression("meta", _number(1, _REGISTER) + _number(2, key))


def _payload(base: int, offset: int, length: int) -> bytes:
    return _expression("payload", _number(1, _REGISTER) + _number(2, base) + _number(3, offset) + _number(4, length))


def _compare(value: bytes, *, equal: bool = True) -> bytes:
    how = _EQUAL if equal else _NOT_EQUAL
    return _expression("cmp", _number(1, _REGISTER) + _number(2, how) + _nest(3, _data(value)))


def _immediate(register: int, value: bytes) -> bytes:
    return _expression("immediate", _number(1, register) + _nest(2, _data(value)))


def _verdict(code: int, chain: bytes = b"") -> bytes:
    verdict = _nest(2, _attribute(1, struct.pack("!i", code)) + chain)
    return _expression("immediate", _number(1, _VERDICT_REGISTER) + _nest(2, verdict))


def _expression(name: str, about: bytes) -> bytes:
    return _nest(1, _text(1, name) + _nest(2, about))


def _data(value: bytes) -> bytes:
    return _attribute(1, value)


def _number(kind: int, value: int) -> bytes:
    return _attribute(kind, struct.pack("!i", value))


def _text(kind: int, value: str) -> bytes:
    return _attribute(kind, value.encode() + b"\0")


def _nest(kind: int, content: bytes) -> bytes:
    return _attribute(kind | _NESTED, content)


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", len(value) + 4, kind) + value + bytes(-len(value) % 4)


def _message(kind: int, flags: int, content: bytes, resource: int = 0) -> bytes:
    family = 0 if resource else _IPV4
    head = struct.pack("=IHHII", len(content) + 20, kind, flags | _REQUEST, 0, 0)
    return head + struct.pack("!BBH", family, 0, resource) + content


def _send(batch: bytes) -> None:
    """Send what is to happen at one blow. The kernel answers at once, with a status of 0 or with what was wrong."""
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER) as kernel:
            kernel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, len(batch))  # all in one message, or not at one blow
            kernel.send(batch)
            while True:
                answer = kernel.recv(1 << 16, socket.MSG_DONTWAIT)
                kind, status = struct.unpack_from("=H", answer, 4)[0], struct.unpack_from("=i", answer, 16)[0]
                if kind == _ERROR and status:
                    raise OSError(-status, os.strerror(-status))
    except BlockingIOError:
        return
    except OSError as error:
        if error.errno in (errno.EPROTONOSUPPORT, errno.EOPNOTSUPP, errno.ENOENT):
            what = "The kernel lacks nf_tables, with which the rehearsal enforces network policies"
            raise FilterError(
                f"{what}: try `sudo modprobe -a nf_tables nft_ct nft_nat nft_masq nft_numgen`."
            ) from error
        raise FilterError(f"The kernel does not take the rules of network policies: {error.strerror}.") from error
