"""A name server for the sandbox: asks one source after another, and follows aliases from one to the next."""

from __future__ import annotations

import asyncio
import ipaddress
import shlex
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from rehearsal.sandbox.relay import quietly

KINDS: Final = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33}
_NAMES = {number: name for name, number in KINDS.items()}
_IN = 1
_LIFE = 1  # second: nothing in a rehearsal is to be remembered
_NO_ERROR, _MALFORMED, _FAILED, _NO_SUCH_NAME, _NOT_IMPLEMENTED = 0, 1, 2, 3, 4
_LARGEST = 1232
_MANY_ALIASES = 8


@dataclass(frozen=True)
class Record:
    """One value of a name, written as in Route 53."""

    kind: str
    value: str


Source = Callable[[str, str], Sequence[Record] | None]
"""The records of a name (lower case, no dot at the end) of a kind, or its alias; None where it knows no such name."""


class Names:
    """A source: host names and their addresses, which may change at any time."""

    def __init__(self) -> None:
        self._addresses: dict[str, str] = {}

    def __call__(self, name: str, kind: str) -> Sequence[Record] | None:
        """The records of a name."""
        address = self._addresses.get(name)
        if address is None:
            return None
        return [Record("A", address)] if kind == "A" else []

    def add(self, host: str, address: str) -> None:
        """Let a host be found."""
        self._addresses[_plain(host)] = address

    def remove(self, host: str) -> None:
        """Let it be found no more."""
        self._addresses.pop(_plain(host), None)


class Resolver:
    """Looks names up."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = list(sources)

    def look_up(self, name: str, kind: str) -> Sequence[tuple[str, Record]] | None:
        """All records on the way to an answer, with their names; None where there is no such name."""
        found: list[tuple[str, Record]] = []
        name = _plain(name)
        for _ in range(_MANY_ALIASES):
            records = next((each for source in self.sources if (each := source(name, kind)) is not None), None)
            if records is None:
                return found or None
            found += [(name, record) for record in records]
            alias = next((record for record in records if record.kind == "CNAME"), None)
            if alias is None or kind == "CNAME":
                return found
            name = _plain(alias.value)
        return found

    def addresses(self, name: str) -> list[str]:
        """The IPv4 addresses of a name."""
        return [record.value for _, record in self.look_up(name, "A") or () if record.kind == "A"]

    def answer(self, message: bytes) -> bytes:
        """The answer to a question, as they are sent."""
        try:
            id, flags, questions = struct.unpack_from("!HHH", message)
            name, end = _read_name(message, 12)
            kind, _ = struct.unpack_from("!HH", message, end)
        except (struct.error, IndexError, UnicodeDecodeError):
            return message[:2] + struct.pack("!HHHHH", 0x8000 | _MALFORMED, 0, 0, 0, 0)
        question = message[12 : end + 4]
        if flags & 0x7800 or questions != 1:
            return _reply(id, flags, _NOT_IMPLEMENTED, question, [])
        try:
            found = self.look_up(name, _NAMES.get(kind, str(kind)))
            answers = [_written(each, record) for each, record in found or ()]
        except ValueError:
            return _reply(id, flags, _FAILED, question, [])
        return _reply(id, flags, _NO_SUCH_NAME if found is None else _NO_ERROR, question, answers)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._resolver.answer(data)
        if len(answer) > _LARGEST:  # "ask again over TCP"
            id, flags = struct.unpack_from("!HH", answer)
            end = _read_name(answer, 12)[1] + 4
            answer = struct.pack("!HHHHHH", id, flags | 0x200, 1, 0, 0, 0) + answer[12:end]
        self._transport.sendto(answer, addr)


class NameServer:
    """Answers questions on an address, over UDP and TCP, until it is closed: then it refuses them."""

    def __init__(self, datagrams: asyncio.BaseTransport, connections: asyncio.Server) -> None:
        self._parts = (datagrams, connections)

    def close(self) -> None:
        """Answer no more."""
        for each in self._parts:
            each.close()


async def serve(resolver: Resolver, address: str, port: int = 53) -> NameServer:
    """Begin to answer questions on an address."""

    @quietly
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                length = int.from_bytes(await reader.readexactly(2))
                answer = resolver.answer(await reader.readexactly(length))
                writer.write(len(answer).to_bytes(2) + answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    loop = asyncio.get_running_loop()
    datagrams, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(resolver), local_addr=(address, port))
    return NameServer(datagrams, await asyncio.start_server(connected, address, port))


def _plain(name: str) -> str:
    return name.rstrip(".").lower()


def _read_name(message: bytes, start: int) -> tuple[str, int]:
    """A name in a question, where none is shortened, and where it ends."""
    labels = []
    while length := message[start]:
        labels.append(message[start + 1 : start + 1 + length].decode("ascii"))
        start += 1 + length
    return ".".join(labels), start + 1


def _name(name: str) -> bytes:
    labels = [label.encode("ascii") for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _written(name: str, record: Record) -> bytes:
    data = _data(record)
    return _name(name) + struct.pack("!HHIH", KINDS[record.kind], _IN, _LIFE, len(data)) + data


def _data(record: Record) -> bytes:
    """A value as it is sent. Raises ValueError for a kind that has no writing here."""
    value = record.value
    match record.kind:
        case "A" | "AAAA":
            return ipaddress.ip_address(value).packed
        case "CNAME" | "NS" | "PTR":
            return _name(value)
        case "TXT":
            texts = [text.encode() for text in shlex.split(value)]
            return b"".join(bytes([len(text)]) + text for text in texts)
        case "MX":
            preference, host = value.split()
            return struct.pack("!H", int(preference)) + _name(host)
        case "SOA":
            server, mail, *numbers = value.split()
            return _name(server) + _name(mail) + struct.pack("!IIIII", *map(int, numbers))
        case "SRV":
            *numbers, host = value.split()
            return struct.pack("!HHH", *map(int, numbers)) + _name(host)
    raise ValueError(record.kind)


def _reply(id: int, flags: int, status: int, question: bytes, answers: Sequence[bytes]) -> bytes:
    # An answer, with authority; recursion as far as it was asked for, and to be had.
    head = struct.pack("!HHHHHH", id, 0x8480 | (flags & 0x0100) | status, 1, len(answers), 0, 0)
    return head + question + b"".join(answers)
