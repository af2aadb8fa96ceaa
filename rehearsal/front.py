"""AWS's own addresses in the sandbox: every host name of AWS leads to the stand-in, with TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from rehearsal.certificates import Authority
from rehearsal.sandbox.dns import Record
from rehearsal.sandbox.network import AWS, POD_IDENTITY
from rehearsal.sandbox.place import Sandbox
from rehearsal.sandbox.relay import carry, refuse

_DOMAIN: Final = "amazonaws.com"
_PRICE_LISTS: Final = ("us-east-1", "eu-central-1", "ap-south-1")
"""The regions in which the price list is asked for."""


def names(name: str, kind: str) -> Sequence[Record] | None:
    """A source for the name server: all hosts of AWS's APIs. Load balancers' names are to be looked up before."""
    if not name.endswith(f".{_DOMAIN}"):
        return None
    return [Record("A", AWS)] if kind == "A" else []


def serve(sandbox: Sandbox, server_url: str, authority: Authority, regions: Sequence[str]) -> None:
    """Carry what comes for AWS's APIs, and for EKS's pod identity agent, to the stand-in."""
    address = urlsplit(server_url)
    target = (address.hostname or "", address.port or 80)
    priced = [f"api.pricing.{region}.{_DOMAIN}" for region in _PRICE_LISTS]
    hosts = [f"*.{_DOMAIN}", *(f"*.{region}.{_DOMAIN}" for region in regions), *priced]
    pair = authority.issue("aws", hosts=hosts)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    sandbox.run(_serve_tls(context, target))
    sandbox.forward((AWS, 80), target)
    sandbox.forward((POD_IDENTITY, 80), target)


async def _serve_tls(context: ssl.SSLContext, target: tuple[str, int]) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            onward = await asyncio.open_connection(*target)
        except OSError:
            refuse(writer)
            return
        await carry((reader, writer), onward)

    await asyncio.start_server(connected, AWS, 443, ssl=context)
